//! One text read as TOML: its tree with places, and all its syntax errors at once.

use std::{collections::BTreeMap, ops::Range};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    item::{Item, Node, Place},
    syntax,
};
use crate::diagnostic::{Finding, KeyPath, Label, source::Source, structural};

/// Keys whose value is a secret when somebody writes it inline instead of as a reference.
const SECRET_KEYS: &[&str] = &["password", "passwd", "secret", "token", "credential", "passphrase", "identity_token"];

/// Whether a key says that a text behind it is a secret. A misspelt one does too, and so does the name of a variable: to
/// cover too much is no harm.
pub(crate) fn names_a_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    SECRET_KEYS.contains(&key.as_str()) || key.contains("passw") || key.ends_with("token") || key.ends_with("secret")
}

/// How many tables and arrays may lie in one another. No profile has half as many; everything that
/// walks a tree may do so by recursion.
pub const DEEPEST: usize = 32;

/// What reading a text gave.
#[derive(Debug)]
pub struct Document {
    /// The tree; what could not be read is missing from it.
    pub root: Item,
    /// Syntax errors and numbers out of range.
    pub findings: Vec<Finding>,
    /// The secrets in the text.
    pub secrets: Vec<Inline>,
}

/// A secret that stands in a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Inline {
    /// Its key; the root where the text is no TOML.
    pub key: KeyPath,
    /// Its bytes.
    pub span: Range<usize>,
}

/// Reads the text of `source`, which has the index `index` in the run.
#[must_use]
pub fn read(source: &Source, index: usize) -> Document {
    let (table, errors) = DeTable::parse_recoverable(source.text());
    let mut reader = Reader { index, findings: Vec::new(), secrets: Vec::new(), text: source.text() };
    let mut path = KeyPath::root();
    let node = reader.table(table.get_ref(), &mut path);
    let root = Item { node, place: Place { source: index, key: None, value: 0..0 } };
    let Reader { findings: numbers, mut secrets, .. } = reader;
    if !errors.is_empty() {
        let lines = syntax::secret_lines(source.text()).into_iter();
        secrets.extend(lines.map(|span| Inline { key: KeyPath::root(), span }));
    }
    let findings = syntax::findings(source, index, &errors).into_iter().chain(numbers).collect();
    Document { root, findings, secrets }
}

/// The walk over the parser's tree.
struct Reader<'t> {
    index: usize,
    text: &'t str,
    findings: Vec<Finding>,
    secrets: Vec<Inline>,
}

impl Reader<'_> {
    fn table(&mut self, table: &DeTable<'_>, path: &mut KeyPath) -> Node {
        let entries = table.iter().map(|(key, value)| {
            let name = key.get_ref().to_string();
            let mut path = path.clone().key(name.clone());
            (name, self.item(value, Some(key.span()), &mut path))
        });
        Node::Table(entries.collect())
    }

    fn item(&mut self, value: &Spanned<DeValue<'_>>, key: Option<Range<usize>>, path: &mut KeyPath) -> Item {
        let span = value.span();
        let holds_more = matches!(value.get_ref(), DeValue::Array(_) | DeValue::Table(_));
        if holds_more && path.segments().len() >= DEEPEST {
            self.too_deep(span.clone());
            return Item { node: Node::Table(BTreeMap::new()), place: Place { source: self.index, key, value: span } };
        }
        let node = match value.get_ref() {
            DeValue::String(text) => {
                self.find_secret(text, span.clone(), path);
                Node::String(text.to_string())
            }
            DeValue::Boolean(truth) => Node::Bool(*truth),
            DeValue::Integer(digits) => match i64::from_str_radix(digits.as_str(), digits.radix()) {
                Ok(number) => Node::Integer(number),
                Err(_) => {
                    self.out_of_range(&digits.to_string(), span.clone(), path);
                    Node::Integer(if digits.as_str().starts_with('-') { i64::MIN } else { i64::MAX })
                }
            },
            DeValue::Float(digits) => Node::Float(digits.as_str().parse().unwrap_or(f64::NAN)),
            DeValue::Datetime(when) => Node::String(when.to_string()),
            DeValue::Array(elements) => {
                let elements = elements.iter().enumerate().map(|(n, element)| {
                    let mut path = path.clone().index(n);
                    self.item(element, None, &mut path)
                });
                Node::Array(elements.collect())
            }
            DeValue::Table(table) => self.table(table, path),
        };
        Item { node, place: Place { source: self.index, key, value: span } }
    }

    fn out_of_range(&mut self, digits: &str, span: Range<usize>, path: &KeyPath) {
        let finding = Finding::new(&structural::WRONG_TYPE, format!("`{path}` is a number out of range"))
            .label(Label::primary(path, format!("{digits} does not fit in 64 bits")).pinned(self.index, Some(span)))
            .help("numbers lie between -9223372036854775808 and 9223372036854775807");
        self.findings.push(finding);
    }

    /// Says once that what follows is too deep to be read.
    fn too_deep(&mut self, span: Range<usize>) {
        let message = format!("not a profile: tables and arrays lie in one another more than {DEEPEST} deep");
        if self.findings.iter().all(|finding| finding.message != message) {
            let finding = Finding::new(&structural::TOML_SYNTAX, message)
                .label(Label::primary(KeyPath::root(), "this is not looked at").pinned(self.index, Some(span)))
                .help("no table of a profile lies as deep: take out what does");
            self.findings.push(finding);
        }
    }

    /// Notes an inline password, the password inside a URI, or that of a line which is carried word for word, so that it is
    /// never shown.
    fn find_secret(&mut self, text: &str, span: Range<usize>, path: &KeyPath) {
        let segments = path.segments();
        let named = segments.iter().rev().find(|segment| segment.parse::<usize>().is_err());
        let is_carried = segments.first().is_some_and(|table| *table == "extra");
        let part = if named.is_some_and(|key| names_a_secret(key)) {
            text
        } else if let Some(password) = uri_password(text) {
            password
        } else if let Some(value) = assigned_secret(text).filter(|_| is_carried) {
            value
        } else {
            return;
        };
        // A text that was cut off, or that the parser made up from what is no TOML, lacks quotes.
        let written = &self.text[span.clone()];
        let quote = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| written.starts_with(quote)).unwrap_or("");
        let inner = &written[quote.len()..];
        let inner = inner.strip_suffix(quote).unwrap_or(inner);
        let start = span.start + quote.len();
        let whole = start..start + inner.len();
        // Written with escapes, a part is found nowhere: all of the text goes then.
        let found = inner.find(part).map(|at| start + at..start + at + part.len());
        self.secrets.push(Inline { key: path.clone(), span: found.unwrap_or(whole) });
    }
}

