//! Shell scripts as data: the commands of a text, their words, and how each word is quoted.
//!
//! [`Script::read`] understands the grammar of the POSIX shell (IEEE 1003.1-2017, Shell & Utilities 2) and what
//! bash adds that scripts around jobs use: arrays, `[[ ]]`, `(( ))`, here-strings. It is enough to ask what a
//! script names, writes and runs. It evaluates nothing, opens nothing and never fails: what cannot be understood
//! is a [`Problem`] with its place, and reading goes on behind it.

mod command;
mod expansion;
mod grammar;
mod quote;
mod reader;
mod simple;
mod spoken;
mod value;
mod word;

use std::ops::Range;

pub use command::{Assignment, Command, Kind, Redirect, Setting, Value};
pub use spoken::launched_text;
pub use value::Origin;
pub use word::{Part, Word};

/// A script that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// The text.
    pub text: String,
    /// The interpreter of the first line: `/bin/bash`; what `env` looks for, where it names that: `bash`.
    pub interpreter: Option<String>,
    /// Every command, those within substitutions too, in the order of the text.
    pub commands: Vec<Command>,
    /// The comments, from `#` to the end of the line.
    pub comments: Vec<Range<usize>>,
    /// What is no shell, in the order of the text.
    pub problems: Vec<Problem>,
}

/// Something that a shell would refuse, or would read otherwise than it looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub span: Range<usize>,
    /// What is wrong, as a sentence without an end: ``the quote is never closed``.
    pub what: String,
}

impl Script {
    /// Reads `text`.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let first = text.lines().next().unwrap_or_default();
        let mut words = first.strip_prefix("#!").unwrap_or_default().split_whitespace();
        let interpreter = match words.next() {
            Some(env) if last_name(env) == "env" => words.find(|word| !word.starts_with('-') && !word.contains('=')),
            other => other,
        };
        let mut script = reader::read(text);
        script.commands.sort_by_key(|command| (command.span.start, std::cmp::Reverse(command.span.end)));
        script.problems.sort_by_key(|problem| problem.span.start);
        Self { interpreter: interpreter.map(str::to_owned), ..script }
    }

    /// Whether its first line asks for bash.
    #[must_use]
    pub fn wants_bash(&self) -> bool {
        self.interpreter.as_deref().is_some_and(|interpreter| last_name(interpreter) == "bash")
    }

    /// Whether its first line asks for a shell of this grammar, or for nothing.
    #[must_use]
    pub fn is_shell(&self) -> bool {
        let is_one =
            |interpreter| ["sh", "bash", "dash", "ash", "ksh", "ksh93", "mksh"].contains(&last_name(interpreter));
        self.interpreter.as_deref().is_none_or(is_one)
    }

    /// The text of `span`.
    #[must_use]
    pub fn slice(&self, span: &Range<usize>) -> &str {
        self.text.get(span.clone()).unwrap_or_default()
    }

    /// The commands that begin within `span`.
    pub fn within(&self, span: &Range<usize>) -> impl Iterator<Item = &Command> {
        let span = span.clone();
        self.commands.iter().filter(move |command| span.contains(&command.span.start))
    }

    /// The simple commands: what is run, without loops and branches.
    pub fn simple(&self) -> impl Iterator<Item = &Command> {
        self.commands.iter().filter(|command| command.kind == Kind::Simple)
    }

    /// The simple commands called `name`, by whatever path.
    pub fn called<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s Command> {
        self.simple().filter(move |command| self.name_of(command).as_deref() == Some(name))
    }

    /// Whether a failure ends the script before `offset`: `set -e`, in any of its forms.
    #[must_use]
    pub fn has_errexit_at(&self, offset: usize) -> bool {
        let first = self.text.lines().next().unwrap_or_default();
        let by_first_line = first.starts_with("#!") && first.split_whitespace().skip(1).any(has_e);
        let mut set = self.called("set").filter(|command| command.span.start < offset);
        by_first_line
            || set.any(|command| {
                let words: Vec<String> = command.arguments().iter().map(Word::text).collect();
                words.iter().any(|word| has_e(word))
                    || words.windows(2).any(|pair| pair[0] == "-o" && pair[1] == "errexit")
            })
    }
}

/// The last name of a path.
fn last_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// Whether a bundle of options such as `-eu` holds `e`.
fn has_e(option: &str) -> bool {
    option.strip_prefix('-').is_some_and(|letters| !letters.starts_with('-') && letters.contains('e'))
}

#[cfg(test)]
mod tests;
