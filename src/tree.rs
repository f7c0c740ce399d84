//! The files below one root directory, reached by descriptors and never by a path twice.
//!
//! A [`Tree`] is `/`, or the root of an image that is built. [`Tree::parent_of`] walks from the descriptor of the root,
//! one name at a time: symlinks are read and resolved within the root, `..` stops there, a magic link of `/proc` is
//! never followed, and every directory on the way must be one that only trusted users may write. What comes out is the
//! opened directory ([`Dir`]) in which everything else happens; nobody can swap it afterwards. Works on every kernel
//! since 3.6, which the management hosts of old systems run; `openat2(2)` would tell no owners.

mod dir;
mod error;
mod file;
mod trust;
mod walk;

pub use dir::Dir;
pub use error::TreeError;
pub use file::{Ids, Installed, Look, Staged};
pub use walk::Place;

use error::io;
use rustix::fs::{Mode, OFlags, fstat, open};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use trust::Trusted;

/// A root directory, opened.
#[derive(Debug)]
pub struct Tree {
    root: OwnedFd,
    path: PathBuf,
    trusted: Trusted,
}

impl Tree {
    /// Opens a root directory. Trusted are root and the owner of the directory itself.
    ///
    /// # Errors
    /// When it is no directory, or one that others may write.
    pub fn open(path: &Path) -> Result<Self, TreeError> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = open(path, flags, Mode::empty()).map_err(io("open the root directory", path))?;
        let seen = fstat(&root).map_err(io("look at", path))?;
        let trusted = Trusted::with(seen.st_uid);
        trusted.check(path, &seen, trust::Sticky::Refused)?;
        Ok(Self { root, path: path.to_owned(), trusted })
    }

    /// The path it was opened by, for messages.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether this is the root of the running system.
    #[must_use]
    pub fn is_host(&self) -> bool {
        let here = fstat(&self.root).map(|seen| (seen.st_dev, seen.st_ino));
        let host = rustix::fs::stat("/").map(|seen| (seen.st_dev, seen.st_ino));
        here.is_ok() && here == host
    }

    /// How a path below this root is called from outside.
    #[must_use]
    pub fn shown(&self, path: &str) -> PathBuf {
        self.path.join(path.trim_start_matches('/'))
    }
}
