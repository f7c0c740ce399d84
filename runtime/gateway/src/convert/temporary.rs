//! Files that are being made: how others see that somebody still makes them.
//!
//! Who makes one holds a lock on it (flock(2)), which ends with the process however that ends. Several gateways may write
//! one image directory: what a killed one left is told from what another one writes by this lock alone, where the file
//! system has locks; where it has none, by the time of the last change.

use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::{Duration, SystemTime};

use nix::fcntl::OFlag;
use tempfile::{Builder, NamedTempFile};

/// So often somebody who sweeps may get between a file and its lock.
const TRIES: u32 = 10;

/// What has not been changed for so long is not written by anybody.
const ABANDONED: Duration = Duration::from_secs(60 * 60);

/// Whom a sweep has to reckon with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Neighbours {
    /// Locks tell of everybody else who writes here.
    Locking,
    /// Others may write here from hosts whose locks are not seen.
    Remote,
}

/// A new temporary file of this process.
pub(crate) fn file(builder: &Builder<'_, '_>, directory: &Path) -> io::Result<NamedTempFile> {
    let mut file = builder.tempfile_in(directory)?;
    for _ in 0..TRIES {
        match file.as_file().try_lock() {
            // Whoever sweeps may have had it for a moment, and taken it away.
            Ok(()) if file.as_file().metadata()?.nlink() == 0 => {}
            Err(TryLockError::WouldBlock) => {}
            // A file system without locks: see `is_abandoned`.
            Ok(()) | Err(TryLockError::Error(_)) => return Ok(file),
        }
        file = builder.tempfile_in(directory)?;
    }
    Ok(file)
}

/// Marks a directory of this process.
pub(crate) fn hold(directory: &File) {
    // Without locks, or while somebody looks at it, its age tells.
    let _ = directory.try_lock();
}

/// Whether nobody makes this any more. The lock is given back together with the answer, to be kept until it is removed.
pub(crate) fn is_abandoned(path: &Path, neighbours: Neighbours) -> Option<File> {
    let flags = (OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits();
    let file = File::options().read(true).custom_flags(flags).open(path).ok()?;
    let is_old = || {
        let changed = file.metadata().and_then(|facts| facts.modified()).ok();
        changed.and_then(|changed| SystemTime::now().duration_since(changed).ok()).is_some_and(|age| age > ABANDONED)
    };
    let is_free = match file.try_lock() {
        Ok(()) => neighbours == Neighbours::Locking || is_old(),
        Err(TryLockError::WouldBlock) => false,
        Err(TryLockError::Error(_)) => is_old(),
    };
    is_free.then_some(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_being_made_is_not_abandoned_and_what_was_left_is() {
        let dir = tempfile::tempdir().unwrap();
        let made = file(Builder::new().prefix(".new-"), dir.path()).unwrap();
        assert!(is_abandoned(made.path(), Neighbours::Locking).is_none());
        let (kept, path) = made.keep().unwrap();
        drop(kept);
        assert!(is_abandoned(&path, Neighbours::Locking).is_some());
        // Somebody on another host may be at it: an hour tells.
        assert!(is_abandoned(&path, Neighbours::Remote).is_none());
        let old = SystemTime::now() - ABANDONED - Duration::from_secs(60);
        File::options().write(true).open(&path).unwrap().set_modified(old).unwrap();
        assert!(is_abandoned(&path, Neighbours::Remote).is_some());
    }
}
