//! Fixes as data: edits of key paths, never of text.

use super::KeyPath;

/// One way to make a finding go away.
#[derive(Debug, Clone, PartialEq)]
pub struct Fix {
    /// What the fix does, in a few words: `rename to libc_passwd_calls`.
    pub title: String,
    /// Whether it may be applied without a look at the result.
    pub safety: Safety,
    /// All of these, or none.
    pub edits: Vec<Edit>,
}

/// Whether a fix can change what the site does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Safety {
    /// The profile means afterwards what it was meant to mean before; `--fix` applies it.
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
}

impl Fix {
    /// A fix that `--fix` may apply.
    #[must_use]
    pub fn safe(title: impl Into<String>, edits: Vec<Edit>) -> Self {
        Self { title: title.into(), safety: Safety::Safe, edits }
    }

    /// A fix that needs `--unsafe-fixes`.
    #[must_use]
    pub fn risky(title: impl Into<String>, edits: Vec<Edit>) -> Self {
        Self { title: title.into(), safety: Safety::Unsafe, edits }
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
}
