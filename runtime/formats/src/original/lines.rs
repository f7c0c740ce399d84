//! The original's lines: shared by `udiRoot.conf` (`=`), `.meta` (`:`) and the credential file.

use crate::udiroot::is_blank;

/// A key and its value, as bytes: the original knows no encoding.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// The number of its last physical line, from 1.
    pub(crate) number: usize,
    pub(crate) key: Vec<u8>,
    pub(crate) value: Vec<u8>,
    /// A blank line ended a continuation.
    pub(crate) ended_by_blank: bool,
}

/// A line or one that was skipped.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Item {
    /// A key and its value.
    Line(Line),
    /// A line with text and without a delimiter.
    Skipped { number: usize, text: Vec<u8> },
}

/// Splits a file as the original does.
///
/// One wart is left out: the original parses its buffer once more after the last line, so that a file whose last
/// line is a continuation with a delimiter fails. Such a file is accepted here.
pub(crate) fn split(bytes: &[u8], delimiter: u8) -> Vec<Item> {
    let mut items = Vec::new();
    let mut open: Option<Line> = None;
    let last = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    for (number, raw) in (1..).zip(last.split(|b| *b == b'\n')) {
        if raw.first() == Some(&b'#') {
            continue;
        }
        // The original's strings end at the first NUL.
        let raw = raw.split(|b| *b == 0).next().unwrap_or_default();
        let (mut line, part) = match open.take() {
            Some(mut line) => {
                let part = trim(raw);
                line.ended_by_blank = part.is_empty();
                line.value.push(b' ');
                (line, part)
            }
            None => {
                let Some(at) = raw.iter().position(|b| *b == delimiter) else {
                    let text = trim(raw).to_vec();
                    if !text.is_empty() {
                        items.push(Item::Skipped { number, text });
                    }
                    continue;
                };
                let line = Line { number, key: trim(&raw[..at]).to_vec(), value: Vec::new(), ended_by_blank: false };
                (line, trim(&raw[at + 1..]))
            }
        };
        line.number = number;
        match part.strip_suffix(b"\\") {
            Some(part) => {
                line.value.extend_from_slice(trim(part));
                open = Some(line);
            }
            None => {
                line.value.extend_from_slice(part);
                items.push(Item::Line(line));
            }
        }
    }
    items.extend(open.map(Item::Line));
    items
}

fn trim(bytes: &[u8]) -> &[u8] {
    let is_text = |b: &u8| !is_blank(char::from(*b));
    let Some(start) = bytes.iter().position(is_text) else {
        return &[];
    };
    let end = bytes.iter().rposition(is_text).map_or(start, |at| at + 1);
    &bytes[start..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(String, String)> {
        split(text.as_bytes(), b'=')
            .into_iter()
            .filter_map(|item| match item {
                Item::Line(line) => {
                    Some((String::from_utf8(line.key).unwrap(), String::from_utf8(line.value).unwrap()))
                }
                Item::Skipped { .. } => None,
            })
            .collect()
    }

    fn pair(key: &str, value: &str) -> (String, String) {
        (key.to_owned(), value.to_owned())
    }

    #[test]
    fn lines_read_as_the_original_reads_them() {
        assert_eq!(pairs("a=1\r\n\n b = x y \n"), [pair("a", "1"), pair("b", "x y")]);
        assert_eq!(pairs("a=/x\\\n# no\n\t/y \\\n/z\nb=1"), [pair("a", "/x /y /z"), pair("b", "1")]);
        assert_eq!(pairs("  # c=1"), [pair("# c", "1")]);
        assert_eq!(pairs("words\na=1"), [pair("a", "1")]);
        assert_eq!(pairs("a=1 \\\n\nb=2"), [pair("a", "1 "), pair("b", "2")]);
        assert_eq!(pairs("a=1 \\\nb=2"), [pair("a", "1 b=2")]);
        assert_eq!(pairs("a=1 \\\nb=2\\"), [pair("a", "1 b=2")]);
        assert_eq!(pairs("a=1\0b\nc=2"), [pair("a", "1"), pair("c", "2")]);
    }
}
