//! What the original refuses, and what it changes without a word.

use std::fmt;

use super::InvalidVolumeMap;

/// A place where the original reads something else than what is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The line, from 1; the last one of a continued value.
    pub line: usize,
    /// The key, where there is one.
    pub key: Option<String>,
    /// What happens.
    pub kind: NoticeKind,
}

/// What the original does with a text.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoticeKind {
    /// The line has no `=` and is skipped.
    LineIgnored(String),
    /// The key does nothing in this release. The original says so at every start.
    Deprecated,
    /// The key does nothing in this release, and the original does not say so.
    KeyIgnored,
    /// The key was read before; the earlier value is forgotten.
    Overwritten,
    /// The value is read as another one.
    Changed {
        /// As written.
        written: String,
        /// As read.
        read: String,
    },
    /// The element of a list has no effect.
    ElementIgnored(String),
    /// Characters of a path are deleted.
    PathChanged {
        /// As written.
        written: String,
        /// As read.
        read: String,
    },
    /// `module_NAME` without a key.
    ModuleWithoutKey,
    /// A module's name ends at its first `_`, or at this unknown key; the line has no effect but to create the
    /// module.
    ModuleKeyIgnored {
        /// The module that is created.
        module: String,
        /// The key that is not known.
        key: String,
    },
    /// A module's volume map is refused, and the module loads without it.
    ModuleVolumes(InvalidVolumeMap),
    /// A module is not enabled.
    ModuleDisabled(String),
    /// A blank line ends a value that was to be continued.
    ContinuationEnded,
}

impl fmt::Display for NoticeKind {
    /// What the original prints, or what it does where it prints nothing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LineIgnored(line) => write!(f, "the line `{line}` is ignored"),
            Self::Deprecated => f.write_str("deprecated"),
            Self::KeyIgnored => f.write_str("the key does nothing"),
            Self::Overwritten => f.write_str("the earlier value is forgotten"),
            Self::Changed { written, read } | Self::PathChanged { written, read } => {
                write!(f, "`{written}` is read as `{read}`")
            }
            Self::ElementIgnored(word) => write!(f, "`{word}` is ignored"),
            Self::ModuleWithoutKey => f.write_str("the key of a module is missing"),
            Self::ModuleKeyIgnored { module, key } => {
                write!(f, "module `{module}` has no key `{key}`; the line is ignored")
            }
            Self::ModuleVolumes(error) => error.fmt(f),
            Self::ModuleDisabled(name) => {
                write!(f, "WARNING: module {name} is not enabled for use.")
            }
            Self::ContinuationEnded => f.write_str("the blank line ends the value"),
        }
    }
}

/// Why the original does not start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The line, from 1, where one is to blame.
    pub line: Option<usize>,
    /// What it stumbles over.
    pub kind: RefusalKind,
}

/// What the original stumbles over.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefusalKind {
    /// No key of this release.
    UnknownKey(String),
    /// A volume map of the site.
    Volume(InvalidVolumeMap),
    /// Neither `private` nor `slave`. The original prints nothing of its own.
    Propagation(String),
    /// A default module that is not configured.
    UnknownModule(String),
    /// A default module that is not enabled; the warning is among the notices.
    DisabledModule(String),
    /// Two default modules that exclude each other.
    ConflictingModules(String, String),
    /// A module excludes one that is not configured.
    UnknownConflict {
        /// The module.
        module: String,
        /// The one it excludes.
        conflict: String,
    },
    /// A required key is missing or empty.
    Missing(&'static str),
    /// The value is no UTF-8. The original does not mind; this reader cannot keep it.
    NotText(String),
}

impl fmt::Display for RefusalKind {
    /// The original's own words where it has some.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownKey(key) => write!(f, "Couldn't understand key: {key}"),
            Self::Volume(error) => error.fmt(f),
            Self::Propagation(_) => Ok(()),
            Self::UnknownModule(name) => write!(f, "Unknown shifter module: {name}"),
            Self::DisabledModule(_) => Ok(()),
            Self::ConflictingModules(new, loaded) => {
                write!(f, "ERROR: cannot load conflicting modules {new} and {loaded}")
            }
            Self::UnknownConflict { module, conflict } => {
                write!(f, "module {module} conflicts with {conflict}, which is not configured")
            }
            Self::Missing("udiMount") => f.write_str("Base mount point \"udiMount\" is not defined"),
            Self::Missing("loopMount") => f.write_str("Loop mount mount \"loopMount\" is not defined"),
            Self::Missing(key) => write!(f, "\"{key}\" is not defined"),
            Self::NotText(key) => write!(f, "the value of {key} is no UTF-8"),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl std::error::Error for Refusal {}
