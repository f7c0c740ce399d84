//! Room in the blob cache: what was not used for longest goes first.
//!
//! Each use of a blob sets its time, so those of the pulls that run are the ones used since the
//! first of them began. They stay. Another process may share the cache: removing a blob that its
//! pull has open takes nothing from that pull, and one that is needed again is fetched again.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// A download that was not written to for this long has lost its process.
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);

/// What was removed from a cache, and what is left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trimmed {
    /// Blobs and abandoned downloads that were removed.
    pub removed: u64,
    /// Their bytes.
    pub removed_bytes: u64,
    /// Bytes of the blobs that are left.
    pub kept_bytes: u64,
}

/// What is to be kept of a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// Bytes of blobs.
    pub bytes: u64,
    /// Blobs used at this time or later stay, whatever their bytes.
    pub used_since: SystemTime,
}

/// Removes the longest unused blobs of `CacheDirectory` until `keep` holds; `now` is the present time.
///
/// # Errors
/// The cache cannot be listed, or a file in it cannot be removed.
pub fn trim_cache(cache: &Path, keep: Keep, now: SystemTime) -> io::Result<Trimmed> {
    let mut trimmed = Trimmed::default();
    let mut blobs: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
    let entries = match fs::read_dir(cache.join("blobs/sha256")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(trimmed),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        // A download that has just become a blob, or a blob another process removed, is no error.
        let Ok(metadata) = entry.metadata() else { continue };
        if !metadata.is_file() {
            continue;
        }
        let used = metadata.modified()?;
        let name = entry.file_name();
        let is_blob = name.len() == 64;
        if is_blob {
            trimmed.kept_bytes += metadata.len();
            blobs.push((used, metadata.len(), entry.path()));
        } else if name.to_string_lossy().ends_with(".partial") && used + ABANDONED < now {
            trimmed.remove(&entry.path(), metadata.len())?;
        }
    }
    blobs.sort_unstable();
    for (used, bytes, path) in blobs {
        if trimmed.kept_bytes <= keep.bytes || used >= keep.used_since {
            break;
        }
        trimmed.remove(&path, bytes)?;
        trimmed.kept_bytes -= bytes;
    }
    Ok(trimmed)
}

impl Trimmed {
    fn remove(&mut self, path: &Path, bytes: u64) -> io::Result<()> {
        match fs::remove_file(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            result => result?,
        }
        self.removed += 1;
        self.removed_bytes += bytes;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_used_for_longest_goes_first() {
        let cache = tempfile::tempdir().unwrap();
        let blobs = cache.path().join("blobs/sha256");
        fs::create_dir_all(&blobs).unwrap();
        let time = |day: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(day * 86_400);
        let write = |name: &str, day: u64| {
            fs::write(blobs.join(name), [0; 100]).unwrap();
            fs::File::open(blobs.join(name)).unwrap().set_modified(time(day)).unwrap();
        };
        let [old, new, newest] = ["1", "2", "3"].map(|digit| digit.repeat(64));
        for (name, day) in [(&old, 5), (&newest, 9), (&new, 7)] {
            write(name, day);
        }
        write(".abandoned.partial", 8);
        write(".running.partial", 10);
        let keep = |bytes, day| Keep { bytes, used_since: time(day) };
        let trimmed = trim_cache(cache.path(), keep(250, 10), time(10)).unwrap();
        assert_eq!(trimmed, Trimmed { removed: 2, removed_bytes: 200, kept_bytes: 200 });
        let mut left: Vec<_> = fs::read_dir(&blobs).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, [".running.partial", &new, &newest]);
        assert_eq!(trim_cache(cache.path(), keep(250, 10), time(10)).unwrap().removed, 0);
        // A pull that began on day 8 has used one of them.
        let trimmed = trim_cache(cache.path(), keep(0, 8), time(10)).unwrap();
        assert_eq!(trimmed, Trimmed { removed: 1, removed_bytes: 100, kept_bytes: 100 });
        assert!(blobs.join(&newest).exists());
    }

    #[test]
    fn a_cache_that_was_never_used_is_empty() {
        let cache = tempfile::tempdir().unwrap();
        let now = SystemTime::now();
        assert_eq!(trim_cache(cache.path(), Keep { bytes: 0, used_since: now }, now).unwrap(), Trimmed::default());
    }
}
