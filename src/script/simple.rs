//! Simple commands: assignments, words and redirections; and `[[ ]]`.

use super::reader::Reader;
use super::{Assignment, Command, Kind, Redirect, Setting, Value, Word};

/// Builtins whose arguments may be assignments.
const DECLARING: &[&str] = &["export", "readonly", "local", "declare", "typeset"];

/// Operators of redirections, longer ones first.
const OPERATORS: &[&str] = &["&>>", "&>", "<<<", "<<-", "<<", "<&", "<>", "<", ">>", ">&", ">|", ">"];

impl Reader<'_> {
    pub(super) fn simple(&mut self, setting: &Setting) {
        let mut command = Command {
            span: self.at..self.at,
            kind: Kind::Simple,
            assignments: Vec::new(),
            words: Vec::new(),
            redirects: Vec::new(),
            setting: setting.clone(),
        };
        let mut stray = 0_usize;
        loop {
            let end = self.at;
            self.blank();
            if self.element(&mut command, setting) {
                command.span.end = self.at;
                continue;
            }
            match self.peek() {
                Some('(') if self.is_function(&command) => return self.open_function(&command, setting),
                Some('(') if !command.words.is_empty() => {
                    self.problem(self.at..self.at + 1, "a bare `(` cannot stand here: quote it");
                    stray += 1;
                    self.bump();
                }
                Some(')') if stray > 0 => {
                    stray -= 1;
                    self.bump();
                }
                _ => {
                    command.span.end = command.span.end.max(end.min(self.at));
                    break;
                }
            }
        }
        self.keep(command);
    }

    /// One redirection, assignment or word.
    fn element(&mut self, command: &mut Command, setting: &Setting) -> bool {
        if let Some(redirect) = self.redirect(setting) {
            command.redirects.push(redirect);
            return true;
        }
        if let Some(word) = self.process_substitution(setting) {
            command.words.push(word);
            return true;
        }
        let declares = command.words.first().is_some_and(|word| DECLARING.iter().any(|name| word.is_bare(name)));
        if (command.words.is_empty() || declares)
            && let Some(assignment) = self.assignment(setting)
        {
            command.assignments.push(assignment);
            return true;
        }
        let word = self.word(setting);
        let found = !word.parts.is_empty();
        if found {
            command.words.push(word);
        }
        found
    }

    /// `<(...)` or `>(...)` as a word.
    fn process_substitution(&mut self, setting: &Setting) -> Option<Word> {
        let start = self.at;
        if !(self.take("<(") || self.take(">(")) {
            return None;
        }
        self.list(&[")"], &Setting { in_substitution: true, ..setting.inside() });
        self.take(")");
        let part = super::Part::Substitution { quoted: true, span: start..self.at };
        Some(Word { span: start..self.at, parts: vec![part] })
    }

    fn keep(&mut self, mut command: Command) {
        if command.words.is_empty() && command.assignments.is_empty() && command.redirects.is_empty() {
            return;
        }
        let starts = [
            command.words.first().map(|word| word.span.start),
            command.assignments.first().map(|assignment| assignment.span.start),
            command.redirects.first().map(|redirect| redirect.span.start),
        ];
        command.span.start = starts.into_iter().flatten().min().unwrap_or(command.span.start);
        if command.words.first().is_some_and(|word| word.is_bare("["))
            && !command.words.last().is_some_and(|word| word.is_bare("]"))
        {
            self.problem(command.span.start..command.span.start + 1, "`[` has no `]`");
        }
        self.commands.push(command);
    }

    fn is_function(&self, command: &Command) -> bool {
        let is_name =
            command.words.len() == 1 && command.assignments.is_empty() && command.words[0].literal().is_some();
        is_name && self.rest()[1..].trim_start_matches([' ', '\t']).starts_with(')')
    }

    fn open_function(&mut self, command: &Command, setting: &Setting) {
        self.bump();
        self.blank();
        self.bump();
        self.function(command.words[0].span.start, command.words[0].text(), setting);
    }

    /// `NAME=`, `NAME+=` or `NAME[index]=` with its value.
    fn assignment(&mut self, setting: &Setting) -> Option<Assignment> {
        let start = self.at;
        let rest = self.rest();
        let wide = rest.find(|c: char| c != '_' && !c.is_ascii_alphanumeric())?;
        let name = &rest[..wide];
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let mut behind = &rest[wide..];
        if behind.starts_with('[') {
            behind = &behind[behind.find(']')? + 1..];
        }
        let adds = behind.starts_with("+=");
        let value = behind.strip_prefix("+=").or_else(|| behind.strip_prefix('='))?;
        self.at = start + (rest.len() - value.len());
        let value = if self.take("(") { Value::Array(self.elements(setting)) } else { Value::Word(self.word(setting)) };
        Some(Assignment { span: start..self.at, name: name.to_owned(), adds, value })
    }

    /// The elements of an array, up to its `)`.
    fn elements(&mut self, setting: &Setting) -> Vec<Word> {
        let open = self.at - 1;
        let mut words = Vec::new();
        loop {
            self.blank_lines();
            if self.take(")") {
                return words;
            }
            let word = self.word(setting);
            if word.parts.is_empty() {
                self.problem(open..open + 1, "the list of this array is never closed");
                return words;
            }
            words.push(word);
        }
    }

    fn redirect(&mut self, setting: &Setting) -> Option<Redirect> {
        let start = self.at;
        let digits = self.rest().find(|c: char| !c.is_ascii_digit()).unwrap_or(0);
        let behind = &self.rest()[digits..];
        if behind.starts_with("<(") || behind.starts_with(">(") {
            return None;
        }
        let operator = OPERATORS.iter().find(|operator| behind.starts_with(**operator))?;
        if digits > 0 && operator.starts_with('&') {
            return None;
        }
        let descriptor = self.rest()[..digits].parse().ok();
        self.at += digits + operator.len();
        self.blank();
        let target = self.process_substitution(setting).unwrap_or_else(|| self.word(setting));
        if target.parts.is_empty() {
            self.problem(start..self.at, format!("nothing follows `{operator}`"));
        }
        if operator.starts_with("<<") && *operator != "<<<" {
            let is_expanded = !self.text[target.span.clone()].contains(['"', '\'', '\\']);
            self.here_document(start..self.at, target.text(), *operator == "<<-", is_expanded);
        }
        Some(Redirect { span: start..self.at, descriptor, operator: (*operator).to_owned(), target })
    }

    /// `[[ ... ]]`, whose operators are words.
    pub(super) fn double_bracket(&mut self, start: usize, setting: &Setting) {
        let opening =
            Word { span: start..self.at, parts: vec![super::Part::Text { text: "[[".to_owned(), quoted: false }] };
        let mut words = vec![opening];
        loop {
            self.blank_lines();
            let pattern = words.last().is_some_and(|word| word.is_bare("=~"));
            let blanks: &[char] = &[' ', '\t', '\r', '\n'];
            let from = self.at;
            let symbol = ["&&", "||", "(", ")", "<", ">"].into_iter().find(|symbol| !pattern && self.take(symbol));
            let word = match symbol {
                Some(symbol) => {
                    let text = super::Part::Text { text: symbol.to_owned(), quoted: false };
                    Word { span: from..self.at, parts: vec![text] }
                }
                None if pattern => self.word_until(setting, blanks),
                None => self.word_until(setting, &[' ', '\t', '\r', '\n', ';', '&', '|', '(', ')', '<', '>']),
            };
            if word.parts.is_empty() {
                self.problem(start..start + 2, "`[[` has no `]]`");
                break;
            }
            let is_last = word.is_bare("]]");
            words.push(word);
            if is_last {
                break;
            }
        }
        let span = start..self.at;
        let redirects = self.redirects(setting);
        let setting = setting.clone();
        self.commands.push(Command { span, kind: Kind::Simple, assignments: Vec::new(), words, redirects, setting });
    }

    /// The redirections of a compound command that began at `start`.
    pub(super) fn group(&mut self, start: usize, setting: &Setting) {
        let redirects = self.redirects(setting);
        if !redirects.is_empty() {
            let span = start..self.at;
            let setting = setting.clone();
            let (assignments, words) = (Vec::new(), Vec::new());
            self.commands.push(Command { span, kind: Kind::Group, assignments, words, redirects, setting });
        }
    }

    fn redirects(&mut self, setting: &Setting) -> Vec<Redirect> {
        let mut redirects = Vec::new();
        loop {
            self.blank();
            match self.redirect(setting) {
                Some(redirect) => redirects.push(redirect),
                None => return redirects,
            }
        }
    }
}
