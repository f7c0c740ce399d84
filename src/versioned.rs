//! Directories that containers hold open, never changed in place.
//!
//! A container has a module's files and `/opt/udiImage` mounted for as long as it runs. Software that is replaced below it
//! takes the next `exec` or `dlopen` down. So a directory that the profile names under `[install.tree]` is installed under a
//! name with its content in it, `/opt/shifter/mpich.0123456789abcdef`; udiRoot.conf names that one. A new version is a new
//! directory; the swap is the rename of udiRoot.conf, and going back is renaming the old one into place. What no
//! configuration names and nobody holds, [`collect`] removes.

mod collect;
mod digest;
mod generations;
mod held;
mod install;
mod place;

pub use collect::{Collected, Collection, Fate, collect};
pub use digest::digest;
pub use generations::{Named, named, needed};
pub use held::{By, Holder, holders};
pub use install::{Installed, install};
pub(crate) use place::place;

use std::io;
use std::path::{Path, PathBuf};

/// What stands between the name of a tree and its version: a character that siteFs takes in every release.
const MARK: char = '.';

/// How many digits of the digest are the version.
const DIGITS: usize = 16;

/// A directory of the management host, and where its content is installed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tree {
    /// The path that the profile names.
    pub path: String,
    /// Where the content is.
    pub from: PathBuf,
    /// What the content is: 64 hexadecimal digits.
    pub sha256: String,
}

impl Tree {
    /// The tree `path` with the content of `from`.
    ///
    /// # Errors
    /// What stands in the way of reading it.
    pub fn read(path: &str, from: &Path) -> Result<Self, TreeError> {
        Ok(Self { path: path.to_owned(), from: from.to_owned(), sha256: digest(from)? })
    }

    /// A tree that nobody has read, for checks on a machine without it: its version is all zeros.
    #[must_use]
    pub fn unread(path: &str, from: &Path) -> Self {
        Self { path: path.to_owned(), from: from.to_owned(), sha256: "0".repeat(64) }
    }

    /// Where it is installed.
    #[must_use]
    pub fn place(&self) -> String {
        format!("{}{MARK}{}", self.path, self.sha256.chars().take(DIGITS).collect::<String>())
    }
}

/// Whether `name` is a version of the tree called `tree`.
fn is_version_of(name: &str, tree: &str) -> bool {
    let version = name.strip_prefix(tree).and_then(|rest| rest.strip_prefix(MARK));
    version.is_some_and(|version| version.len() == DIGITS && version.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// A path of the node as a path of this host: below `root`, which is the node's `/`.
fn below(root: &Path, path: &str) -> PathBuf {
    root.join(path.trim_start_matches('/'))
}

/// Why a tree could not be read, installed or removed.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// The system refused.
    #[error("cannot {action} `{}`: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A device, a socket or a pipe, which no copy can hold.
    #[error("`{}` is neither a file nor a directory nor a link", path.display())]
    Special {
        /// Its path.
        path: PathBuf,
    },
    /// The source was written to while it was copied.
    #[error("`{}` changed while it was copied: expected {expected}, found {found}", path.display())]
    Moved {
        /// The source.
        path: PathBuf,
        /// The digest it was announced with.
        expected: String,
        /// The digest of the copy.
        found: String,
    },
    /// Somebody changed an installed version.
    #[error("`{}` is not what its name says any more: containers may use it, so it is left alone", path.display())]
    Changed {
        /// The installed directory.
        path: PathBuf,
    },
}

/// An error of the system about a path.
fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> TreeError {
    let path = path.to_owned();
    move |source| TreeError::Io { action, path, source }
}
