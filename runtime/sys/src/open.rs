//! Opening and looking at files by descriptor (openat2(2), statx(2)).

use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{self, AtFlags, CWD, Mode, OFlags, ResolveFlags, StatxFlags};

use crate::call::{CallError, Errno, Named};
use crate::later;

/// How far a path may lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    /// The descriptor is `/`: absolute links and `..` stay inside. Magic links (`/proc/*/fd/*`) are refused.
    Root,
    /// Nothing may lead outside, and no symbolic link is followed anywhere.
    PlainBelow,
}

impl Within {
    fn flags(self) -> ResolveFlags {
        match self {
            Within::Root => ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS,
            Within::PlainBelow => ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS | ResolveFlags::NO_SYMLINKS,
        }
    }
}

/// What a descriptor is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum For {
    /// Only as a place (`O_PATH`), whatever it is; a link at the end is followed.
    Place,
    /// Only as a place; a link at the end is the place itself.
    Itself,
    /// Reading. A fifo does not block, a terminal does not become ours.
    Reading,
    /// Listing a directory.
    Listing,
    /// Reading and writing a device; a terminal does not become ours.
    Device,
}

impl For {
    fn flags(self) -> OFlags {
        OFlags::CLOEXEC
            | match self {
                For::Place => OFlags::PATH,
                For::Itself => OFlags::PATH | OFlags::NOFOLLOW,
                For::Reading => OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY,
                For::Listing => OFlags::RDONLY | OFlags::DIRECTORY,
                For::Device => OFlags::RDWR | OFlags::NOCTTY,
            }
    }
}

/// openat2(2) below a directory. An empty path or `.` is the directory itself.
///
/// # Errors
/// `EXDEV` or `ELOOP` when the path leads where it may not.
pub fn below(root: impl AsFd, path: &Path, within: Within, wanted: For) -> Result<OwnedFd, CallError> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    // EAGAIN: a rename raced with `..` (openat2(2)); the kernel asks to try again.
    for _ in 0..64 {
        match open_at(&root, path, wanted, within.flags()) {
            Err(error) if error.errno == Errno::AGAIN => {}
            result => return result,
        }
    }
    Err(CallError { call: "openat2", errno: Errno::BUSY })
}

fn open_at(root: impl AsFd, path: &Path, wanted: For, resolve: ResolveFlags) -> Result<OwnedFd, CallError> {
    let open = || fs::openat2(&root, path, wanted.flags(), Mode::empty(), resolve);
    let opened = match open() {
        Err(rustix::io::Errno::MFILE) => {
            later::close_all();
            open()
        }
        opened => opened,
    };
    opened.named("openat2")
}

/// openat2(2) of a host path, links followed, magic links not.
///
/// # Errors
/// Only what the kernel says.
pub fn host(path: &Path, wanted: For) -> Result<OwnedFd, CallError> {
    open_at(CWD, path, wanted, ResolveFlags::NO_MAGICLINKS)
}

/// openat2(2) of a host path on which no link is followed anywhere.
///
/// # Errors
/// `ELOOP` for a link.
pub fn host_plain(path: &Path, wanted: For) -> Result<OwnedFd, CallError> {
    open_at(CWD, path, wanted, ResolveFlags::NO_SYMLINKS)
}

/// What a link of `/proc/PID` leads to, as a place (proc_pid_root(5) and the like).
///
/// # Errors
/// `EACCES` for a process that the caller may not look into.
pub fn by_link_of_proc(link: &Path) -> Result<OwnedFd, CallError> {
    fs::openat(CWD, link, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).named("openat")
}

/// The path by which a descriptor can be reached now, seen from the root of this process.
///
/// # Errors
/// `ENOENT` without `/proc`.
pub fn path_of(fd: impl AsFd) -> Result<std::path::PathBuf, CallError> {
    use std::os::unix::ffi::OsStringExt as _;
    let path = fs::readlink(magic_link(fd), Vec::new()).named("readlink")?;
    Ok(std::ffi::OsString::from_vec(path.into_bytes()).into())
}

/// The name below `/proc` by which the kernel finds the very file of a descriptor, whatever its own name is now.
#[must_use]
pub fn magic_link(fd: impl AsFd) -> std::path::PathBuf {
    use std::os::fd::AsRawFd as _;
    format!("/proc/thread-self/fd/{}", fd.as_fd().as_raw_fd()).into()
}

