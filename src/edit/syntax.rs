//! A TOML text as a list of statements, each with its place and the key path it is about.
//!
//! The tree of a parser knows where a value stands, but a table can be written in many places: its
//! header, headers of tables below it, dotted keys. Whoever changes a text needs all of them.

use std::{borrow::Cow, collections::BTreeMap, ops::Range};

use toml_parser::{
    Source as Lexer, Span,
    decoder::Encoding,
    parser::{Event, EventKind, parse_document},
};

use crate::diagnostic::KeyPath;

/// The statements of a text in order.
#[derive(Debug)]
pub(crate) struct Text<'t> {
    pub(crate) text: &'t str,
    pub(crate) statements: Vec<Statement>,
}

/// A header or a `key = value`.
#[derive(Debug)]
pub(crate) struct Statement {
    /// `[a]`, `[[a]]` or `a = 1`.
    pub(crate) kind: Kind,
    /// What it is about: the table of a header, the element that `[[a]]` begins, the key.
    pub(crate) path: KeyPath,
    /// The table whose header stands above it; for a header, the table itself.
    pub(crate) table: KeyPath,
    /// The written segments, each with the path up to it.
    pub(crate) keys: Vec<(Range<usize>, KeyPath)>,
    /// The value of a pair.
    pub(crate) value: Option<Value>,
    /// From the first byte to the last; comments and the end of the line do not belong to it.
    pub(crate) span: Range<usize>,
}

/// What a statement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `[a]`.
    Table,
    /// `[[a]]`.
    Element,
    /// `a = 1`.
    Pair,
}

/// A value and what it is made of.
#[derive(Debug)]
pub(crate) struct Value {
    pub(crate) span: Range<usize>,
    pub(crate) node: Node,
}

/// The segments of a dotted key with their places.
pub(crate) type Keys = Vec<(Range<usize>, String)>;

/// The shape of a value.
#[derive(Debug)]
pub(crate) enum Node {
    Scalar,
    Array(Vec<Value>),
    /// The pairs of an inline table: the written segments and the value.
    Table(Vec<(Keys, Value)>),
}

/// Reads a text that is valid TOML.
pub(crate) fn read(text: &str) -> Text<'_> {
    let tokens = Lexer::new(text).lex().into_vec();
    let mut events: Vec<Event> = Vec::new();
    parse_document(&tokens, &mut |event: Event| events.push(event), &mut ());
    events.retain(|event| !matches!(event.kind(), EventKind::Whitespace | EventKind::Comment | EventKind::Newline));
    let mut reader = Reader { text, events: &events, at: 0, lengths: BTreeMap::new() };
    let mut statements = Vec::new();
    let mut table = KeyPath::root();
    while let Some(event) = reader.peek() {
        match event.kind() {
            EventKind::StdTableOpen | EventKind::ArrayTableOpen => {
                let statement = reader.header();
                table = statement.path.clone();
                statements.push(statement);
            }
            EventKind::SimpleKey => statements.push(reader.pair(&table)),
            _ => reader.at += 1,
        }
    }
    Text { text, statements }
}

struct Reader<'t> {
    text: &'t str,
    events: &'t [Event],
    at: usize,
    /// How many elements each array of tables has so far.
    lengths: BTreeMap<KeyPath, usize>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<&Event> {
        self.events.get(self.at)
    }

    /// The segments of a key, up to what ends it.
    fn keys(&mut self) -> Keys {
        let mut keys = Vec::new();
        while let Some(event) = self.peek() {
            match event.kind() {
                EventKind::SimpleKey => keys.push((range(event.span()), self.name(event.span(), event.encoding()))),
                EventKind::KeySep => {}
                _ => break,
            }
            self.at += 1;
        }
        keys
    }

    fn name(&self, span: Span, encoding: Option<Encoding>) -> String {
        let raw = &self.text[range(span)];
        let mut name = Cow::Borrowed("");
        toml_parser::Raw::new_unchecked(raw, encoding, span).decode_key(&mut name, &mut ());
        name.into_owned()
    }

    fn header(&mut self) -> Statement {
        let open = &self.events[self.at];
        let (kind, start) = match open.kind() {
            EventKind::ArrayTableOpen => (Kind::Element, open.span().start()),
            _ => (Kind::Table, open.span().start()),
        };
        self.at += 1;
        let mut path = KeyPath::root();
        let mut keys = Vec::new();
        for (span, name) in self.keys() {
            if let Some(length) = self.lengths.get(&path) {
                path = path.index(length - 1);
            }
            path = path.key(name);
            keys.push((span, path.clone()));
        }
        if kind == Kind::Element {
            let length = self.lengths.entry(path.clone()).or_default();
            *length += 1;
            path = path.index(*length - 1);
        }
        let end = self.peek().map_or(self.text.len(), |close| close.span().end());
        self.at += 1;
        Statement { kind, table: path.clone(), path, keys, value: None, span: start..end }
    }

    fn pair(&mut self, table: &KeyPath) -> Statement {
        let mut path = table.clone();
        let mut keys = Vec::new();
        for (span, name) in self.keys() {
            path = path.key(name);
            keys.push((span, path.clone()));
        }
        let start = keys.first().map_or(0, |(span, _)| span.start);
        self.at += 1; // `=`
        let value = self.value();
        Statement {
            kind: Kind::Pair,
            path,
            table: table.clone(),
            keys,
            span: start..value.span.end,
            value: Some(value),
        }
    }

    fn value(&mut self) -> Value {
        let Some(event) = self.peek() else {
            return Value { span: self.text.len()..self.text.len(), node: Node::Scalar };
        };
        let (kind, start) = (event.kind(), event.span().start());
        let mut end = event.span().end();
        self.at += 1;
        let node = match kind {
            EventKind::ArrayOpen => {
                let mut elements = Vec::new();
                while let Some(event) = self.peek() {
                    match event.kind() {
                        EventKind::ArrayClose => break,
                        EventKind::ValueSep => self.at += 1,
                        _ => elements.push(self.value()),
                    }
                }
                end = self.close();
                Node::Array(elements)
            }
            EventKind::InlineTableOpen => {
                let mut pairs = Vec::new();
                while let Some(event) = self.peek() {
                    match event.kind() {
                        EventKind::InlineTableClose => break,
                        EventKind::SimpleKey => {
                            let keys = self.keys();
                            self.at += 1; // `=`
                            pairs.push((keys, self.value()));
                        }
                        _ => self.at += 1,
                    }
                }
                end = self.close();
                Node::Table(pairs)
            }
            _ => Node::Scalar,
        };
        Value { span: start..end, node }
    }

    fn close(&mut self) -> usize {
        let end = self.peek().map_or(self.text.len(), |close| close.span().end());
        self.at += 1;
        end
    }
}

