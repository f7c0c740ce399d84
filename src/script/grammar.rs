//! Lists, pipelines and compound commands (POSIX 2.9 and 2.10).

use std::ops::Range;

use super::reader::Reader;
use super::{Command, Kind, Setting, Word};

/// Words that open or close something where a command is expected.
const CLOSING: &[&str] = &["then", "elif", "else", "fi", "do", "done", "esac", "}"];

impl Reader<'_> {
    /// Commands up to one of `stops`, which is left for the caller.
    pub(super) fn list(&mut self, stops: &'static [&'static str], setting: &Setting) {
        self.open.push(stops);
        self.deeper(|reader| {
            while reader.peek().is_some() {
                reader.blank_lines();
                if reader.peek().is_none() || reader.is_at_end_of_list(stops) {
                    break;
                }
                let before = reader.at;
                reader.and_or(setting);
                reader.blank();
                if !reader.rest().starts_with(";;") {
                    reader.take(";");
                }
                if reader.at == before {
                    reader.unexpected();
                }
            }
        });
        self.open.pop();
    }

    /// Whether one of `stops` comes next, or a word that ends a list further out: then something is missing here.
    fn is_at_end_of_list(&self, stops: &[&str]) -> bool {
        let any = |stops: &[&str]| stops.iter().any(|stop| self.is_next(stop));
        any(stops) || (CLOSING.iter().any(|word| self.is_next(word)) && self.open.iter().any(|stops| any(stops)))
    }

    /// Whether `token` comes next: a symbol, or a reserved word that ends there.
    pub(super) fn is_next(&self, token: &str) -> bool {
        let Some(behind) = self.rest().strip_prefix(token) else { return false };
        let is_word = token.chars().all(|c| c.is_ascii_alphabetic()) || matches!(token, "{" | "}" | "!" | "[[");
        !is_word || behind.chars().next().is_none_or(|c| c.is_whitespace() || ";&|()<>".contains(c))
    }

    fn unexpected(&mut self) {
        let start = self.at;
        let word = CLOSING.iter().find(|word| self.is_next(word));
        match word {
            Some(word) => self.at += word.len(),
            None => self.bump(),
        }
        let shown = self.text[start..self.at].to_owned();
        self.problem(start..self.at, format!("`{shown}` closes nothing"));
    }

    /// Pipelines with `&&` and `||` between them, and `&` behind.
    fn and_or(&mut self, setting: &Setting) {
        let first = self.commands.len();
        loop {
            let pipeline = self.pipeline(setting);
            self.blank();
            let start = self.at;
            if !self.take("&&") && !self.take("||") {
                break;
            }
            self.note(pipeline, setting, |setting| setting.is_tested = true);
            let operator = self.text[start..self.at].to_owned();
            self.blank_lines();
            if self.peek().is_none()
                || self.is_next(")")
                || CLOSING.iter().any(|word| *word != "}" && self.is_next(word))
            {
                self.problem(start..start + 2, format!("no command follows `{operator}`"));
                break;
            }
        }
        if self.rest().starts_with('&') {
            self.bump();
            let all = first..self.commands.len();
            self.note(all, setting, |setting| setting.in_background = true);
        }
    }

    /// Changes the setting of commands that stand directly at this level.
    fn note(&mut self, range: Range<usize>, level: &Setting, change: impl Fn(&mut Setting)) {
        let at_level = |command: &&mut Command| command.setting.in_substitution == level.in_substitution;
        self.commands[range].iter_mut().filter(at_level).for_each(|command| change(&mut command.setting));
    }

    /// Commands with `|` between them; the range of those that stand last.
    fn pipeline(&mut self, setting: &Setting) -> Range<usize> {
        let mut setting = setting.clone();
        self.blank();
        while self.is_next("!") {
            self.bump();
            self.blank();
            setting.is_tested = true;
        }
        loop {
            let first = self.commands.len();
            self.command(&setting);
            self.blank();
            let range = first..self.commands.len();
            if self.rest().starts_with("||") || !(self.take("|&") || self.take("|")) {
                return range;
            }
            self.note(range, &setting, |setting| setting.is_piped = true);
            self.blank_lines();
            setting.from_pipe = true;
        }
    }

    /// One command of any kind.
    fn command(&mut self, setting: &Setting) {
        self.blank();
        let start = self.at;
        let Some(keyword) = ["if", "while", "until", "for", "select", "case", "function", "{", "[["]
            .into_iter()
            .find(|word| self.is_next(word))
        else {
            return match self.rest() {
                rest if rest.starts_with("((") && self.arithmetic_end().is_some() => self.arithmetic(setting),
                rest if rest.starts_with('(') => {
                    self.bump();
                    self.closed_by(")", "(", start, &Setting { is_tested: setting.is_tested, ..setting.inside() });
                    self.group(start, setting);
                }
                _ => self.simple(setting),
            };
        };
        self.at += keyword.len();
        match keyword {
            "if" => self.branches(start, setting),
            "while" | "until" => self.repeat(start, keyword, setting),
            "for" | "select" => self.for_each(start, setting),
            "case" => self.case(start, setting),
            "function" => {
                self.blank();
                let name = self.word(setting).text();
                self.blank();
                if self.take("(") {
                    self.blank();
                    self.take(")");
                }
                return self.function(start, name, setting);
            }
            "{" => self.closed_by("}", "{", start, &Setting { is_tested: setting.is_tested, ..setting.inside() }),
            _ => return self.double_bracket(start, setting),
        }
        self.group(start, setting);
    }

    /// A list and the word that closes it.
    fn closed_by(&mut self, close: &'static str, opened: &str, start: usize, setting: &Setting) {
        let stops: &'static [&'static str] = match close {
            ")" => &[")"],
            "}" => &["}"],
            "then" => &["then"],
            "do" => &["do"],
            "fi" => &["fi"],
            _ => &["done"],
        };
        self.list(stops, setting);
        if self.is_next(close) {
            self.at += close.len();
        } else {
            self.problem(start..start + opened.len(), format!("`{opened}` has no `{close}`"));
        }
    }

    fn branches(&mut self, start: usize, setting: &Setting) {
        let condition = Setting { is_tested: true, ..setting.inside() };
        self.closed_by("then", "if", start, &condition);
        loop {
            self.list(&["elif", "else", "fi"], &setting.body());
            if self.take("elif") {
                self.closed_by("then", "if", start, &condition);
            } else if self.take("else") {
                return self.closed_by("fi", "if", start, &setting.body());
            } else if self.is_next("fi") {
                self.at += 2;
                return;
            } else {
                return self.problem(start..start + 2, "`if` has no `fi`");
            }
        }
    }

    fn repeat(&mut self, start: usize, keyword: &'static str, setting: &Setting) {
        let condition = Setting { is_tested: true, loops: setting.loops + 1, ..setting.body() };
        self.closed_by("do", keyword, start, &condition);
        self.closed_by("done", keyword, start, &Setting { loops: setting.loops + 1, ..setting.body() });
    }

    fn for_each(&mut self, start: usize, setting: &Setting) {
        self.blank();
        let mut words = Vec::new();
        let mut name = String::new();
        match self.arithmetic_end().filter(|_| self.rest().starts_with("((")) {
            Some(end) => self.at = end,
            None => {
                name = self.word(setting).text();
                self.blank_lines();
                if self.is_next("in") {
                    self.at += 2;
                    words = self.words(setting);
                }
            }
        }
        let span = start..self.at;
        self.push(span, Kind::For { name }, words, setting);
        self.blank();
        self.take(";");
        self.blank_lines();
        if self.is_next("do") {
            self.at += 2;
            self.closed_by("done", "for", start, &Setting { loops: setting.loops + 1, ..setting.body() });
        } else {
            self.problem(start..start + 3, "`for` has no `do`");
        }
    }

    /// The words up to an operator or the end of the line.
    fn words(&mut self, setting: &Setting) -> Vec<Word> {
        let mut words = Vec::new();
        loop {
            self.blank();
            let word = self.word(setting);
            if word.parts.is_empty() {
                return words;
            }
            words.push(word);
        }
    }

    fn case(&mut self, start: usize, setting: &Setting) {
        self.blank();
        let subject = self.word(setting);
        let span = start..self.at;
        self.push(span, Kind::Case, vec![subject], setting);
        self.blank_lines();
        if !self.is_next("in") {
            return self.problem(start..start + 4, "`case` has no `in`");
        }
        self.at += 2;
        loop {
            self.blank_lines();
            if self.is_next("esac") {
                self.at += 4;
                return;
            }
            self.take("(");
            let patterns = self.patterns(setting);
            if !self.take(")") {
                return self.problem(start..start + 4, "`case` has no `esac`");
            }
            let label = patterns.first().map(Word::text);
            if let (Some(first), Some(last)) = (patterns.first(), patterns.last()) {
                let span = first.span.start..last.span.end;
                self.push(span, Kind::Branch, patterns, setting);
            }
            self.list(&[";;", ";&", "esac"], &Setting { branch: label, ..setting.body() });
            let _ = self.take(";;&") || self.take(";;") || self.take(";&");
        }
    }

    fn patterns(&mut self, setting: &Setting) -> Vec<Word> {
        let mut patterns = Vec::new();
        loop {
            self.blank();
            let word = self.word(setting);
            if word.parts.is_empty() {
                return patterns;
            }
            patterns.push(word);
            self.blank();
            if !self.take("|") {
                return patterns;
            }
        }
    }

    /// The body of a function whose name was read.
    pub(super) fn function(&mut self, start: usize, name: String, setting: &Setting) {
        let span = start..self.at;
        self.push(span, Kind::Function { name: name.clone() }, Vec::new(), setting);
        self.blank_lines();
        let body = Setting { function: Some(name), ..setting.body() };
        self.deeper(|reader| reader.command(&body));
    }

    fn arithmetic(&mut self, setting: &Setting) {
        let start = self.at;
        self.at = self.arithmetic_end().unwrap_or(self.end);
        self.push(start..self.at, Kind::Arithmetic, Vec::new(), setting);
    }

    fn push(&mut self, span: Range<usize>, kind: Kind, words: Vec<Word>, setting: &Setting) {
        let setting = setting.clone();
        self.commands.push(Command { span, kind, assignments: Vec::new(), words, redirects: Vec::new(), setting });
    }
}
