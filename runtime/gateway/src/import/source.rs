//! A file of the host, opened for a user who could open it too.
//!
//! Each directory from the allowed one on is opened by itself, on the descriptor of the one before, and a link is refused:
//! whoever renames directories meanwhile cannot lead the gateway elsewhere (openat(2), `O_NOFOLLOW`). What the user may is
//! read from the owner, group and mode of what was opened. A POSIX access control list could say otherwise, so who is not
//! the owner of a thing that has one is refused (acl(5)).

use std::fs::{File, Metadata};
use std::io;
use std::os::fd::{AsFd, AsRawFd as _, OwnedFd};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Component, Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{OFlag, open, openat};
use nix::sys::stat::Mode;

use super::ImportError;

/// Somebody who asks for a file.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    /// The user.
    pub(crate) uid: u32,
    /// All groups of the user.
    pub(crate) groups: Vec<u32>,
}

/// What is wanted of a file or directory: the bit of others, to be shifted for groups and owners.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Want {
    Read = 0o4,
    Search = 0o1,
}

impl Reader {
    /// As the kernel decides for a process of the user (path_resolution(7)): the first class that fits counts.
    fn may(&self, want: Want, facts: &Metadata) -> bool {
        let shift = match facts {
            _ if self.uid == 0 => return true,
            facts if facts.uid() == self.uid => 6,
            facts if self.groups.contains(&facts.gid()) => 3,
            _ => 0,
        };
        facts.mode() >> shift & want as u32 != 0
    }

    fn check(&self, want: Want, opened: &OwnedFd, path: &Path) -> Result<Metadata, ImportError> {
        let facts = facts(opened).map_err(read(path))?;
        let is_owner = self.uid == 0 || facts.uid() == self.uid;
        if !is_owner && has_access_list(opened).map_err(read(path))? {
            return Err(ImportError::AccessList(path.to_owned()));
        }
        match self.may(want, &facts) {
            true => Ok(facts),
            false => Err(ImportError::NotReadable(path.to_owned())),
        }
    }
}

/// Opens `path` below one of `directories`, for reading.
pub(crate) fn open_for(reader: &Reader, path: &Path, directories: &[PathBuf]) -> Result<File, ImportError> {
    let is_plain = path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
    let below = directories.iter().filter(|_| is_plain).find_map(|dir| Some((dir, path.strip_prefix(dir).ok()?)));
    let (directory, rest) = below.ok_or_else(|| ImportError::Outside(path.to_owned()))?;
    let flags = OFlag::O_PATH | OFlag::O_CLOEXEC;
    // The site named it, links and all.
    let mut at = open(directory, flags | OFlag::O_DIRECTORY, Mode::empty()).map_err(failed(directory))?;
    let mut walked = directory.clone();
    for part in rest.components() {
        reader.check(Want::Search, &at, &walked)?;
        walked.push(part);
        at = openat(at.as_fd(), part.as_os_str(), flags | OFlag::O_NOFOLLOW, Mode::empty()).map_err(failed(&walked))?;
        if facts(&at).map_err(read(&walked))?.is_symlink() {
            return Err(ImportError::Link(walked));
        }
    }
    if !reader.check(Want::Read, &at, path)?.is_file() {
        return Err(ImportError::NoFile(path.to_owned()));
    }
    // The very file that was looked at (proc(5), `/proc/self/fd`).
    let nonblocking = OFlag::O_NONBLOCK.bits();
    File::options().read(true).custom_flags(nonblocking).open(by_descriptor(&at)).map_err(read(path))
}

fn by_descriptor(opened: &OwnedFd) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", opened.as_raw_fd()))
}

fn facts(opened: &OwnedFd) -> io::Result<Metadata> {
    File::from(opened.try_clone()?).metadata()
}