/// What kind of file a descriptor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A directory.
    Directory,
    /// A regular file.
    Regular,
    /// A symbolic link, opened as itself.
    Symlink,
    /// A socket.
    Socket,
    /// A device or a fifo.
    Special,
}

/// Facts about an open file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// What it is.
    pub kind: Kind,
    /// Permission bits, with setuid, setgid and sticky (07777).
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Bytes.
    pub size: u64,
    /// The mount it was reached through, as in `/proc/self/mountinfo` (Linux 5.8).
    pub mount_id: u64,
    /// Whether it is the root of that mount.
    pub is_mount_root: bool,
    /// Which file it is.
    pub identity: Identity,
}

/// What tells a file from every other one of this host, and from itself after a change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The device it is on: major and minor number.
    pub device: (u32, u32),
    /// Its number there.
    pub inode: u64,
    /// Bytes.
    pub size: u64,
    /// When its content changed last: seconds and nanoseconds.
    pub modified: (i64, u32),
    /// When its content or anything about it changed last: seconds and nanoseconds.
    pub changed: (i64, u32),
}

/// statx(2) of the open file itself.
///
/// # Errors
/// Only what the kernel says.
pub fn facts(fd: impl AsFd) -> Result<Facts, CallError> {
    facts_at(fd, Path::new(""), AtFlags::EMPTY_PATH)
}

/// statx(2) of a host path; a link at the end is looked at itself. For who knows already that nobody changes it.
///
/// # Errors
/// Only what the kernel says.
pub fn facts_of(path: &Path) -> Result<Facts, CallError> {
    facts_at(CWD, path, AtFlags::SYMLINK_NOFOLLOW)
}

fn facts_at(directory: impl AsFd, path: &Path, flags: AtFlags) -> Result<Facts, CallError> {
    let wanted = StatxFlags::BASIC_STATS | StatxFlags::MNT_ID;
    let stat = fs::statx(directory, path, flags, wanted).named("statx")?;
    let kind = match fs::FileType::from_raw_mode(stat.stx_mode.into()) {
        fs::FileType::Directory => Kind::Directory,
        fs::FileType::RegularFile => Kind::Regular,
        fs::FileType::Symlink => Kind::Symlink,
        fs::FileType::Socket => Kind::Socket,
        _ => Kind::Special,
    };
    Ok(Facts {
        kind,
        mode: u32::from(stat.stx_mode) & 0o7777,
        uid: stat.stx_uid,
        gid: stat.stx_gid,
        size: stat.stx_size,
        mount_id: stat.stx_mnt_id,
        is_mount_root: stat.stx_attributes.contains(fs::StatxAttributes::MOUNT_ROOT),
        identity: Identity {
            device: (stat.stx_dev_major, stat.stx_dev_minor),
            inode: stat.stx_ino,
            size: stat.stx_size,
            modified: (stat.stx_mtime.tv_sec, stat.stx_mtime.tv_nsec),
            changed: (stat.stx_ctime.tv_sec, stat.stx_ctime.tv_nsec),
        },
    })
}

/// The number of the mount an open place is on. Its file system is not asked: what is cached will do (statx(2),
/// `AT_STATX_DONT_SYNC`), so one that does not answer holds nobody up.
///
/// # Errors
/// Only what the kernel says.
pub fn mount_of(place: impl AsFd) -> Result<u64, CallError> {
    let flags = AtFlags::EMPTY_PATH | AtFlags::STATX_DONT_SYNC | AtFlags::NO_AUTOMOUNT;
    Ok(fs::statx(place, "", flags, StatxFlags::MNT_ID).named("statx")?.stx_mnt_id)
}

/// statx(2) of the open file itself.
///
/// # Errors
/// Only what the kernel says.
pub fn identity(fd: impl AsFd) -> Result<Identity, CallError> {
    facts(fd).map(|facts| facts.identity)
}

/// The type of the file system an open file is on (statfs(2), `f_type`).
///
/// # Errors
/// Only what the kernel says.
pub fn filesystem_type(fd: impl AsFd) -> Result<u32, CallError> {
    let statfs = fs::fstatfs(fd).named("fstatfs")?;
    // The numbers of `<linux/magic.h>` have 32 bits, the field has more, with a sign.
    Ok(u32::try_from(statfs.f_type & i64::from(u32::MAX)).unwrap_or(u32::MAX))
}

/// Whether nothing can be executed on the mount an open file is on (fstatvfs(3), `ST_NOEXEC`).
///
/// # Errors
/// Only what the kernel says.
pub fn is_on_noexec(fd: impl AsFd) -> Result<bool, CallError> {
    Ok(fs::fstatvfs(fd).named("fstatvfs")?.f_flag.contains(fs::StatVfsMountFlags::NOEXEC))
}

