//! What can be wrong in a `udiRoot.conf`, where, and the right spelling.

use std::fmt;
use std::ops::Range;

use crate::env::AssignmentFault;
use crate::size::SizeFault;
use crate::volume::VolumeFaultKind;

/// A mistake in a value, before its place in the file is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Bytes of the value.
    pub(crate) range: Range<usize>,
    /// What is wrong there.
    pub(crate) kind: ParseErrorKind,
}

/// One mistake in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// The bytes of the file that are wrong. Empty where something is missing.
    pub span: Range<usize>,
    /// The line of its first byte, from 1.
    pub line: usize,
    /// The column of its first byte in characters, from 1.
    pub column: usize,
    /// The key whose line it is, where there is one.
    pub key: Option<String>,
    /// What is wrong.
    pub kind: ParseErrorKind,
}

/// What can be wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseErrorKind {
    /// The bytes are no UTF-8.
    NotUtf8,
    /// A control character, such as NUL or a carriage return within a line.
    Control(char),
    /// A byte order mark at the start of the file.
    ByteOrderMark,
    /// The file is longer than one MiB.
    TooLong,
    /// The line holds no `=`.
    NotAssignment,
    /// Nothing stands before the `=`.
    NoKey,
    /// A `#` that is not in the first column.
    IndentedComment,
    /// A `#` after a value.
    InlineComment,
    /// A blank line between a `\` and what it continues with.
    BlankInContinuation,
    /// The file ends after a `\`.
    UnfinishedContinuation,
    /// No key has this name.
    UnknownKey {
        /// The nearest one.
        nearest: Option<&'static str>,
    },
    /// No key of a module has this name.
    UnknownModuleKey {
        /// The nearest one.
        nearest: Option<&'static str>,
    },
    /// `module_NAME` without a key.
    ModuleWithoutKey,
    /// One module more than there can be.
    TooManyModules {
        /// As many as there can be.
        most: usize,
    },
    /// The name of a module in a key, or its version.
    ModuleName(super::ModuleNameFault),
    /// The key is written twice and can only have one value.
    Duplicate {
        /// The line of the first.
        first: usize,
    },
    /// A key without a value.
    Empty,
    /// Neither `0` nor `1`.
    Flag,
    /// No whole number.
    Number,
    /// No size.
    Size(SizeFault),
    /// The path does not begin with `/`.
    RelativePath,
    /// The path holds `..`.
    ParentInPath,
    /// A blank within a single word.
    BlankInWord,
    /// A tab in a list, which separates nothing.
    TabInList,
    /// None of the words that are allowed.
    Choice {
        /// Those that are.
        allowed: &'static str,
    },
    /// A volume map.
    Volume(VolumeFaultKind),
    /// A `NAME=VALUE`.
    Assignment(AssignmentFault),
    /// The name of a variable.
    VariableName,
    /// No URL of a gateway.
    Endpoint,
    /// No `TARGET:LINK`.
    Link,
    /// A blank beside a comma between modules.
    BlankBesideComma,
    /// An empty element between commas.
    EmptyElement,
    /// The key is required.
    Missing(&'static str),
    /// The key is required because of what another says.
    MissingBecause {
        /// The key.
        key: &'static str,
        /// What requires it.
        because: &'static str,
    },
    /// The modules do not fit together.
    Selection(super::SelectionError),
    /// A module names another that is not configured.
    UnknownModule(String),
}

impl fmt::Display for ParseErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8 => f.write_str("the text is no UTF-8"),
            Self::Control(found) => write!(f, "{found:?} is a control character"),
            Self::ByteOrderMark => f.write_str("the file begins with a byte order mark"),
            Self::TooLong => f.write_str("the file is longer than one MiB"),
            Self::NotAssignment => f.write_str("the line holds no `=`"),
            Self::NoKey => f.write_str("no key stands before the `=`"),
            Self::IndentedComment => f.write_str("a comment begins in the first column"),
            Self::InlineComment => f.write_str("a comment cannot follow a value"),
            Self::BlankInContinuation => f.write_str("a blank line follows a `\\`"),
            Self::UnfinishedContinuation => f.write_str("nothing follows the last `\\`"),
            Self::UnknownKey { .. } => f.write_str("unknown key"),
            Self::UnknownModuleKey { .. } => f.write_str("unknown key of a module"),
            Self::ModuleWithoutKey => f.write_str("the module's key is missing"),
            Self::TooManyModules { most } => write!(f, "there are {most} modules already"),
            Self::ModuleName(fault) => fault.fmt(f),
            Self::Duplicate { first } => write!(f, "already written in line {first}"),
            Self::Empty => f.write_str("the key has no value"),
            Self::Flag => f.write_str("neither 0 nor 1"),
            Self::Number => f.write_str("no whole number"),
            Self::Size(fault) => fault.fmt(f),
            Self::RelativePath => f.write_str("the path is not absolute"),
            Self::ParentInPath => f.write_str("the path holds `..`"),
            Self::BlankInWord => f.write_str("the value holds a blank"),
            Self::TabInList => f.write_str("a tab separates nothing"),
            Self::Choice { .. } => f.write_str("no such choice"),
            Self::Volume(kind) => kind.fmt(f),
            Self::Assignment(fault) => fault.fmt(f),
            Self::VariableName => f.write_str("no name of a variable"),
            Self::Endpoint => f.write_str("no address of a gateway"),
            Self::Link => f.write_str("no `TARGET:LINK`"),
            Self::BlankBesideComma => f.write_str("a blank stands beside a comma"),
            Self::EmptyElement => f.write_str("nothing stands between two commas"),
            Self::Missing(key) => write!(f, "`{key}` is not defined"),
            Self::MissingBecause { key, because } => {
                write!(f, "`{key}` is not defined, and {because}")
            }
            Self::Selection(error) => error.fmt(f),
            Self::UnknownModule(name) => write!(f, "no module is called `{name}`"),
        }
    }
}

