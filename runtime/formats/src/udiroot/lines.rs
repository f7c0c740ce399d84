//! From text to keys and values, natively: with the place of every byte, and refusing what the original swallows.

use std::ops::Range;

use super::fault::ParseErrorKind;

/// A text that was put together from parts of the file.
#[derive(Debug, Default)]
pub(super) struct Text {
    /// The text.
    pub(super) text: String,
    /// Where its parts lie: offset in the text, offset in the file.
    parts: Vec<(usize, usize)>,
}

impl Text {
    fn push(&mut self, part: &str, at: usize) {
        if !self.parts.is_empty() {
            self.text.push(' ');
        }
        self.parts.push((self.text.len(), at));
        self.text.push_str(part);
    }

    /// The bytes of the file that hold a range of the text.
    pub(super) fn place(&self, range: &Range<usize>) -> Range<usize> {
        let start = self.place_of(range.start);
        if range.is_empty() {
            return start..start;
        }
        start..(self.place_of(range.end - 1) + 1).max(start)
    }

    fn place_of(&self, offset: usize) -> usize {
        let after = self.parts.partition_point(|(at, _)| *at <= offset);
        match self.parts.get(after.saturating_sub(1)) {
            Some((at, place)) => place + offset - at,
            None => 0,
        }
    }

    /// All of it.
    pub(super) fn span(&self) -> Range<usize> {
        self.place(&(0..self.text.len()))
    }
}

/// A key and its value.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) key: Text,
    pub(super) value: Text,
}

/// A mistake with its bytes of the file and the key whose line it is.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) span: Range<usize>,
    pub(super) key: Option<String>,
    pub(super) kind: ParseErrorKind,
}

/// What isspace(3) calls a blank in the C locale.
pub(crate) const fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\x0b' | '\x0c' | '\r')
}

/// The text without blanks around it, and the offset of its first byte.
fn trimmed(text: &str, start: usize) -> (&str, usize) {
    let front = text.len() - text.trim_start_matches(is_blank).len();
    (text.trim_matches(is_blank), start + front)
}

/// Splits a file into keys and values.
pub(super) fn split(text: &str) -> (Vec<Line>, Vec<Placed>) {
    let mut lines = Vec::new();
    let mut faults = Vec::new();
    let mut open: Option<Line> = None;
    let mut start = 0;
    for raw in text.split('\n') {
        let (content, at) = trimmed(raw, start);
        let end = start + raw.len();
        let line_start = std::mem::replace(&mut start, end + 1);
        // A line that begins with `#` is dropped, also between a `\` and what it continues with.
        if raw.starts_with('#') {
            continue;
        }
        let mut line = match open.take() {
            Some(line) if content.is_empty() => {
                if line_start == text.len() {
                    // The file ends here; that is another mistake.
                    open = Some(line);
                } else {
                    faults.push(placed(line_start..end, &line, ParseErrorKind::BlankInContinuation));
                    lines.push(line);
                }
                continue;
            }
            Some(line) => line,
            None if content.is_empty() => continue,
            None => match begin(content, at) {
                Ok(line) => line,
                Err(kind) => {
                    faults.push(Placed { span: at..at + content.len(), key: None, kind });
                    continue;
                }
            },
        };
        let is_first = line.value.parts.is_empty();
        let (value, at) = if is_first {
            let behind = content.find('=').map_or(0, |equals| equals + 1);
            trimmed(&content[behind..], at + behind)
        } else {
            (content, at)
        };
        match value.strip_suffix('\\') {
            Some(value) => {
                line.value.push(value.trim_end_matches(is_blank), at);
                open = Some(line);
            }
            None => {
                line.value.push(value, at);
                lines.push(line);
            }
        }
    }
    if let Some(line) = open {
        let end = text.trim_end_matches(is_blank).len();
        faults.push(placed(end.saturating_sub(1)..end, &line, ParseErrorKind::UnfinishedContinuation));
        lines.push(line);
    }
    (lines, faults)
}

fn placed(span: Range<usize>, line: &Line, kind: ParseErrorKind) -> Placed {
    Placed { span, key: Some(line.key.text.clone()), kind }
}

/// A line's key, with the value still to come.
fn begin(content: &str, at: usize) -> Result<Line, ParseErrorKind> {
    if content.starts_with('#') {
        return Err(ParseErrorKind::IndentedComment);
    }
    let (key, _) = content.split_once('=').ok_or(ParseErrorKind::NotAssignment)?;
    let key = key.trim_end_matches(is_blank);
    if key.is_empty() {
        return Err(ParseErrorKind::NoKey);
    }
    let mut text = Text::default();
    text.push(key, at);
    Ok(Line { key: text, value: Text::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<(String, String)> {
        let (lines, faults) = split(text);
        assert!(faults.is_empty(), "{faults:?}");
        lines.into_iter().map(|line| (line.key.text, line.value.text)).collect()
    }

    #[test]
    fn a_continuation_is_joined_by_one_blank() {
        assert_eq!(
            values("a = x=1 \\\n# dropped\n\t  y \\\n z\r\nb=2"),
            [("a".to_owned(), "x=1 y z".to_owned()), ("b".to_owned(), "2".to_owned())]
        );
    }

    #[test]
    fn every_byte_of_a_value_knows_its_place() {
        let text = "k=ab\\\n  cd\\\n  ef\n";
        let (lines, _) = split(text);
        let value = &lines[0].value;
        for (offset, c) in value.text.char_indices().filter(|(_, c)| *c != ' ') {
            let place = value.place(&(offset..offset + 1));
            assert_eq!(&text[place], c.to_string());
        }
        assert_eq!(&text[value.span()], "ab\\\n  cd\\\n  ef");
    }

    #[test]
    fn what_the_original_swallows_is_a_fault() {
        let kinds = |text: &str| -> Vec<ParseErrorKind> { split(text).1.into_iter().map(|fault| fault.kind).collect() };
        assert_eq!(kinds("  # x=1"), [ParseErrorKind::IndentedComment]);
        assert_eq!(kinds("words"), [ParseErrorKind::NotAssignment]);
        assert_eq!(kinds("=1"), [ParseErrorKind::NoKey]);
        assert_eq!(kinds("a=1 \\\n\nb"), [ParseErrorKind::BlankInContinuation, ParseErrorKind::NotAssignment]);
        for text in ["a=1\\", "a=1\\\n", "a=1 \\\n# x\n"] {
            assert_eq!(kinds(text), [ParseErrorKind::UnfinishedContinuation], "{text:?}");
        }
    }
}