fn range(span: Span) -> Range<usize> {
    span.start()..span.end()
}

impl Text<'_> {
    /// How the text ends its lines.
    pub(crate) fn newline(&self) -> &'static str {
        let first = self.text.find('\n');
        if first.is_some_and(|at| self.text[..at].ends_with('\r')) { "\r\n" } else { "\n" }
    }

    /// The first byte of the line of `offset`.
    pub(crate) fn line_start(&self, offset: usize) -> usize {
        let bom = if self.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        // By bytes: the offset may lie in the mark.
        self.text.as_bytes()[..offset].iter().rposition(|byte| *byte == b'\n').map_or(bom, |at| at + 1)
    }

    /// The byte behind the end of the line of `offset`.
    pub(crate) fn line_end(&self, offset: usize) -> usize {
        self.text[offset..].find('\n').map_or(self.text.len(), |at| offset + at + 1)
    }

    /// Where the comments begin that stand directly above the line that begins at `start`.
    pub(crate) fn comments_above(&self, start: usize) -> usize {
        let mut at = start;
        while at > 0 {
            let above = self.line_start(at - 1);
            if above >= at || !self.text[above..at].trim_start().starts_with('#') {
                break;
            }
            at = above;
        }
        at
    }

    /// The statements about `path` or what lies below it.
    pub(crate) fn below<'s>(&'s self, path: &'s KeyPath) -> impl Iterator<Item = (usize, &'s Statement)> {
        self.statements.iter().enumerate().filter(move |(_, statement)| statement.path.starts_with(path))
    }

    /// The pair whose value holds `path`, with the segments inside of the value.
    pub(crate) fn holder<'s, 'p>(&'s self, path: &'p KeyPath) -> Option<(&'s Value, &'p [String])> {
        self.statements.iter().find_map(|statement| {
            let rest = path.segments().get(statement.path.segments().len()..)?;
            let value = statement.value.as_ref().filter(|_| path.starts_with(&statement.path))?;
            Some((value, rest))
        })
    }

    /// Whether `path` is an array of tables with headers, and how many it has.
    pub(crate) fn elements(&self, path: &KeyPath) -> usize {
        let is_element =
            |statement: &&Statement| statement.kind == Kind::Element && statement.path.parent().as_ref() == Some(path);
        self.statements.iter().filter(is_element).count()
    }

    /// The index behind the last statement of the header at `index`.
    pub(crate) fn body_end(&self, index: usize) -> usize {
        let next = self.statements[index + 1..].iter().position(|statement| statement.kind != Kind::Pair);
        next.map_or(self.statements.len(), |n| index + 1 + n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_statement_knows_its_path() {
        let text = "\u{feff}a.b = 1\r\n[[fs]]\r\ns = {x = [1, {y=2}], 'q.r'.z = 3}\r\n[fs.o]\r\np = 1\r\n[[fs]]\r\n[t.\"u v\"]\r\n";
        let read = read(text);
        let paths: Vec<String> = read.statements.iter().map(|statement| statement.path.to_string()).collect();
        assert_eq!(paths, ["a.b", "fs.0", "fs.0.s", "fs.0.o", "fs.0.o.p", "fs.1", "t.\"u v\""]);
        let spans: Vec<&str> = read.statements.iter().map(|statement| &text[statement.span.clone()]).collect();
        assert_eq!(spans[0], "a.b = 1");
        assert_eq!(spans[2], "s = {x = [1, {y=2}], 'q.r'.z = 3}");
        assert_eq!(spans[6], "[t.\"u v\"]");
        assert_eq!(read.newline(), "\r\n");
        assert_eq!(read.elements(&"fs".into()), 2);
    }
}
