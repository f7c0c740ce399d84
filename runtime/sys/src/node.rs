//! Making files below a directory descriptor. Every name is one component: nothing here walks a path.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Write as _;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{self, Gid, Mode, OFlags, Uid, XattrFlags};

use crate::call::{CallError, Errno, Named};
use crate::later;

/// mkdirat(2). The mode is what the umask leaves of it.
///
/// # Errors
/// `EEXIST` for anything there already, a dangling link too.
pub fn make_dir(parent: impl AsFd, name: &OsStr, mode: u32) -> Result<(), CallError> {
    one_component(name)?;
    fs::mkdirat(parent, name, Mode::from_raw_mode(mode)).named("mkdirat")
}

/// A new regular file (`O_CREAT | O_EXCL | O_NOFOLLOW`) for reading and writing.
///
/// # Errors
/// `EEXIST` for anything there already, a dangling link too.
pub fn make_file(parent: impl AsFd, name: &OsStr, mode: u32) -> Result<OwnedFd, CallError> {
    one_component(name)?;
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    fs::openat(parent, name, flags, Mode::from_raw_mode(mode)).named("openat")
}

/// A new regular file without a name (`O_TMPFILE`), for reading and writing.
///
/// # Errors
/// `EOPNOTSUPP` or `EISDIR` where the file system or the kernel cannot.
pub fn make_nameless(parent: impl AsFd, mode: u32) -> Result<OwnedFd, CallError> {
    let flags = OFlags::RDWR | OFlags::TMPFILE | OFlags::EXCL | OFlags::CLOEXEC;
    fs::openat(parent, ".", flags, Mode::from_raw_mode(mode)).named("openat")
}

/// A regular file to write at its end, made if it is not there (`O_APPEND | O_CREAT | O_NOFOLLOW`).
///
/// # Errors
/// `ELOOP` for a link, `ENXIO` for a fifo that nobody reads.
pub fn open_to_append(parent: impl AsFd, name: &OsStr, mode: u32) -> Result<OwnedFd, CallError> {
    open_or_make(parent, name, OFlags::WRONLY | OFlags::APPEND, mode)
}

/// A regular file to read and write, made if it is not there (`O_CREAT | O_NOFOLLOW`).
///
/// # Errors
/// `ELOOP` for a link.
pub fn open_to_change(parent: impl AsFd, name: &OsStr, mode: u32) -> Result<OwnedFd, CallError> {
    open_or_make(parent, name, OFlags::RDWR, mode)
}

fn open_or_make(parent: impl AsFd, name: &OsStr, access: OFlags, mode: u32) -> Result<OwnedFd, CallError> {
    one_component(name)?;
    let flags = access | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    fs::openat(parent, name, flags, Mode::from_raw_mode(mode)).named("openat")
}

/// renameat(2) within a directory, over what has the new name.
///
/// # Errors
/// Only what the kernel says.
pub fn rename(parent: impl AsFd, from: &OsStr, to: &OsStr) -> Result<(), CallError> {
    one_component(from)?;
    one_component(to)?;
    fs::renameat(&parent, from, &parent, to).named("renameat")
}

/// flock(2), exclusive, without waiting; `false` where somebody else has it. It ends with the descriptor.
///
/// # Errors
/// Only what the kernel says.
pub fn try_lock(fd: impl AsFd) -> Result<bool, CallError> {
    match fs::flock(fd, fs::FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(true),
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(false),
        Err(errno) => Err(errno).named("flock"),
    }
}

/// utimensat(2): modified now.
///
/// # Errors
/// `EPERM` for a file of somebody else.
pub fn touch(fd: impl AsFd) -> Result<(), CallError> {
    let now = fs::Timespec { tv_sec: 0, tv_nsec: fs::UTIME_NOW };
    let kept = fs::Timespec { tv_sec: 0, tv_nsec: fs::UTIME_OMIT };
    fs::futimens(fd, &fs::Timestamps { last_access: kept, last_modification: now }).named("utimensat")
}

/// symlinkat(2).
///
/// # Errors
/// `EEXIST` for anything there already.
pub fn make_symlink(target: &Path, parent: impl AsFd, name: &OsStr) -> Result<(), CallError> {
    one_component(name)?;
    fs::symlinkat(target, parent, name).named("symlinkat")
}

/// readlink(2) of a link of the host; it is not followed. For who knows that nobody changes the path.
///
/// # Errors
/// `EINVAL` when it is not a link.
pub fn link_at(path: &Path) -> Result<std::ffi::OsString, CallError> {
    use std::os::unix::ffi::OsStringExt as _;
    let target = fs::readlink(path, Vec::new()).named("readlink")?;
    Ok(std::ffi::OsString::from_vec(target.into_bytes()))
}

/// unlinkat(2) of something that is not a directory.
///
/// # Errors
/// Only what the kernel says.
pub fn remove(parent: impl AsFd, name: &OsStr) -> Result<(), CallError> {
    one_component(name)?;
    fs::unlinkat(parent, name, fs::AtFlags::empty()).named("unlinkat")
}

/// readlinkat(2) of a link opened as itself.
///
/// # Errors
/// `ENOENT` when the descriptor is not a link.
pub fn link_target(link: impl AsFd) -> Result<std::ffi::OsString, CallError> {
    use std::os::unix::ffi::OsStringExt as _;
    let target = fs::readlinkat(link, "", Vec::new()).named("readlinkat")?;
    Ok(std::ffi::OsString::from_vec(target.into_bytes()))
}

