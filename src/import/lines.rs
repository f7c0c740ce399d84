//! The lines of a `udiRoot.conf` with their places. What they mean is for `shifter_formats::original` to say; here stands
//! only where each is, so that a finding can mark it and an edit can change it.

use std::ops::Range;

/// A key with its value, perhaps over several physical lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ConfLine {
    /// The number of its last physical line, from 1: the name by which the reader's notices call it.
    pub(crate) number: usize,
    /// The key.
    pub(crate) key: Range<usize>,
    /// The pieces of the value, each without blanks at its ends and without its `\`.
    pub(crate) parts: Vec<Range<usize>>,
    /// All its physical lines with their ends.
    pub(crate) whole: Range<usize>,
    /// The blank line that ended a continuation, with its end.
    pub(crate) ended_by: Option<Range<usize>>,
    /// The comment lines directly above it, without `#`.
    pub(crate) above: Vec<String>,
}

/// A line with text and without `=`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Skipped {
    /// Its number, from 1.
    pub(crate) number: usize,
    /// Its text without blanks at the ends.
    pub(crate) span: Range<usize>,
    /// Where the line begins.
    pub(crate) start: usize,
}

/// The lines of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ConfLines {
    /// Those with a key.
    pub(crate) lines: Vec<ConfLine>,
    /// Those that are skipped.
    pub(crate) skipped: Vec<Skipped>,
}

impl ConfLines {
    /// Splits a file where the original does.
    pub(crate) fn of(text: &str) -> Self {
        let mut all = Self::default();
        let mut open: Option<ConfLine> = None;
        let mut above: Vec<String> = Vec::new();
        let mut start = 0;
        for (number, whole) in (1..).zip(text.split_inclusive('\n')) {
            let range = start..start + whole.len();
            start = range.end;
            let line = whole.strip_suffix('\n').unwrap_or(whole);
            if let Some(comment) = line.strip_prefix('#') {
                if open.is_none() {
                    above.push(comment.strip_prefix(' ').unwrap_or(comment).trim_end().to_owned());
                }
                continue;
            }
            // The original's strings end at the first NUL.
            let line = line.split('\0').next().unwrap_or_default();
            let (mut current, part) = match open.take() {
                Some(mut current) => {
                    let part = trimmed(line, range.start);
                    current.ended_by = part.is_empty().then(|| range.clone());
                    current.whole.end = range.end;
                    (current, part)
                }
                None => {
                    let comments = std::mem::take(&mut above);
                    let Some(at) = line.find('=') else {
                        let span = trimmed(line, range.start);
                        if !span.is_empty() {
                            all.skipped.push(Skipped { number, span, start: range.start });
                        }
                        continue;
                    };
                    let key = trimmed(&line[..at], range.start);
                    let part = trimmed(&line[at + 1..], range.start + at + 1);
                    let whole = range.clone();
                    (ConfLine { number, key, parts: Vec::new(), whole, ended_by: None, above: comments }, part)
                }
            };
            current.number = number;
            match text[part.clone()].strip_suffix('\\') {
                Some(rest) => {
                    current.parts.push(trimmed(rest, part.start));
                    open = Some(current);
                }
                None => {
                    current.parts.push(part);
                    all.lines.push(current);
                }
            }
        }
        all.lines.extend(open);
        all
    }

    /// The line that a notice of this number is about.
    pub(crate) fn find(&self, number: usize) -> Option<&ConfLine> {
        self.lines.iter().find(|line| line.number == number)
    }

    /// The lines of a key, in order.
    pub(crate) fn of_key<'a>(&'a self, text: &'a str, key: &'a str) -> impl DoubleEndedIterator<Item = &'a ConfLine> {
        self.lines.iter().filter(move |line| &text[line.key.clone()] == key)
    }
}

impl ConfLine {
    /// From the first to the last piece of the value.
    pub(crate) fn value(&self) -> Range<usize> {
        let start = self.parts.first().map_or(self.key.end, |part| part.start);
        start..self.parts.last().map_or(start, |part| part.end).max(start)
    }

    /// The value as the original joins it.
    pub(crate) fn text(&self, text: &str) -> String {
        let parts: Vec<&str> = self.parts.iter().map(|part| &text[part.clone()]).collect();
        parts.join(" ")
    }
}

/// The range of `text`, which begins at `start`, without the blanks of isspace(3) at its ends.
fn trimmed(text: &str, start: usize) -> Range<usize> {
    let is_blank = |c: char| matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c');
    let front = text.len() - text.trim_start_matches(is_blank).len();
    start + front..start + front + text.trim_matches(is_blank).len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stand_where_the_original_sees_them() {
        let text = "# ours\na=1\r\n\n b = x;\\\n# no\n   y ;\\\n\nwords\n";
        let all = ConfLines::of(text);
        let shown: Vec<(usize, &str, String)> =
            all.lines.iter().map(|line| (line.number, &text[line.key.clone()], line.text(text))).collect();
        assert_eq!(shown, [(2, "a", "1".to_owned()), (7, "b", "x; y ; ".to_owned())]);
        assert_eq!(all.lines[0].above, ["ours"]);
        assert_eq!(&text[all.lines[1].whole.clone()], " b = x;\\\n# no\n   y ;\\\n\n");
        assert_eq!(all.lines[1].ended_by.clone().map(|range| &text[range]), Some("\n"));
        assert_eq!(&text[all.skipped[0].span.clone()], "words");
    }
}
