//! Long lines, cut around what is marked: a list of a thousand paths may stand on one line.

use std::ops::Range;

/// A line with more bytes is cut.
const LONGEST: usize = 400;

/// Bytes that stay on either side of a mark.
const AROUND: usize = 100;

/// Stands for what is cut.
const ELLIPSIS: &str = "…";

/// A text whose long lines are cut. It has the lines of the original.
#[derive(Debug)]
pub(super) struct Cropped {
    /// What is left.
    pub(super) text: String,
    /// What stayed: where it was, and where it begins now.
    pieces: Vec<(Range<usize>, usize)>,
}

impl Cropped {
    /// Cuts a text, but not around the ends of `marks`.
    pub(super) fn new(text: &str, marks: &[Range<usize>]) -> Self {
        let mut cropped = Self { text: String::new(), pieces: Vec::new() };
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let end = start + line.len();
            if line.len() <= LONGEST {
                cropped.keep(text, start..end);
            } else {
                cropped.cut(text, start..end, marks);
            }
            start = end;
        }
        cropped
    }

    /// Keeps what is around the marks of a long line, or its beginning where there is none, and its end.
    fn cut(&mut self, text: &str, line: Range<usize>, marks: &[Range<usize>]) {
        let body = line.start..line.start + text[line.clone()].trim_end_matches(['\r', '\n']).len();
        let mut points: Vec<usize> = marks
            .iter()
            .flat_map(|mark| [mark.start, mark.end])
            .filter(|point| (body.start..=body.end).contains(point))
            .collect();
        points.sort_unstable();
        if points.is_empty() {
            points.push(body.start);
        }
        let mut end = body.start;
        for point in points {
            let from = boundary(text, point.saturating_sub(AROUND).max(end));
            let to = boundary(text, (point + AROUND).min(body.end));
            if from > end {
                self.text.push_str(ELLIPSIS);
            }
            if to > end {
                self.keep(text, from.max(end)..to);
                end = to;
            }
        }
        if end < body.end {
            self.text.push_str(ELLIPSIS);
        }
        self.keep(text, body.end..line.end);
    }

    fn keep(&mut self, text: &str, piece: Range<usize>) {
        self.pieces.push((piece.clone(), self.text.len()));
        self.text.push_str(&text[piece]);
    }

    /// Where a byte that stayed is now.
    pub(super) fn now(&self, at: usize) -> usize {
        // ORDER: a byte between two pieces belongs to the first of them that has it as its end.
        let n = self.pieces.partition_point(|(piece, _)| piece.end < at);
        self.pieces.get(n).map_or(self.text.len(), |(piece, start)| start + at.saturating_sub(piece.start))
    }

    /// Where a byte was before.
    pub(super) fn before(&self, at: usize) -> usize {
        let n = self.pieces.partition_point(|(_, start)| *start <= at).saturating_sub(1);
        self.pieces.get(n).map_or(at, |(piece, start)| (piece.start + (at - start)).min(piece.end))
    }
}

/// The place of the character that the byte `at` belongs to.
fn boundary(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref;

    use super::*;

    /// The text with the mark in angle brackets.
    fn marked(cropped: &Cropped, mark: &Range<usize>) -> String {
        let (start, end) = (cropped.now(mark.start), cropped.now(mark.end));
        format!("{}<{}>{}", &cropped.text[..start], &cropped.text[start..end], &cropped.text[end..])
    }

    #[test]
    fn a_text_with_short_lines_stays_as_it_is() {
        let text = "a = 1\r\nb = 2\n\nc";
        let cropped = Cropped::new(text, from_ref(&(7..8)));
        assert_eq!(cropped.text, text);
        for at in 0..=text.len() {
            assert_eq!((cropped.now(at), cropped.before(at)), (at, at));
        }
    }

    #[test]
    fn a_long_line_is_cut_around_its_marks() {
        let line = format!("key = [{}HERE{}]", "\"ä\", ".repeat(200), "1, ".repeat(300));
        let text = format!("a = 1\n{line}\nb = 2\n");
        let at = text.find("HERE").expect("marked");
        let cropped = Cropped::new(&text, &[at..at + 4, 0..1]);
        assert!(marked(&cropped, &(at..at + 4)).contains("<HERE>1, 1,"));
        assert_eq!(cropped.before(cropped.now(at)), at);
        let lines: Vec<&str> = cropped.text.lines().collect();
        assert_eq!((lines.len(), lines[0], lines[2]), (3, "a = 1", "b = 2"));
        assert!(
            lines[1].starts_with(ELLIPSIS) && lines[1].ends_with(ELLIPSIS) && lines[1].len() < LONGEST,
            "{}",
            lines[1]
        );
    }

    #[test]
    fn the_ends_of_a_long_mark_stay() {
        let text = format!("k = {}\n", "x".repeat(5000));
        let cropped = Cropped::new(&text, from_ref(&(4..5004)));
        let shown = marked(&cropped, &(4..5004));
        assert!(shown.starts_with("k = <xxx") && shown.ends_with("xxx>\n") && shown.contains(ELLIPSIS), "{shown}");
    }

    #[test]
    fn a_long_line_without_a_mark_keeps_its_beginning() {
        let text = format!("{}\nb = 2\n", "é".repeat(3000));
        let cropped = Cropped::new(&text, from_ref(&(6001..6002)));
        assert_eq!(cropped.text, format!("{}{ELLIPSIS}\nb = 2\n", "é".repeat(50)));
        assert_eq!(marked(&cropped, &(6001..6002)), format!("{}{ELLIPSIS}\n<b> = 2\n", "é".repeat(50)));
    }
}
