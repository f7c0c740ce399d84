//! An open document: its text, and the two ways to name a place in it.

use std::ops::Range;

use lsp_types::{Position, TextDocumentContentChangeEvent};

/// What a client counts columns in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Encoding {
    /// Bytes.
    Utf8,
    /// UTF-16 code units, what every client knows.
    #[default]
    Utf16,
}

/// A text and where its lines begin.
#[derive(Debug, Clone)]
pub(super) struct Document {
    text: String,
    lines: Vec<usize>,
    encoding: Encoding,
    /// The client's number of this state of the text.
    pub(super) version: Option<i32>,
}

impl Document {
    pub(super) fn new(text: String, version: Option<i32>, encoding: Encoding) -> Self {
        Self { lines: lines(&text), text, encoding, version }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Makes the changes in their order. A range beyond the text is brought into it.
    pub(super) fn change(&mut self, changes: Vec<TextDocumentContentChangeEvent>, version: i32) {
        for change in changes {
            match change.range {
                Some(range) => {
                    let (a, b) = (self.offset(range.start), self.offset(range.end));
                    self.text.replace_range(a.min(b)..a.max(b), &change.text);
                }
                None => self.text = change.text,
            }
            self.lines = lines(&self.text);
        }
        self.version = Some(version);
    }

    /// The byte offset of a position, in the text and between characters.
    pub(super) fn offset(&self, at: Position) -> usize {
        let Some(start) = self.lines.get(at.line as usize).copied() else { return self.text.len() };
        let end = self.lines.get(at.line as usize + 1).copied().unwrap_or(self.text.len());
        let line = self.text[start..end].trim_end_matches(['\r', '\n']);
        let mut left = at.character as usize;
        for (offset, c) in line.char_indices() {
            let width = self.width(c);
            if left < width {
                return start + offset;
            }
            left -= width;
        }
        start + line.len()
    }

    /// The position of a byte offset; one within a character is the character's.
    pub(super) fn position(&self, offset: usize) -> Position {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.lines.partition_point(|start| *start <= offset) - 1;
        let before = &self.text[self.lines[line]..offset];
        let character: usize = before.chars().map(|c| self.width(c)).sum();
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Position { line: number(line), character: number(character) }
    }

    pub(super) fn range(&self, span: Range<usize>) -> lsp_types::Range {
        lsp_types::Range { start: self.position(span.start), end: self.position(span.end) }
    }

    fn width(&self, c: char) -> usize {
        match self.encoding {
            Encoding::Utf8 => c.len_utf8(),
            Encoding::Utf16 => c.len_utf16(),
        }
    }
}

/// Where lines begin: behind `\n`, `\r\n` or a lone `\r`, as the protocol counts them.
fn lines(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let ends =
        (0..bytes.len()).filter(|n| bytes[*n] == b'\n' || bytes[*n] == b'\r' && bytes.get(n + 1) != Some(&b'\n'));
    std::iter::once(0).chain(ends.map(|n| n + 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(text: &str, encoding: Encoding) -> Document {
        Document::new(text.to_owned(), None, encoding)
    }

    #[test]
    fn positions_count_what_was_agreed_on() {
        let text = "a = \"😀é\" # x\r\nb\rc";
        let utf16 = document(text, Encoding::Utf16);
        let hash = text.find('#').expect("there");
        assert_eq!(utf16.position(hash), Position::new(0, 10));
        assert_eq!(document(text, Encoding::Utf8).position(hash), Position::new(0, 13));
        assert_eq!(utf16.position(text.len()), Position::new(2, 1));
        for offset in text.char_indices().filter(|(_, c)| *c != '\n').map(|(at, _)| at) {
            assert_eq!(utf16.offset(utf16.position(offset)), offset, "{offset}");
        }
    }

    #[test]
    fn positions_outside_are_brought_inside() {
        let document = document("ab\ncd", Encoding::Utf16);
        assert_eq!(document.offset(Position::new(0, 99)), 2);
        assert_eq!(document.offset(Position::new(9, 0)), 5);
        assert_eq!(document.position(99), Position::new(1, 2));
    }

    #[test]
    fn changes_are_made_one_after_the_other() {
        let mut document = document("one\ntwo\n", Encoding::Utf16);
        let change = |a: (u32, u32), b: (u32, u32), text: &str| TextDocumentContentChangeEvent {
            range: Some(lsp_types::Range::new(Position::new(a.0, a.1), Position::new(b.0, b.1))),
            range_length: None,
            text: text.to_owned(),
        };
        document.change(vec![change((0, 0), (1, 0), ""), change((0, 3), (0, 3), "😀"), change((0, 5), (0, 5), "!")], 3);
        assert_eq!((document.text(), document.version), ("two😀!\n", Some(3)));
    }
}