/// What stands behind `NAME=` where the name says that it is a secret: `siteEnv=DB_PASSWORD=...`.
pub(crate) fn assigned_secret(line: &str) -> Option<&str> {
    let mut equals = line.match_indices('=').map(|(equals, _)| equals);
    let named = |equals: &usize| {
        let name = line[..*equals].rsplit(['=', ' ', '\t']).next().unwrap_or_default();
        names_a_secret(name)
    };
    equals.find(named).map(|equals| &line[equals + 1..]).filter(|value| !value.is_empty())
}

/// The password of `scheme://user:password@host`. A raw `@`, `/` or `:` in it is a mistake of its
/// own and must not be shown either, so the password reaches to the last `@`.
pub(crate) fn uri_password(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("://")?;
    let (user, rest) = rest.split_once(':')?;
    let (password, _) = rest.rsplit_once('@')?;
    let port = password.split_once('/').is_some_and(|(port, _)| port.bytes().all(|b| b.is_ascii_digit()));
    (!user.contains(['/', '@']) && !password.is_empty() && !port).then_some(password)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::source::SourceKind;

    fn document(text: &str) -> (Source, Document) {
        let source = Source::new("a.toml", SourceKind::File("a.toml".into()), text);
        let document = read(&source, 0);
        (source, document)
    }

    #[test]
    fn every_syntax_error_of_a_text_is_found() {
        let (_, document) = document("a = \n[x]\nb = 'q\nc = 1\nc = 2\n");
        assert!(document.findings.len() >= 3, "{:?}", document.findings);
        assert!(document.findings.iter().all(|finding| finding.code == "SITE001"));
    }

    #[test]
    fn spans_count_from_the_start_of_the_file_also_behind_a_byte_order_mark() {
        let (source, document) = document("\u{feff}näme = 1\r\n[gateway.limits]\r\nsize = \"2\"\r\n");
        let size = document.root.get(&"gateway.limits.size".into()).expect("there");
        assert_eq!(&source.text()[size.place.value.clone()], "\"2\"");
        assert_eq!(&source.text()[size.place.key.clone().expect("has a key")], "size");
        let name = document.root.get(&"näme".into()).expect("there");
        assert_eq!(&source.text()[name.place.key.clone().expect("has a key")], "näme");
    }

    #[test]
    fn a_number_that_does_not_fit_is_a_finding() {
        let (_, document) = document("a = 99999999999999999999\nb = -99999999999999999999\n");
        assert_eq!(document.findings[0].message, "`a` is a number out of range");
    }

    #[test]
    fn what_lies_too_deep_is_one_finding_and_nothing_overflows() {
        let key = vec!["a"; 79].join(".");
        let inline = |n: usize| format!("{}1{}", format!("{{ {key} = ").repeat(n), "}".repeat(n));
        for text in [
            format!("[{key}]\nx = 1\n"),
            format!("a = {}\n", inline(79)),
            format!("a = {}{}\n", "[".repeat(70), "]".repeat(70)),
        ] {
            let (_, document) = document(&text);
            let codes: Vec<&str> = document.findings.iter().map(|finding| finding.code).collect();
            assert_eq!(codes, ["SITE001"], "{:?}", document.findings);
        }
    }

    #[test]
    fn inline_passwords_are_noted() {
        let (source, document) =
            document("password = \"hunter2\"\nuri = \"mongodb://u:P@55/w:rd@host/db\"\nok = \"http://host:80/a\"\n");
        let found: Vec<&str> = document.secrets.iter().map(|found| &source.text()[found.span.clone()]).collect();
        assert_eq!(found, ["hunter2", "P@55/w:rd"]);
    }

    #[test]
    fn a_secret_without_quotes_is_noted_whole() {
        let (source, document) = document("[a]\npassword =\u{fffd} { file = 'x' }\npassword = 'q\npassword = \"\n");
        assert!(!document.secrets.is_empty() && !document.findings.is_empty());
        for found in &document.secrets {
            assert!(source.text().get(found.span.clone()).is_some(), "{found:?}");
        }
    }

    #[test]
    fn a_secret_is_noted_however_it_is_written_and_with_its_key() {
        let text =
            "[env.set]\nDB = \"mongodb://u:a\\\"b@h/\"\n[extra.udiroot]\nsiteEnv = [\"siteEnv=DB_PASSWORD=x y\"]\n";
        let (source, document) = document(text);
        let of = |found: &Inline| (found.key.to_string(), source.text()[found.span.clone()].to_owned());
        let found: Vec<(String, String)> = document.secrets.iter().map(of).collect();
        let owned = |key: &str, text: &str| (key.to_owned(), text.to_owned());
        let wanted = [owned("env.set.DB", "mongodb://u:a\\\"b@h/"), owned("extra.udiroot.siteEnv.0", "x y")];
        assert_eq!(found, wanted);
    }
}
