//! Where in a profile a place of a text is, however broken the text: the table, and the key or value there.
//!
//! The parser gives no tree for a line that is being typed. This reads tokens and forgives: what is not
//! closed ends where a new key or header begins.

use std::{collections::BTreeMap, ops::Range};

use toml_parser::{
    Source,
    lexer::{Token, TokenKind},
};

use crate::diagnostic::KeyPath;

/// What stands at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cursor {
    /// The table or array around it; elements by their number.
    pub(super) table: KeyPath,
    /// What it is.
    pub(super) what: What,
    /// The bytes of the word, with its quotes; empty between words.
    pub(super) span: Range<usize>,
    /// The word without quotes, up to the place asked for.
    pub(super) typed: String,
}

/// What a place is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// A segment of a key.
    Key,
    /// A segment of a `[table]` header.
    Header,
    /// A segment of a `[[table]]` header.
    ArrayHeader,
    /// A value of the table or array, at the path [`Cursor::table`] itself.
    Value,
    /// A comment.
    Comment,
}

impl Cursor {
    /// The path of the entry at the place: the key with what has been typed of it, or the value.
    pub(super) fn path(&self, text: &str) -> KeyPath {
        match self.what {
            What::Value | What::Comment => self.table.clone(),
            _ => match unquoted(&text[self.span.clone()]) {
                "" => self.table.clone(),
                word => self.table.clone().key(word),
            },
        }
    }
}

/// What stands at `offset`.
pub(super) fn at(text: &str, offset: usize) -> Cursor {
    let mut reader = Reader {
        text,
        tables: BTreeMap::new(),
        header: KeyPath::root(),
        open: Vec::new(),
        state: State::Key(Vec::new()),
    };
    let tokens: Vec<Token> = Source::new(text).lex().collect();
    let mut line_start = true;
    for (n, token) in tokens.iter().enumerate() {
        let span = token.span().start()..token.span().end();
        // A word reaches to its end; a mark between words ends where it ends.
        let is_word = is_word(token.kind());
        if span.start >= offset && !(is_word && span.start == offset) || token.kind() == TokenKind::Eof {
            break;
        }
        if (is_word || token.kind() == TokenKind::Comment) && span.end >= offset {
            return reader.here(token.kind(), span, offset, line_start, &tokens[n..]);
        }
        reader.take(token, &tokens[n..], line_start);
        line_start = match token.kind() {
            TokenKind::Newline => true,
            TokenKind::Whitespace => line_start,
            _ => false,
        };
    }
    reader.here(TokenKind::Whitespace, offset..offset, offset, line_start, &[])
}

fn is_word(kind: TokenKind) -> bool {
    use TokenKind::{Atom, BasicString, LiteralString, MlBasicString, MlLiteralString};
    matches!(kind, Atom | BasicString | LiteralString | MlBasicString | MlLiteralString)
}

/// A word without its quotes, also when the closing ones are missing.
pub(super) fn unquoted(word: &str) -> &str {
    for quote in ["\"\"\"", "'''", "\"", "'"] {
        if let Some(rest) = word.strip_prefix(quote) {
            return rest.strip_suffix(quote).unwrap_or(rest);
        }
    }
    word
}

/// What is being read.
enum State {
    /// A key; the segments before the current one.
    Key(Vec<String>),
    /// A header; whether of an array, and the segments before the current one.
    Header(bool, Vec<String>),
    /// A value, behind this key.
    Value(KeyPath),
    /// What follows a value or a header on its line.
    Rest,
}

/// A bracket or brace that is open.
enum Open {
    /// An array, its path and the number of the element.
    Array(KeyPath, usize),
    /// An inline table.
    Table(KeyPath),
}

struct Reader<'t> {
    text: &'t str,
    /// How many elements arrays of tables have so far.
    tables: BTreeMap<KeyPath, usize>,
    header: KeyPath,
    open: Vec<Open>,
    state: State,
}