/// readlinkat(2) of a link in a directory; nothing is followed.
///
/// # Errors
/// `EINVAL` when it is not a link.
pub fn link_in(parent: impl AsFd, name: &OsStr) -> Result<std::ffi::OsString, CallError> {
    use std::os::unix::ffi::OsStringExt as _;
    one_component(name)?;
    let target = fs::readlinkat(parent, name, Vec::new()).named("readlinkat")?;
    Ok(std::ffi::OsString::from_vec(target.into_bytes()))
}

/// Writes all of `bytes`. It is closed [`later`].
///
/// # Errors
/// `ENOSPC` when the file system is full.
pub fn write_all(fd: OwnedFd, bytes: &[u8]) -> Result<(), CallError> {
    let mut file = File::from(fd);
    let written = file.write_all(bytes).named("write");
    later::close(file.into());
    written
}

/// sendfile(2): copies a file of this size, from where it stands. Returns how many bytes there were.
///
/// # Errors
/// `EINVAL` between file systems that cannot.
pub fn copy(from: impl AsFd, to: impl AsFd, size: u64) -> Result<u64, CallError> {
    let mut done = 0;
    while done < size {
        let rest = usize::try_from(size - done).unwrap_or(usize::MAX);
        match fs::sendfile(&to, &from, None, rest).named("sendfile")? {
            0 => break,
            length => done += length as u64,
        }
    }
    Ok(done)
}

/// ftruncate(2): a file of this length, of which nothing is stored until it is written.
///
/// # Errors
/// `EFBIG` beyond what the file system or the caller's limit allows.
pub fn set_length(fd: impl AsFd, length: u64) -> Result<(), CallError> {
    fs::ftruncate(fd, length).named("ftruncate")
}

/// fchmod(2).
///
/// # Errors
/// Only what the kernel says.
pub fn set_mode(fd: impl AsFd, mode: u32) -> Result<(), CallError> {
    fs::fchmod(fd, Mode::from_raw_mode(mode)).named("fchmod")
}

/// fchown(2).
///
/// # Errors
/// Without `CAP_CHOWN`.
pub fn set_owner(fd: impl AsFd, uid: u32, gid: u32) -> Result<(), CallError> {
    fs::fchown(fd, Some(Uid::from_raw(uid)), Some(Gid::from_raw(gid))).named("fchown")
}

/// fsetxattr(2).
///
/// # Errors
/// `EOPNOTSUPP` where the file system has no such attributes.
pub fn set_attribute(fd: impl AsFd, name: &str, value: &[u8]) -> Result<(), CallError> {
    fs::fsetxattr(fd, name, value, XattrFlags::empty()).named("fsetxattr")
}

/// lsetxattr(2): the same by a path, of a link itself. For who knows that nobody changes the path.
///
/// # Errors
/// `EOPNOTSUPP` where the file system has no such attributes.
pub fn set_attribute_at(path: &Path, name: &str, value: &[u8]) -> Result<(), CallError> {
    fs::lsetxattr(path, name, value, XattrFlags::empty()).named("lsetxattr")
}

/// fgetxattr(2) of a short value; `None` where there is none.
///
/// # Errors
/// `ERANGE` when it is longer than 512 bytes.
pub fn attribute(fd: impl AsFd, name: &str) -> Result<Option<Vec<u8>>, CallError> {
    let mut value = [0_u8; 512];
    match fs::fgetxattr(fd, name, &mut value) {
        Ok(length) => Ok(Some(value[..length].to_vec())),
        Err(rustix::io::Errno::NODATA | rustix::io::Errno::OPNOTSUPP) => Ok(None),
        Err(errno) => Err(errno).named("fgetxattr"),
    }
}

/// Whether a file has an access control list (acl(5)), by its extended attribute. The name is one that nobody changes
/// meanwhile, or that of a descriptor ([`crate::open::magic_link`]): fgetxattr(2) takes none that is only a place.
///
/// # Errors
/// Only what the kernel says.
pub fn has_acl(path: &Path) -> Result<bool, CallError> {
    match fs::getxattr(path, "system.posix_acl_access", &mut [0_u8; 0]) {
        Ok(_) | Err(rustix::io::Errno::RANGE) => Ok(true),
        Err(rustix::io::Errno::NODATA | rustix::io::Errno::OPNOTSUPP) => Ok(false),
        Err(errno) => Err(errno).named("getxattr"),
    }
}

pub(crate) fn one_component(name: &OsStr) -> Result<(), CallError> {
    use std::os::unix::ffi::OsStrExt as _;
    let bytes = name.as_bytes();
    let is_component = !bytes.is_empty() && bytes != b"." && bytes != b".." && !bytes.contains(&b'/');
    if is_component { Ok(()) } else { Err(CallError { call: "openat", errno: Errno::INVAL }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_single_components_are_made() {
        for name in ["", ".", "..", "a/b", "/a"] {
            assert_eq!(make_dir(fs::CWD, OsStr::new(name), 0o755).unwrap_err().errno, Errno::INVAL, "{name:?}");
        }
    }
}