impl ParseErrorKind {
    /// What to write instead.
    #[must_use]
    pub fn help(&self) -> String {
        let text = match self {
            Self::NotUtf8 => "write the file in UTF-8",
            Self::Control(_) | Self::ByteOrderMark => "delete it",
            Self::TooLong => "no site needs so much; is this the right file?",
            Self::NotAssignment => "write `key=value`; the original skips the line without a word",
            Self::NoKey => "write `key=value`",
            Self::IndentedComment => "move the `#` to the first column; the original reads the line as a key",
            Self::InlineComment => "give the comment a line of its own; the original makes it part of the value",
            Self::BlankInContinuation => "delete the blank line or the `\\`; in the original it ends the value",
            Self::UnfinishedContinuation => "delete the `\\`",
            Self::UnknownKey { nearest } => {
                return nearest.map_or_else(
                    || "delete the line; no version of Shifter knows this key".to_owned(),
                    |name| format!("did you mean `{name}`?"),
                );
            }
            Self::UnknownModuleKey { nearest } => {
                return nearest.map_or_else(
                    || {
                        let names: Vec<&str> = super::MODULE_KEYS.iter().map(|row| row.name).collect();
                        format!("the keys of a module are {}", names.join(", "))
                    },
                    |name| format!("did you mean `{name}`? The original ignores the line"),
                );
            }
            Self::ModuleWithoutKey => "write `module_NAME_KEY=value`",
            Self::TooManyModules { .. } => "no site needs so many; is this the right file?",
            Self::ModuleName(fault) => fault.help(),
            Self::Duplicate { .. } => "keep one; the original takes the last",
            Self::Empty => "write a value or delete the line",
            Self::Flag => "write 1 for yes and 0 for no; the original reads any word as no",
            Self::Number => "write digits only; the original stops at the first other character",
            Self::Size(_) => "write the size as in `10G`",
            Self::RelativePath => "begin the path with `/`, without quotes",
            Self::ParentInPath => "write the path without `..`",
            Self::BlankInWord => "write one word",
            Self::TabInList => "separate with a blank; the original makes the tab part of the value",
            Self::Choice { allowed } => return format!("write one of {allowed}"),
            Self::Volume(kind) => kind.help(),
            Self::Assignment(_) => "write NAME=VALUE; the original skips anything else without a word",
            Self::VariableName => "write the name alone, without `=`",
            Self::Endpoint => "write `http://HOST:PORT`, `https://HOST:PORT` or `unix:/PATH`",
            Self::Link => "write `TARGET:LINK` with `;` between; LINK is absolute and neither holds blanks",
            Self::BlankBesideComma => "write `a,b`; the original looks for a module called ` b`",
            Self::EmptyElement => "delete the comma",
            Self::Missing(key) => return format!("add a line `{key}=...`"),
            Self::MissingBecause { key, .. } => return format!("add a line `{key}=...`"),
            Self::Selection(_) => "every start would fail; correct the list of modules",
            Self::UnknownModule(_) => "configure it or take the name out",
        };
        text.to_owned()
    }
}

impl ParseError {
    /// What to write instead.
    #[must_use]
    pub fn help(&self) -> String {
        self.kind.help()
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: ", self.line, self.column)?;
        if let Some(key) = &self.key {
            write!(f, "`{key}`: ")?;
        }
        write!(f, "{}; {}", self.kind, self.help())
    }
}

impl std::error::Error for ParseError {}