/// Whether there are rights beside those of the mode.
fn has_access_list(opened: &OwnedFd) -> io::Result<bool> {
    use rustix::io::Errno;
    let mut nothing = [0_u8; 0];
    match rustix::fs::getxattr(by_descriptor(opened), "system.posix_acl_access", &mut nothing) {
        Ok(_) => Ok(true),
        Err(Errno::NODATA | Errno::OPNOTSUPP) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn read(path: &Path) -> impl FnOnce(io::Error) -> ImportError + use<'_> {
    move |source| ImportError::Read { path: path.to_owned(), source }
}

fn failed(path: &Path) -> impl FnOnce(Errno) -> ImportError + use<'_> {
    move |errno| read(path)(errno.into())
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
    use std::process::Command;

    use super::*;

    /// A tree that belongs to uid 4000 and gid 5000: `allowed/sub/file`, and `secret` beside `allowed`.
    fn tree() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let allowed = dir.path().join("allowed");
        fs::create_dir_all(allowed.join("sub")).unwrap();
        for name in ["allowed/sub/file", "secret"] {
            fs::write(dir.path().join(name), "x").unwrap();
        }
        for (name, mode) in [("", 0o755), ("sub", 0o755), ("sub/file", 0o640)] {
            chown(allowed.join(name), Some(4000), Some(5000)).unwrap();
            fs::set_permissions(allowed.join(name), Permissions::from_mode(mode)).unwrap();
        }
        (dir, allowed)
    }

    fn open_as(uid: u32, groups: &[u32], path: &Path, allowed: &Path) -> Result<(), String> {
        let reader = Reader { uid, groups: groups.to_vec() };
        open_for(&reader, path, &[allowed.to_owned()]).map(drop).map_err(|error| error.to_string())
    }

    #[test]
    fn a_file_is_read_for_those_whom_its_mode_lets_read_it() {
        let (_dir, allowed) = tree();
        let file = allowed.join("sub/file");
        let not = Err(format!("you may not read `{}`", file.display()));
        assert_eq!(open_as(4000, &[], &file, &allowed), Ok(()));
        assert_eq!(open_as(4001, &[5000], &file, &allowed), Ok(()));
        assert_eq!(open_as(4001, &[5001], &file, &allowed), not);
        assert_eq!(open_as(0, &[], &file, &allowed), Ok(()));
        fs::set_permissions(&file, Permissions::from_mode(0o044)).unwrap();
        assert_eq!(open_as(4000, &[5000], &file, &allowed), not, "its owner is not among the others");
        fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
        fs::set_permissions(allowed.join("sub"), Permissions::from_mode(0o700)).unwrap();
        assert!(open_as(4001, &[], &file, &allowed).is_err(), "a closed directory closes what is below it");
    }

    #[test]
    fn no_link_and_no_other_directory_is_followed() {
        let (dir, allowed) = tree();
        let secret = dir.path().join("secret");
        let open = |path: &Path| open_as(0, &[], path, &allowed).unwrap_err();
        assert!(open(&secret).contains("is not below a directory"));
        assert!(open(&allowed.join("../secret")).contains("is not below a directory"));
        symlink(&secret, allowed.join("link")).unwrap();
        assert!(open(&allowed.join("link")).ends_with("is a link: name the file itself"));
        symlink("sub", allowed.join("dir")).unwrap();
        assert!(open(&allowed.join("dir/file")).ends_with("is a link: name the file itself"));
        assert!(open(&allowed.join("sub")).ends_with("is no regular file"));
        assert!(open(&allowed).ends_with("is no regular file"));
        let pipe = allowed.join("pipe");
        nix::unistd::mkfifo(&pipe, Mode::from_bits_truncate(0o644)).unwrap();
        assert!(open(&pipe).ends_with("is no regular file"));
    }

    #[test]
    fn an_access_control_list_is_not_guessed_at() {
        let (_dir, allowed) = tree();
        let file = allowed.join("sub/file");
        let made = Command::new("setfacl").args(["-m", "u:4001:r"]).arg(&file).status();
        if !made.is_ok_and(|status| status.success()) {
            eprintln!("skipped: this file system has no access control lists");
            return;
        }
        let error = open_as(4001, &[5000], &file, &allowed).unwrap_err();
        assert!(error.contains("has an access control list"), "{error}");
        assert_eq!(open_as(4000, &[], &file, &allowed), Ok(()));
    }
}
