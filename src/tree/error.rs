//! What stands in the way of reaching or changing a file safely.

use rustix::io::Errno;
use std::path::{Path, PathBuf};

/// Why a file below a root cannot be read or written.
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
        source: std::io::Error,
    },
    /// A directory on the way that others may write: they could put anything in the place of the file.
    #[error("`{}` may be written by {by} (mode {mode:04o}): take that away, or install elsewhere", path.display())]
    Writable {
        /// The directory.
        path: PathBuf,
        /// By whom.
        by: String,
        /// Its mode.
        mode: u32,
    },
    /// A directory on the way that belongs to somebody else.
    #[error("`{}` belongs to uid {uid}, expected {expected}", path.display())]
    Owner {
        /// The directory.
        path: PathBuf,
        /// Its owner.
        uid: u32,
        /// Who it may belong to.
        expected: String,
    },
    /// Something on the way is no directory.
    #[error("`{}` is no directory", path.display())]
    NotADirectory {
        /// What.
        path: PathBuf,
    },
    /// Symlinks without end.
    #[error("`{}` leads through more than 40 symlinks", path.display())]
    Loop {
        /// The path.
        path: PathBuf,
    },
    /// Something else lies where a file belongs.
    #[error("`{}` is {is}, expected a file: take it away, or install elsewhere", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
        /// What it is.
        is: &'static str,
    },
    /// A file that may not be replaced, whoever asks (chattr(1)).
    #[error("`{}` is immutable: run `chattr -i` on it first", path.display())]
    Immutable {
        /// The file or its directory.
        path: PathBuf,
    },
    /// A file too large to be one of ours.
    #[error("`{}` has {bytes} bytes, expected a configuration file of at most {most}", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
        /// The largest size.
        most: u64,
    },
    /// A path that is not absolute, or names no file.
    #[error("`{path}` is no absolute path of a file")]
    NotAPath {
        /// The path.
        path: String,
    },
    /// What was written reads back as something else.
    #[error("`{}` does not read back as it was written", path.display())]
    ReadBack {
        /// The file.
        path: PathBuf,
    },
}

impl TreeError {
    /// Whether the thing itself is in the way, so that a comparison can say so and go on.
    #[must_use]
    pub fn is_obstacle(&self) -> bool {
        !matches!(self, Self::Io { .. } | Self::ReadBack { .. })
    }
}

/// Names what was tried on which path.
pub(super) fn io<E: Into<Errno>>(action: &'static str, path: &Path) -> impl FnOnce(E) -> TreeError {
    let path = path.to_owned();
    move |errno| TreeError::Io { action, path, source: errno.into().into() }
}

/// The same for errors of the standard library.
pub(super) fn std_io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> TreeError {
    let path = path.to_owned();
    move |source| TreeError::Io { action, path, source }
}
