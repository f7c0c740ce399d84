//! A secret in a file. What counts is the file that was opened, not the one that had the name before.

use super::{MOST_BYTES, ResolveError};
use std::fs::OpenOptions;
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use zeroize::Zeroizing;

/// Everything a mode may have beyond 0640 without anybody else reaching the file: nothing.
const NOT_0640: u32 = 0o137;

pub(super) fn read(path: &Path, name: &str) -> Result<Zeroizing<Vec<u8>>, ResolveError> {
    let failed = |source| ResolveError::File { path: path.to_owned(), source };
    // A pipe without a writer must not hold the run.
    let nonblock = nix::fcntl::OFlag::O_NONBLOCK.bits();
    let file = OpenOptions::new().read(true).custom_flags(nonblock).open(path).map_err(failed)?;
    let there = file.metadata().map_err(failed)?;
    if !there.is_file() {
        return Err(ResolveError::NotAFile { path: path.to_owned() });
    }
    let mode = there.mode() & 0o7777;
    if mode & NOT_0640 != 0 {
        let who = match mode {
            mode if mode & 0o022 != 0 => "others can write it",
            mode if mode & 0o004 != 0 => "everybody can read it",
            _ => "it can be executed",
        };
        return Err(ResolveError::Mode { path: path.to_owned(), mode, who });
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(MOST_BYTES + 1));
    file.take(MOST_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > MOST_BYTES {
        return Err(ResolveError::TooLong { name: name.to_owned() });
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_file_that_others_reach_is_refused_by_its_mode() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pw");
        fs::write(&path, "s3cret\n").unwrap();
        for (mode, fine) in [
            (0o600, true),
            (0o640, true),
            (0o400, true),
            (0o644, false),
            (0o660, false),
            (0o604, false),
            (0o700, false),
        ] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            let read = read(&path, "pw");
            assert_eq!(read.is_ok(), fine, "{mode:o}");
            if let Err(error) = read {
                let text = error.to_string();
                assert!(text.contains(&format!("{mode:04o}")) && !text.contains("s3cret"), "{text}");
            }
        }
    }

    #[test]
    fn what_is_no_file_or_no_secret_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(read(dir.path(), "x"), Err(ResolveError::NotAFile { .. })));
        let pipe = dir.path().join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRUSR).unwrap();
        assert!(matches!(read(&pipe, "x"), Err(ResolveError::NotAFile { .. })));
        let long = dir.path().join("long");
        fs::write(&long, vec![b'x'; MOST_BYTES + 1]).unwrap();
        fs::set_permissions(&long, Permissions::from_mode(0o600)).unwrap();
        assert!(matches!(read(&long, "x"), Err(ResolveError::TooLong { .. })));
    }
}