/// The type of the file system a host path is on (statfs(2), `f_type`). For who knows that nobody changes the path.
///
/// # Errors
/// Only what the kernel says.
pub fn filesystem_type_of(path: &Path) -> Result<u32, CallError> {
    let statfs = fs::statfs(path).named("statfs")?;
    Ok(u32::try_from(statfs.f_type & i64::from(u32::MAX)).unwrap_or(u32::MAX))
}

/// Reads a file to its end, refusing more than `limit` bytes. It is closed [`later`].
///
/// # Errors
/// `EFBIG` when it is longer.
pub fn read_all(fd: OwnedFd, limit: u64) -> Result<Vec<u8>, CallError> {
    // Room for the files of a start, so that one call reads and one finds the end.
    read_until(fd, 16 << 10, u64::MAX, limit)
}

/// The same for a regular file of this size, of which the end need not be looked for.
///
/// # Errors
/// `EFBIG` when it is longer than `limit`.
pub fn read_sized(fd: OwnedFd, size: u64, limit: u64) -> Result<Vec<u8>, CallError> {
    // Files of the kernel's own say that they are empty.
    let end = if size == 0 { u64::MAX } else { size };
    read_until(fd, usize::try_from(size.min(limit)).unwrap_or(0).max(16 << 10), end, limit)
}

fn read_until(fd: OwnedFd, room: usize, end: u64, limit: u64) -> Result<Vec<u8>, CallError> {
    let mut bytes = Vec::with_capacity(room);
    let outcome = loop {
        if bytes.len() as u64 > limit {
            break Err(nix::errno::Errno::EFBIG).named("read");
        }
        bytes.reserve(bytes.capacity().min(4096));
        match rustix::io::read(&fd, rustix::buffer::spare_capacity(&mut bytes)) {
            Ok(0) => break Ok(()),
            Ok(_) if bytes.len() as u64 == end && end <= limit => break Ok(()),
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(errno) => break Err(errno).named("read"),
        }
    };
    later::close(fd);
    outcome.map(|()| bytes)
}

/// The names in a directory from where it stands, which is the first one if it was just opened, sorted by their bytes,
/// without `.` and `..`.
///
/// # Errors
/// When the descriptor was not opened [`For::Listing`].
pub fn names(fd: impl AsFd) -> Result<Vec<std::ffi::OsString>, CallError> {
    use std::os::unix::ffi::OsStrExt as _;
    let mut names = Vec::new();
    let mut room = Vec::with_capacity(16 << 10);
    let mut entries = fs::RawDir::new(fd, room.spare_capacity_mut());
    while let Some(entry) = entries.next() {
        let entry = entry.named("getdents64")?;
        let name = entry.file_name().to_bytes();
        if name != b"." && name != b".." {
            names.push(std::ffi::OsStr::from_bytes(name).to_owned());
        }
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_link_cannot_leave_its_root() {
        let dir = std::env::temp_dir().join(format!("sys-open-{}", std::process::id()));
        std::fs::create_dir_all(dir.join("etc")).unwrap();
        std::fs::write(dir.join("etc/passwd"), "inside").unwrap();
        symlink("/etc/passwd", dir.join("absolute")).unwrap();
        symlink("../../../../../etc/passwd", dir.join("dots")).unwrap();
        let root = host(&dir, For::Place).unwrap();
        for name in ["absolute", "dots", "../../etc/passwd"] {
            let fd = below(&root, Path::new(name), Within::Root, For::Reading).unwrap();
            assert_eq!(read_all(fd, 10).unwrap(), b"inside", "{name}");
            let refused = below(&root, Path::new(name), Within::PlainBelow, For::Reading).unwrap_err();
            assert_eq!(refused.call, "openat2");
        }
        std::fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn a_magic_link_is_refused() {
        let root = host(Path::new("/"), For::Place).unwrap();
        let error = below(&root, Path::new("proc/self/fd/0"), Within::Root, For::Place).unwrap_err();
        assert_eq!(error.errno, Errno::LOOP);
    }

    #[test]
    fn a_file_longer_than_the_limit_is_refused() {
        let fd = host(Path::new("/proc/self/mountinfo"), For::Reading).unwrap();
        assert_eq!(read_all(fd, 3).unwrap_err().to_string(), "read: File too large");
    }
}
