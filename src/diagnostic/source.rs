//! The texts a profile is made of: files, standard input, `--set`, environment variables, presets.

use std::{ops::Range, path::PathBuf};

/// One text with a name, and what of it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The name for people: the path as given, `<stdin>`, `--set`, `preset cray-xc`.
    pub name: String,
    /// What kind of text it is.
    pub kind: SourceKind,
    /// The text as read. It may hold a secret: show [`Source::shown`] instead.
    text: String,
    shown: String,
    secrets: Vec<String>,
    lines: Vec<usize>,
    is_ascii: bool,
}

/// Where a text comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceKind {
    /// A file; relative paths in it count from its directory.
    File(PathBuf),
    /// Standard input, with the path it stands for when one was given.
    Stdin(Option<PathBuf>),
    /// A shell script that a profile names.
    Script(PathBuf),
    /// A preset built into this program.
    Preset,
    /// An environment variable.
    Environment,
    /// A `--set` option.
    Option,
}

/// A line and column, both from 1. Columns count characters (Unicode scalar values).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1; a byte order mark is not a character.
    pub column: usize,
}

impl Source {
    /// A text under a name.
    #[must_use]
    pub fn new(name: impl Into<String>, kind: SourceKind, text: impl Into<String>) -> Self {
        let text = text.into();
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let is_ascii = text.is_ascii();
        Self { name: name.into(), kind, shown: text.clone(), text, secrets: Vec::new(), lines, is_ascii }
    }

    /// The text as read.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text with every secret covered by asterisks, byte for byte as long as the original.
    #[must_use]
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// The text as lines without their ends.
    #[must_use]
    pub fn line(&self, line: usize) -> &str {
        let start = self.lines.get(line.saturating_sub(1)).copied().unwrap_or(self.text.len());
        self.shown[start..].lines().next().unwrap_or_default()
    }

    /// The line of a byte offset, from 1.
    #[must_use]
    pub fn line_of(&self, offset: usize) -> usize {
        self.lines.partition_point(|start| *start <= offset.min(self.text.len()))
    }

    /// The line and column of a byte offset; offsets past the end are the end.
    #[must_use]
    pub fn position(&self, offset: usize) -> Position {
        let offset = self.floor(offset);
        let line = self.line_of(offset);
        let start = self.lines[line - 1];
        // A line is long where a list stands on it, and much may be found there: of ASCII nothing is counted.
        let begins = |byte: &&u8| **byte & 0xc0 != 0x80;
        let characters = match self.is_ascii {
            true => offset - start,
            false => self.text.as_bytes()[start..offset].iter().filter(begins).count(),
        };
        let mark = usize::from(start == 0 && offset > 0 && self.text.starts_with('\u{feff}'));
        Position { line, column: characters - mark + 1 }
    }

    /// `span` made to lie in the text, on character boundaries.
    #[must_use]
    pub fn clamp(&self, span: Range<usize>) -> Range<usize> {
        let start = self.floor(span.start);
        start..self.floor(span.end).max(start)
    }

    /// The directory from which relative paths in this text count.
    #[must_use]
    pub fn directory(&self) -> PathBuf {
        match &self.kind {
            SourceKind::File(path) | SourceKind::Script(path) | SourceKind::Stdin(Some(path)) => {
                path.parent().map(PathBuf::from).unwrap_or_default()
            }
            _ => PathBuf::new(),
        }
    }

    /// Covers the secret at `span` wherever this source, or a message about it, is shown.
    pub fn cover(&mut self, span: Range<usize>) {
        let span = self.clamp(span);
        let secret = self.text[span.clone()].to_owned();
        if !secret.is_empty() {
            self.shown.replace_range(span.clone(), &"*".repeat(span.len()));
            self.secrets.push(secret);
        }
    }

    /// `message` with every secret of this source taken out.
    #[must_use]
    pub fn scrub(&self, message: &str) -> String {
        self.secrets.iter().fold(message.to_owned(), |text, secret| text.replace(secret.as_str(), "***"))
    }

    fn floor(&self, offset: usize) -> usize {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source::new("a.toml", SourceKind::File("a.toml".into()), text)
    }

    #[test]
    fn columns_count_characters_and_lines_end_at_newlines() {
        let source = source("\u{feff}a = 1\r\nnäme = \"日本\" # x\r\n");
        let at = |what: &str| source.position(source.text().find(what).expect("in the text"));
        assert_eq!(at("a ="), Position { line: 1, column: 1 });
        assert_eq!(at("\"日"), Position { line: 2, column: 8 });
        assert_eq!(at("#"), Position { line: 2, column: 13 });
        assert_eq!(source.position(10_000), Position { line: 3, column: 1 });
        assert_eq!(source.line(2), "näme = \"日本\" # x");
    }

    #[test]
    fn a_covered_secret_keeps_every_offset() {
        let mut source = source("p = \"gehe\u{ed}m\"\nq = 2\n");
        source.cover(5..12);
        assert_eq!(source.shown().len(), source.text().len());
        assert_eq!(source.line(1), "p = \"*******\"");
        assert_eq!(source.scrub("bad value gehe\u{ed}m"), "bad value ***");
    }

    #[test]
    fn spans_are_brought_into_the_text() {
        let source = source("ä");
        assert_eq!(source.clamp(1..9), 0..2);
    }
}
