//! Commands: what a script runs, and under which circumstances.

use std::ops::Range;

use super::Word;

/// One command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// From its first word or assignment to its last.
    pub span: Range<usize>,
    /// What it is.
    pub kind: Kind,
    /// `NAME=value` before the words, or alone.
    pub assignments: Vec<Assignment>,
    /// The words, the command's own name first.
    pub words: Vec<Word>,
    /// Where its input comes from and its output goes.
    pub redirects: Vec<Redirect>,
    /// Under which circumstances it runs.
    pub setting: Setting,
}

/// What a command is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A program, function or builtin with its words; `[` and `[[` too.
    Simple,
    /// `for NAME in WORDS`, or `select`.
    For {
        /// The variable.
        name: String,
    },
    /// `case WORD in`.
    Case,
    /// One branch of a `case`; the words are its patterns.
    Branch,
    /// `((...))`.
    Arithmetic,
    /// The redirections of a compound command.
    Group,
    /// The beginning of a function.
    Function {
        /// Its name.
        name: String,
    },
}

/// Under which circumstances a command runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Setting {
    /// Somebody looks at its status: a condition, `&&`, `||`, `!`.
    pub is_tested: bool,
    /// `&` ends it: nobody waits.
    pub in_background: bool,
    /// Its output goes into a pipe.
    pub is_piped: bool,
    /// Its input comes from a pipe.
    pub from_pipe: bool,
    /// It stands in a condition, loop, branch or function: it may not run, or several times.
    pub is_conditional: bool,
    /// It stands in `$(...)` or backquotes.
    pub in_substitution: bool,
    /// It stands in a text that another shell reads: an argument of `sh -c`, `ssh`, `eval`.
    pub in_text: bool,
    /// The function it belongs to.
    pub function: Option<String>,
    /// The first pattern of the innermost branch of a `case` it belongs to.
    pub branch: Option<String>,
    /// How many loops it stands in.
    pub loops: usize,
}

/// `NAME=value`, `NAME+=value` or `NAME=(words)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// Where it stands.
    pub span: Range<usize>,
    /// The variable, without an index.
    pub name: String,
    /// Whether it adds (`+=`).
    pub adds: bool,
    /// What it gets.
    pub value: Value,
}

/// What a variable gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// One word.
    Word(Word),
    /// The elements of an array.
    Array(Vec<Word>),
}

/// One redirection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// Where it stands.
    pub span: Range<usize>,
    /// The descriptor in front of it.
    pub descriptor: Option<u32>,
    /// The operator: `>`, `>>`, `<`, `>&`, `<<`.
    pub operator: String,
    /// The file, the other descriptor or the end of the here-document.
    pub target: Word,
}

impl Command {
    /// The words behind the first.
    #[must_use]
    pub fn arguments(&self) -> &[Word] {
        self.words.get(1..).unwrap_or_default()
    }

    /// The arguments that are no options. Behind `--` everything is one.
    #[must_use]
    pub fn operands(&self) -> Vec<&Word> {
        let mut only_operands = false;
        let mut found = Vec::new();
        for word in self.arguments() {
            let text = word.text();
            if !only_operands && text == "--" {
                only_operands = true;
            } else if only_operands || !text.starts_with('-') || text == "-" {
                found.push(word);
            }
        }
        found
    }

    /// Whether an option is given, as `--long` or as a letter of a bundle such as `-rf`.
    #[must_use]
    pub fn has_option(&self, letter: char, long: &str) -> bool {
        self.arguments().iter().map(Word::text).take_while(|text| text != "--").any(|text| {
            let name = text.strip_prefix("--").map(|name| name.split('=').next().unwrap_or_default());
            match name {
                Some(name) => !long.is_empty() && name == long,
                None => text.strip_prefix('-').is_some_and(|letters| letters.contains(letter)),
            }
        })
    }

    /// Whether its output is written to a file, and where: `>` and `>>`, not `>&1`.
    pub fn writes(&self) -> impl Iterator<Item = &Redirect> {
        self.redirects.iter().filter(|redirect| matches!(redirect.operator.as_str(), ">" | ">>" | ">|" | "&>" | "&>>"))
    }
}
