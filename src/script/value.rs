//! What a word says as far as the text tells, and where a value comes from. Nothing is evaluated: a variable has
//! the value that the last assignment above gave it, if that is written out.

use super::{Assignment, Command, Kind, Part, Script, Value, Word};

/// How often a variable may be replaced by another.
const DEEPEST: usize = 8;

/// Where the value of a variable comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// The script writes it out.
    Written,
    /// It is what a command printed.
    Printed,
    /// Whoever calls the script gives it: an argument, an option.
    Given,
    /// The script never sets it: the environment.
    Inherited,
}

impl Script {
    /// The last assignment to `name` that stands before `offset`.
    #[must_use]
    pub fn assigned(&self, name: &str, offset: usize) -> Option<&Assignment> {
        let before = self.commands.iter().filter(|command| command.span.start < offset && !command.setting.in_text);
        let mut all = before.flat_map(|command| &command.assignments);
        all.rfind(|one| one.name == name && one.span.start < offset)
    }

    /// The word as text, with every variable replaced that the script writes out.
    #[must_use]
    pub fn resolved(&self, word: &Word) -> String {
        self.resolved_to(word, DEEPEST)
    }

    fn resolved_to(&self, word: &Word, depth: usize) -> String {
        let part = |part: &Part| match part {
            Part::Parameter { name, rest, .. } if rest.is_empty() && depth > 0 => {
                match self.assigned(name, word.span.start).map(|one| (&one.value, one.adds)) {
                    Some((Value::Word(value), false)) => self.resolved_to(value, depth - 1),
                    _ => part.text(),
                }
            }
            Part::Substitution { span, .. } => self.slice(span).to_owned(),
            _ => part.text(),
        };
        word.parts.iter().map(part).collect()
    }

    /// The name of the program, function or builtin that a simple command runs, without its directory. Variables
    /// that the script writes out are replaced, and only the first word of such a value counts.
    #[must_use]
    pub fn name_of(&self, command: &Command) -> Option<String> {
        let text = self.resolved(command.words.first()?);
        let first = text.split_whitespace().next()?;
        Some(first.rsplit('/').next().unwrap_or(first).to_owned())
    }

    /// Where the value of the variable `name` comes from at `offset`: of several, the least trusted.
    #[must_use]
    pub fn origin(&self, name: &str, offset: usize) -> Origin {
        self.origin_to(name, offset, DEEPEST)
    }

    fn origin_to(&self, name: &str, offset: usize, depth: usize) -> Origin {
        if name.starts_with(|c: char| c.is_ascii_digit() && c != '0') || matches!(name, "@" | "*" | "OPTARG") {
            return Origin::Given;
        }
        if !name.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic()) || depth == 0 {
            return Origin::Written;
        }
        let Some(assignment) = self.assigned(name, offset) else { return self.origin_of_loop(name, offset, depth) };
        let words: Vec<&Word> = match &assignment.value {
            Value::Word(word) => vec![word],
            Value::Array(words) => words.iter().collect(),
        };
        let own = words.iter().map(|word| self.origin_of(word, depth - 1)).max().unwrap_or(Origin::Written);
        if assignment.adds { own.max(self.origin_to(name, assignment.span.start, depth - 1)) } else { own }
    }

    /// A variable that a `for` or `read` sets, or that nobody does.
    fn origin_of_loop(&self, name: &str, offset: usize, depth: usize) -> Origin {
        let before = |command: &&Command| command.span.start < offset;
        let looped = self
            .commands
            .iter()
            .filter(before)
            .find(|command| matches!(&command.kind, Kind::For { name: own } if own == name));
        if let Some(command) = looped {
            return command.words.iter().map(|word| self.origin_of(word, depth - 1)).max().unwrap_or(Origin::Given);
        }
        let mut read = self.called("read").filter(before);
        let is_read = read.any(|command| command.arguments().iter().any(|word| word.text() == name));
        if is_read { Origin::Printed } else { Origin::Inherited }
    }

    fn origin_of(&self, word: &Word, depth: usize) -> Origin {
        let part = |part: &Part| match part {
            Part::Parameter { name, .. } => self.origin_to(name, word.span.start, depth),
            Part::Substitution { .. } => Origin::Printed,
            _ => Origin::Written,
        };
        word.parts.iter().map(part).max().unwrap_or(Origin::Written)
    }

    /// Every variable whose value is part of `word`, those of the assignments it goes back to included.
    #[must_use]
    pub fn sources(&self, word: &Word) -> Vec<String> {
        let mut names = Vec::new();
        self.collect_sources(word, &mut names, DEEPEST);
        names
    }

    fn collect_sources(&self, word: &Word, names: &mut Vec<String>, depth: usize) {
        for part in word.parameters() {
            let Part::Parameter { name, .. } = part else { continue };
            if depth == 0 || names.contains(name) {
                continue;
            }
            names.push(name.clone());
            let mut before = word.span.start;
            while let Some(assignment) = self.assigned(name, before) {
                match &assignment.value {
                    Value::Word(value) => self.collect_sources(value, names, depth - 1),
                    Value::Array(values) => {
                        values.iter().for_each(|value| self.collect_sources(value, names, depth - 1));
                    }
                }
                // What is added to, and what a variable says of itself, was there before.
                let own = matches!(&assignment.value, Value::Word(value) if value.parameters().any(|part| matches!(part, Part::Parameter { name: own, .. } if own == name)));
                if !assignment.adds && !own {
                    break;
                }
                before = assignment.span.start;
            }
        }
    }

    /// Whether a `case` or `[[ =~ ]]` above `offset` looks at the characters of `name`.
    #[must_use]
    pub fn is_validated(&self, name: &str, offset: usize) -> bool {
        let holds = |word: &Word| {
            word.parameters().any(|part| matches!(part, Part::Parameter { name: own, .. } if own == name))
        };
        self.commands.iter().enumerate().filter(|(_, command)| command.span.start < offset).any(|(n, command)| {
            match command.kind {
                Kind::Case if command.words.iter().any(holds) => {
                    let branches =
                        self.commands[n..].iter().filter(|one| one.kind == Kind::Branch && one.span.start < offset);
                    branches.flat_map(|branch| &branch.words).any(|pattern| pattern.text().contains("[!"))
                }
                Kind::Simple => command.words.iter().any(|word| word.is_bare("=~")) && command.words.iter().any(holds),
                _ => false,
            }
        })
    }
}
