//! Who may write the directories on the way to a file.

use super::TreeError;
use rustix::fs::Stat;
use std::path::Path;

/// The users that may own directories on the way: root, and the owner of the tree.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trusted {
    owner: u32,
}

/// Whether a directory may be one that all write but only owners rename in, like `/tmp`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sticky {
    /// On the way: what lies next on the way is checked for its owner too.
    Passed,
    /// As the last one: a stranger could take the name of a file first.
    Refused,
}

impl Trusted {
    pub(super) fn with(owner: u32) -> Self {
        Self { owner }
    }

    pub(super) fn check(self, path: &Path, seen: &Stat, sticky: Sticky) -> Result<(), TreeError> {
        if seen.st_uid != 0 && seen.st_uid != self.owner {
            let expected = if self.owner == 0 { "root".to_owned() } else { format!("root or uid {}", self.owner) };
            return Err(TreeError::Owner { path: path.to_owned(), uid: seen.st_uid, expected });
        }
        let mode = seen.st_mode & 0o7777;
        if mode & 0o1000 != 0 && sticky == Sticky::Passed {
            return Ok(());
        }
        let by = match (mode & 0o020 != 0, mode & 0o002 != 0) {
            (_, true) => "everybody".to_owned(),
            (true, false) => format!("group {}", seen.st_gid),
            (false, false) => return Ok(()),
        };
        Err(TreeError::Writable { path: path.to_owned(), by, mode })
    }
}
