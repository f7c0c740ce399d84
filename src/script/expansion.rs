//! Words are read here: text, quotes and everything that begins with `$`.

use std::ops::Range;

use super::reader::Reader;
use super::{Part, Setting, Word};

/// What ends a word where a command is read (POSIX 2.3).
const METACHARACTERS: &[char] = &[' ', '\t', '\r', '\n', ';', '&', '|', '<', '>', '(', ')'];

impl Reader<'_> {
    /// The word at the reading position; one without parts if there is none.
    pub(super) fn word(&mut self, setting: &Setting) -> Word {
        self.word_until(setting, METACHARACTERS)
    }

    /// The word up to one of `ends`.
    pub(super) fn word_until(&mut self, setting: &Setting, ends: &[char]) -> Word {
        let start = self.at;
        let mut parts = Vec::new();
        while let Some(c) = self.peek() {
            if ends.contains(&c) {
                break;
            }
            self.part(c, setting, &mut parts);
        }
        Word { span: start..self.at, parts }
    }

    fn part(&mut self, c: char, setting: &Setting, parts: &mut Vec<Part>) {
        match c {
            '\\' => {
                self.bump();
                match self.peek() {
                    Some('\n') => self.bump(),
                    Some(next) => {
                        self.bump();
                        push(parts, &next.to_string(), true);
                    }
                    None => push(parts, "\\", false),
                }
            }
            '\'' => self.single(parts),
            '"' => self.double(setting, parts),
            '$' => self.dollar(setting, parts, false),
            '`' => self.backquotes(setting, parts, false),
            _ => {
                self.bump();
                push(parts, &c.to_string(), false);
            }
        }
    }

    fn single(&mut self, parts: &mut Vec<Part>) {
        let open = self.at;
        let end = self.text[open + 1..self.end].find('\'').map(|at| open + 1 + at);
        let close = end.unwrap_or_else(|| {
            self.problem(open..open + 1, "the quote is never closed");
            self.line_end(open)
        });
        let text = self.text[open + 1..close].to_owned();
        push(parts, &text, true);
        self.at = (close + 1).min(self.end);
    }

    fn double(&mut self, setting: &Setting, parts: &mut Vec<Part>) {
        let open = self.at;
        let close = self.end_of_quote(open);
        let meant = close.map_or_else(
            || Some(self.plausible_end(open, self.line_end(open))),
            |close| self.forgotten_end(open, close),
        );
        if meant.is_some() {
            self.problem(open..open + 1, "the quote is never closed");
        }
        let end = meant.or(close).unwrap_or(self.end);
        self.at = open + 1;
        push(parts, "", true);
        let outer = std::mem::replace(&mut self.end, end);
        self.quoted_text(setting, parts);
        self.end = outer;
        self.at = if meant.is_some() { end } else { end + 1 };
    }

    /// What stands in double quotes, or in a here-document: up to the end of what is read.
    pub(super) fn quoted_text(&mut self, setting: &Setting, parts: &mut Vec<Part>) {
        while let Some(c) = self.peek() {
            match c {
                '\\' => {
                    self.bump();
                    match self.peek() {
                        Some('\n') => self.bump(),
                        Some(next @ ('$' | '`' | '"' | '\\')) => {
                            self.bump();
                            push(parts, &next.to_string(), true);
                        }
                        _ => push(parts, "\\", true),
                    }
                }
                '$' => self.dollar(setting, parts, true),
                '`' => self.backquotes(setting, parts, true),
                _ => {
                    self.bump();
                    push(parts, &c.to_string(), true);
                }
            }
        }
    }

    fn dollar(&mut self, setting: &Setting, parts: &mut Vec<Part>, quoted: bool) {
        let start = self.at;
        self.bump();
        match self.peek() {
            Some('(') if self.rest().starts_with("((") && self.arithmetic_end().is_some() => {
                self.at = self.arithmetic_end().unwrap_or(self.end);
                parts.push(Part::Arithmetic { span: start..self.at });
            }
            Some('(') => {
                self.bump();
                self.substitution(start, setting);
                parts.push(Part::Substitution { quoted, span: start..self.at });
            }
            Some('{') => self.braces(start, parts, quoted),
            Some('\'') if !quoted => self.single(parts),
            Some('"') if !quoted => self.double(setting, parts),
            Some(c) if c.is_ascii_digit() || "@*#?-$!".contains(c) => {
                self.bump();
                parts.push(parameter(c.to_string(), String::new(), quoted, start..self.at));
            }
            Some(c) if c == '_' || c.is_ascii_alphabetic() => {
                let name = self.name();
                parts.push(parameter(name, String::new(), quoted, start..self.at));
            }
            _ => push(parts, "$", quoted),
        }
    }

    /// The letters, digits and underscores at the reading position.
    pub(super) fn name(&mut self) -> String {
        let start = self.at;
        while self.peek().is_some_and(|c| c == '_' || c.is_ascii_alphanumeric()) {
            self.bump();
        }
        self.text[start..self.at].to_owned()
    }

    /// Behind `$(`: commands up to the parenthesis that closes it.
    fn substitution(&mut self, start: usize, setting: &Setting) {
        let inner = Setting { in_substitution: true, ..setting.inside() };
        self.list(&[")"], &inner);
        if self.rest().starts_with(')') {
            self.bump();
        } else {
            self.problem(start..start + 2, "`$(` is never closed");
        }
    }

    fn backquotes(&mut self, setting: &Setting, parts: &mut Vec<Part>, quoted: bool) {
        let open = self.at;
        let mut escaped = false;
        let close = self.text[open + 1..self.end].char_indices().find_map(|(at, c)| {
            let ends = c == '`' && !escaped;
            escaped = c == '\\' && !escaped;
            ends.then_some(open + 1 + at)
        });
        let end = close.unwrap_or_else(|| {
            self.problem(open..open + 1, "the backquote is never closed");
            self.line_end(open)
        });
        self.bump();
        let outer = std::mem::replace(&mut self.end, end);
        self.list(&[], &Setting { in_substitution: true, ..setting.inside() });
        self.end = outer;
        self.at = (end + usize::from(close.is_some())).min(self.end);
        parts.push(Part::Substitution { quoted, span: open..self.at });
    }

    /// `${...}`, with braces and quotes in it.
    fn braces(&mut self, start: usize, parts: &mut Vec<Part>, quoted: bool) {
        let (mut depth, mut at) = (0_usize, self.at);
        let bytes = self.text.as_bytes();
        let close = loop {
            match bytes.get(at).filter(|_| at < self.end) {
                None | Some(b'\n') => break None,
                Some(b'\\') => at += 1,
                Some(b'{') => depth += 1,
                Some(b'}') if depth == 1 => break Some(at),
                Some(b'}') => depth -= 1,
                Some(_) => {}
            }
            at += 1;
        };
        let Some(close) = close else {
            self.problem(start..start + 2, "`${` is not closed on its line");
            self.bump();
            return;
        };
        let inner = self.text[start + 2..close].trim_start_matches(['#', '!']);
        let wide = inner.find(|c: char| c != '_' && !c.is_ascii_alphanumeric()).unwrap_or(inner.len());
        let wide = if wide == 0 { inner.chars().next().map_or(0, char::len_utf8) } else { wide };
        let (name, rest) = (inner[..wide].to_owned(), inner[wide..].to_owned());
        self.at = close + 1;
        parts.push(parameter(name, rest, quoted, start..self.at));
    }

    /// Behind the `))` that ends the `((` at the reading position.
    pub(super) fn arithmetic_end(&self) -> Option<usize> {
        let mut depth = 0_usize;
        for (at, c) in self.rest().char_indices() {
            match c {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return self.text[..=self.at + at].ends_with("))").then_some(self.at + at + 1);
            }
        }
        None
    }
}

fn parameter(name: String, rest: String, quoted: bool, span: Range<usize>) -> Part {
    Part::Parameter { name, rest, quoted, span }
}

/// Adds text to the last part if that is quoted alike.
fn push(parts: &mut Vec<Part>, more: &str, is_quoted: bool) {
    match parts.last_mut() {
        Some(Part::Text { text, quoted }) if *quoted == is_quoted => text.push_str(more),
        _ => parts.push(Part::Text { text: more.to_owned(), quoted: is_quoted }),
    }
}
