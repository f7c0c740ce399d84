//! Fixes as data: edits of key paths, and of comments, which have none.

use std::{ops::Range, sync::Arc};

use super::{KeyPath, source::Source};

/// One way to make a finding go away.
#[derive(Debug, Clone, PartialEq)]
pub struct Fix {
    /// What the fix does, in a few words: `rename to libc_passwd_calls`.
    pub title: String,
    /// Whether it may be applied without a look at the result.
    pub safety: Safety,
    /// All of these, or none. Their paths are those of the effective profile.
    pub edits: Vec<Edit>,
    /// Where the edits go, one for each, once the finding has its places; empty before.
    pub written: Vec<Written>,
}

/// An edit as one text of the profile takes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// The text that holds the key, or that should.
    pub source: Arc<Source>,
    /// The edit with the path that the key has in this text.
    pub edit: Edit,
}

/// Whether a fix can change what the site does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Safety {
    /// The profile means afterwards what it was meant to mean before; `--fix` applies it.
    #[default]
    Safe,
    /// A guess; only `--unsafe-fixes` applies it.
    Unsafe,
}

/// One change of the layer that holds the key.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// Gives `path` this value; makes the key and its tables when they are missing.
    Set {
        /// The key that gets the value.
        path: KeyPath,
        /// The new value.
        value: toml::Value,
    },
    /// Gives the last segment of `path` another name, in place.
    Rename {
        /// The key as it is.
        path: KeyPath,
        /// The new last segment.
        to: String,
    },
    /// Takes the key, table or array element away.
    Remove {
        /// The key that goes.
        path: KeyPath,
    },
    /// Puts a value behind the others of a list; makes the list when it is missing.
    Append {
        /// The list.
        path: KeyPath,
        /// The new element.
        value: toml::Value,
    },
    /// Replaces a comment of the text in which the finding is; an empty one goes with its line.
    Comment {
        /// The bytes of the comment, from `#` to the end of the line.
        span: Range<usize>,
        /// The new comment.
        text: String,
    },
    /// Replaces bytes of the script in which the finding is; none are replaced where something is put in.
    Script {
        /// The bytes that go.
        span: Range<usize>,
        /// What comes instead.
        text: String,
    },
}

impl Fix {
    /// A fix that `--fix` may apply.
    #[must_use]
    pub fn safe(title: impl Into<String>, edits: Vec<Edit>) -> Self {
        Self { title: title.into(), safety: Safety::Safe, edits, written: Vec::new() }
    }

    /// A fix that needs `--unsafe-fixes`.
    #[must_use]
    pub fn risky(title: impl Into<String>, edits: Vec<Edit>) -> Self {
        Self { title: title.into(), safety: Safety::Unsafe, edits, written: Vec::new() }
    }
}

impl Edit {
    /// Gives `path` this value.
    #[must_use]
    pub fn set(path: impl Into<KeyPath>, value: impl Into<toml::Value>) -> Self {
        Self::Set { path: path.into(), value: value.into() }
    }

    /// Renames the last segment of `path`.
    #[must_use]
    pub fn rename(path: impl Into<KeyPath>, to: impl Into<String>) -> Self {
        Self::Rename { path: path.into(), to: to.into() }
    }

    /// Takes `path` away.
    #[must_use]
    pub fn remove(path: impl Into<KeyPath>) -> Self {
        Self::Remove { path: path.into() }
    }

    /// Puts `value` behind the others of the list at `path`.
    #[must_use]
    pub fn append(path: impl Into<KeyPath>, value: impl Into<toml::Value>) -> Self {
        Self::Append { path: path.into(), value: value.into() }
    }

    /// Replaces the comment at `span`.
    #[must_use]
    pub fn comment(span: Range<usize>, text: impl Into<String>) -> Self {
        Self::Comment { span, text: text.into() }
    }

    /// Replaces the bytes at `span` of a script.
    #[must_use]
    pub fn script(span: Range<usize>, text: impl Into<String>) -> Self {
        Self::Script { span, text: text.into() }
    }

    /// The key that changes; a comment has none, nor has a script.
    #[must_use]
    pub fn path(&self) -> &KeyPath {
        const NONE: &KeyPath = &KeyPath::ROOT;
        match self {
            Self::Set { path, .. } | Self::Rename { path, .. } | Self::Remove { path } | Self::Append { path, .. } => {
                path
            }
            Self::Comment { .. } | Self::Script { .. } => NONE,
        }
    }

    /// The same edit of another key.
    #[must_use]
    pub fn moved(&self, to: KeyPath) -> Self {
        let mut edit = self.clone();
        match &mut edit {
            Self::Set { path, .. } | Self::Rename { path, .. } | Self::Remove { path } | Self::Append { path, .. } => {
                *path = to;
            }
            Self::Comment { .. } | Self::Script { .. } => {}
        }
        edit
    }
}
