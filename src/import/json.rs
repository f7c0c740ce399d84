//! Where the keys and values of a JSON text stand. What they mean, `serde_json` says.

use std::ops::Range;

/// A key with its value, by its JSON pointer (RFC 6901).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// `/Platforms/cori/local`.
    pub(crate) pointer: String,
    /// The key in its quotes; none for an element of an array and for the whole.
    pub(crate) key: Option<Range<usize>>,
    /// The value.
    pub(crate) value: Range<usize>,
}

/// Every entry of a text that is known to be JSON, parents before children. At another text it stops somewhere.
pub(crate) fn entries(text: &str) -> Vec<Entry> {
    let mut scanner = Scanner { text, at: 0, found: Vec::new() };
    let _ = scanner.value("", None, 0);
    scanner.found
}

/// The entry at a pointer; the last one of a key that stands twice, as Python reads it.
pub(crate) fn find<'a>(entries: &'a [Entry], pointer: &str) -> Option<&'a Entry> {
    entries.iter().rev().find(|entry| entry.pointer == pointer)
}

/// A key as a pointer writes it.
pub(crate) fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// Deeper than `serde_json` reads.
const DEEPEST: usize = 130;

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    found: Vec<Entry>,
}

impl Scanner<'_> {
    fn blanks(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n', '\u{feff}']).len();
    }

    fn take(&mut self, c: char) -> Option<()> {
        self.blanks();
        if self.text[self.at..].starts_with(c) {
            self.at += c.len_utf8();
            return Some(());
        }
        None
    }

    /// A string in its quotes.
    fn string(&mut self) -> Option<Range<usize>> {
        let start = {
            self.blanks();
            self.at
        };
        self.take('"')?;
        let mut escaped = false;
        for (at, c) in self.text[self.at..].char_indices() {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => {
                    self.at += at + 1;
                    return Some(start..self.at);
                }
                _ => {}
            }
        }
        None
    }

    fn value(&mut self, pointer: &str, key: Option<Range<usize>>, depth: usize) -> Option<()> {
        self.blanks();
        let (start, slot) = (self.at, self.found.len());
        self.found.push(Entry { pointer: pointer.to_owned(), key, value: start..start });
        if depth > DEEPEST {
            return None;
        }
        match self.text[self.at..].chars().next()? {
            '{' => {
                self.take('{')?;
                while self.take('}').is_none() {
                    let key = self.string()?;
                    let name: String = serde_json::from_str(&self.text[key.clone()]).ok()?;
                    self.take(':')?;
                    self.value(&format!("{pointer}/{}", escaped(&name)), Some(key), depth + 1)?;
                    let _ = self.take(',');
                }
            }
            '[' => {
                self.take('[')?;
                let mut n = 0;
                while self.take(']').is_none() {
                    self.value(&format!("{pointer}/{n}"), None, depth + 1)?;
                    n += 1;
                    let _ = self.take(',');
                }
            }
            '"' => {
                self.string()?;
            }
            _ => {
                let rest = &self.text[self.at..];
                let length = rest.find([',', '}', ']', ' ', '\t', '\r', '\n']).unwrap_or(rest.len());
                if length == 0 {
                    return None;
                }
                self.at += length;
            }
        }
        self.found[slot].value = start..self.at;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_its_place() {
        let text = r#"{"a": {"b/c": [1, "x\"y"]}, "d":true , "e": {}}"#;
        let all = entries(text);
        let at = |pointer: &str| find(&all, pointer).map(|entry| &text[entry.value.clone()]);
        assert_eq!(at("/a/b~1c/1"), Some(r#""x\"y""#));
        assert_eq!(at("/d"), Some("true"));
        assert_eq!(at("/e"), Some("{}"));
        assert_eq!(at(""), Some(text));
        assert_eq!(find(&all, "/a/b~1c").and_then(|e| e.key.clone()).map(|key| &text[key]), Some("\"b/c\""));
    }

    #[test]
    fn a_text_that_is_no_json_ends_the_search() {
        for text in ["", "{", "{\"a\"", "[1 2", "{\"a\":}", "[,]", "\"\\", "}"] {
            let _ = entries(text);
        }
    }
}