impl Reader<'_> {
    /// The table in which a key would stand now.
    fn table(&self) -> KeyPath {
        match self.open.last() {
            Some(Open::Table(path)) => path.clone(),
            Some(Open::Array(path, n)) => path.clone().index(*n),
            None => self.header.clone(),
        }
    }

    fn take(&mut self, token: &Token, rest: &[Token], line_start: bool) {
        let word = &self.text[token.span().start()..token.span().end()];
        self.forgive(token.kind(), rest, line_start);
        match token.kind() {
            TokenKind::Newline if self.open.is_empty() => self.state = State::Key(Vec::new()),
            TokenKind::Equals => {
                if let State::Key(segments) = &mut self.state {
                    let segments = std::mem::take(segments);
                    let path = segments.into_iter().fold(self.table(), KeyPath::key);
                    self.state = State::Value(path);
                }
            }
            TokenKind::LeftSquareBracket => self.open_bracket(line_start),
            TokenKind::RightSquareBracket => self.close_bracket(),
            TokenKind::LeftCurlyBracket => {
                let path = match &self.state {
                    State::Value(path) => path.clone(),
                    _ => self.table(),
                };
                self.open.push(Open::Table(path));
                self.state = State::Key(Vec::new());
            }
            TokenKind::RightCurlyBracket => {
                if matches!(self.open.last(), Some(Open::Table(_))) {
                    self.open.pop();
                }
                self.state = State::Rest;
            }
            TokenKind::Comma => self.next_element(),
            kind if is_word(kind) => match &mut self.state {
                State::Key(segments) | State::Header(_, segments) => segments.push(unquoted(word).to_owned()),
                State::Value(_) if self.open.is_empty() => self.state = State::Rest,
                _ => {}
            },
            _ => {}
        }
    }

    /// Closes what is open where a new entry or header begins all the same.
    fn forgive(&mut self, kind: TokenKind, rest: &[Token], line_start: bool) {
        if !line_start || self.open.is_empty() {
            return;
        }
        let mut next = rest.iter().map(Token::kind).filter(|kind| *kind != TokenKind::Whitespace);
        let begins = match kind {
            // `[name]` or `[[name]]`; an element that is an array holds no bare word with nothing behind it.
            TokenKind::LeftSquareBracket => {
                let mut next = next.skip_while(|kind| *kind == TokenKind::LeftSquareBracket);
                next.next() == Some(TokenKind::Atom)
                    && matches!(next.next(), Some(TokenKind::RightSquareBracket | TokenKind::Dot))
            }
            // `key =` in an array; in an inline table it is an entry like any other.
            kind if is_word(kind) => {
                let in_array = matches!(self.open.last(), Some(Open::Array(..)));
                let after = next.find(|kind| !is_word(*kind) && *kind != TokenKind::Dot);
                in_array && after == Some(TokenKind::Equals)
            }
            _ => false,
        };
        if begins {
            self.open.clear();
            self.state = State::Key(Vec::new());
        }
    }

    fn open_bracket(&mut self, line_start: bool) {
        match &mut self.state {
            State::Key(segments) if self.open.is_empty() && line_start && segments.is_empty() => {
                self.state = State::Header(false, Vec::new());
            }
            State::Header(array, segments) if segments.is_empty() => *array = true,
            State::Value(path) => {
                let path = path.clone();
                self.open.push(Open::Array(path.clone(), 0));
                self.state = State::Value(path.index(0));
            }
            _ => {}
        }
    }

    fn close_bracket(&mut self) {
        if let State::Header(array, segments) = &self.state {
            let (array, segments) = (*array, segments.clone());
            self.header = self.resolve(&segments, array);
            self.state = State::Rest;
        } else if let Some(Open::Array(..)) = self.open.last() {
            self.open.pop();
            self.state = State::Rest;
        }
    }

    fn next_element(&mut self) {
        match self.open.last_mut() {
            Some(Open::Table(_)) => self.state = State::Key(Vec::new()),
            Some(Open::Array(path, n)) => {
                *n += 1;
                self.state = State::Value(path.clone().index(*n));
            }
            None => {}
        }
    }

    /// The path of a header: an array of tables means its last element, or with `array` a new one.
    fn resolve(&mut self, segments: &[String], array: bool) -> KeyPath {
        let mut path = KeyPath::root();
        for (n, segment) in segments.iter().enumerate() {
            path = path.key(segment);
            let is_last = n + 1 == segments.len();
            if is_last && array {
                let count = self.tables.entry(path.clone()).or_insert(0);
                *count += 1;
                path = path.index(*count - 1);
            } else if let Some(count) = self.tables.get(&path) {
                path = path.index(count - 1);
            }
        }
        path
    }

    /// What stands at the end of what has been read.
    fn here(mut self, kind: TokenKind, span: Range<usize>, offset: usize, line_start: bool, rest: &[Token]) -> Cursor {
        if !rest.is_empty() {
            self.forgive(kind, rest, line_start);
        }
        let word = &self.text[span.clone()];
        let typed = word.get(..offset - span.start).map(unquoted).unwrap_or_default().to_owned();
        let below = |table: KeyPath, segments: &[String]| segments.iter().fold(table, |path, s| path.key(s.as_str()));
        let (table, what) = match (&self.state, kind) {
            (_, TokenKind::Comment) => (self.table(), What::Comment),
            (State::Key(segments), _) => (below(self.table(), segments), What::Key),
            (State::Header(array, segments), _) => {
                let (array, segments) = (*array, segments.clone());
                let table = self.resolve(&segments, false);
                (table, if array { What::ArrayHeader } else { What::Header })
            }
            (State::Value(path), _) => (path.clone(), What::Value),
            (State::Rest, _) => (self.table(), What::Comment),
        };
        Cursor { table, what, span, typed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands at the `|` of the text.
    fn seen(text: &str) -> String {
        let offset = text.find('|').expect("marked");
        let text = text.replacen('|', "", 1);
        let cursor = at(&text, offset);
        format!("{} {:?} {:?} -> {}", cursor.table, cursor.what, cursor.typed, cursor.path(&text))
    }

    #[test]
    fn keys_and_values_are_known_by_their_tables() {
        insta::assert_debug_snapshot!([
            "|",
            "sch|ema = 1",
            "[gate|way]",
            "[gateway]\ntim|",
            "[gateway]\nlimits.si|ze = 1",
            "[gateway]\ntimeout = |",
            "[gateway]\ntimeout = \"2|0s\"",
            "[[filesystem]]\nsource = '/a'\n[[filesystem]]\nvia = \"|",
            "a = { b = 1, c.d = [1, 2|] }",
            "a = [\n  \"x\",\n  |\n]",
            "[class.\"a.b\".set.|]",
            "[[f|",
            "a = 1 # shifter-site: ign|ore",
        ].map(seen), @r##"
        [
            " Key \"\" -> ",
            " Key \"sch\" -> schema",
            " Header \"gate\" -> gateway",
            "gateway Key \"tim\" -> gateway.tim",
            "gateway.limits Key \"si\" -> gateway.limits.size",
            "gateway.timeout Value \"\" -> gateway.timeout",
            "gateway.timeout Value \"2\" -> gateway.timeout",
            "filesystem.1.via Value \"\" -> filesystem.1.via",
            "a.c.d.1 Value \"2\" -> a.c.d.1",
            "a.1 Value \"\" -> a.1",
            "class.\"a.b\".set Header \"\" -> class.\"a.b\".set",
            " ArrayHeader \"f\" -> f",
            " Comment \"# shifter-site: ign\" -> ",
        ]
        "##);
    }

    #[test]
    fn what_is_not_closed_ends_where_something_new_begins() {
        insta::assert_debug_snapshot!([
            "[a]\nlist = [\"x\",\nb|y = 1",
            "[a]\nlist = [\"x\",\n[b]\nc| = 1",
            "[a]\nt = { x = 1,\ny| = 2",
            "[a\nb| = 1",
            "[a]\ns = \"open\nb| = 1",
        ].map(seen), @r##"
        [
            "a Key \"b\" -> a.by",
            "b Key \"c\" -> b.c",
            "a.t Key \"y\" -> a.t.y",
            " Key \"b\" -> b",
            "a Key \"b\" -> a.b",
        ]
        "##);
    }

    #[test]
    fn no_place_of_any_text_is_too_much() {
        let text = "a.[[{='''x''\"é\"]],}\n[[a.b]\n=[{]}#\n";
        for from in (0..text.len()).filter(|n| text.is_char_boundary(*n)) {
            for offset in (0..=text.len() - from).filter(|n| text[from..].is_char_boundary(*n)) {
                let cursor = at(&text[from..], offset);
                let _ = cursor.path(&text[from..]);
            }
        }
    }
}
