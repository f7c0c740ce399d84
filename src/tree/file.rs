//! Looking at a file in its place, and putting another there.

use super::error::{io, std_io};
use super::{Place, Tree, TreeError};
use rustix::fs::{
    AtFlags, FileType, Mode, OFlags, StatxAttributes, StatxFlags, XattrFlags, fchmod, fgetxattr, fsetxattr, fstat,
    openat, statx,
};
use rustix::io::Errno;
use std::ffi::OsString;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::fchown;
use std::path::PathBuf;

/// The largest file that is taken for one of ours.
const MOST: u64 = 16 << 20;

/// The extended attribute that SELinux keeps its label in.
const LABEL: &str = "security.selinux";

/// Owner and group by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ids {
    /// The owner.
    pub uid: u32,
    /// The group.
    pub gid: u32,
}

/// A file as it lies there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// What it holds.
    pub bytes: Vec<u8>,
    /// Whose it is.
    pub ids: Ids,
    /// Its mode, without the type.
    pub mode: u32,
    /// Its SELinux label, where it has one.
    pub label: Option<Vec<u8>>,
    /// Its inode number, the seconds and nanoseconds of its last change: two looks at one version are the same.
    pub stamp: (u64, i64, u64),
}

/// What lies at a path.
#[derive(Debug)]
pub enum Look {
    /// Nothing.
    Absent,
    /// A file.
    File(Installed),
    /// Something that must not be replaced, or is not reached safely.
    Obstacle(TreeError),
}

impl Tree {
    /// Looks at the file at `path`.
    ///
    /// # Errors
    /// When the system refuses; what is wrong with the file or its directories is an [`Look::Obstacle`].
    pub fn look(&self, path: &str) -> Result<Look, TreeError> {
        let look = match self.parent_of(path) {
            Ok(None) => return Ok(Look::Absent),
            Ok(Some(place)) => place.look(),
            Err(error) => Err(error),
        };
        match look {
            Ok(None) => Ok(Look::Absent),
            Ok(Some(file)) => Ok(Look::File(file)),
            Err(error) if error.is_obstacle() => Ok(Look::Obstacle(error)),
            Err(error) => Err(error),
        }
    }
}

impl Place {
    /// The file; none when it is not there.
    ///
    /// # Errors
    /// When something else is there.
    pub fn look(&self) -> Result<Option<Installed>, TreeError> {
        let path = self.shown();
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let found = match openat(&self.dir, &*self.name, flags, Mode::empty()) {
            Ok(found) => found,
            Err(Errno::NOENT) => return Ok(None),
            Err(errno) => return Err(io("open", &path)(errno)),
        };
        // ORDER: the type first. Opening a FIFO or a device to read from it is an act of its own.
        let seen = fstat(&found).map_err(io("look at", &path))?;
        let is = match FileType::from_raw_mode(seen.st_mode) {
            FileType::RegularFile => None,
            FileType::Directory => Some("a directory"),
            FileType::Symlink => Some("a symlink"),
            FileType::Fifo => Some("a FIFO"),
            FileType::Socket => Some("a socket"),
            _ => Some("a device"),
        };
        if let Some(is) = is {
            return Err(TreeError::NotAFile { path, is });
        }
        for (fd, path) in [(found.as_fd(), path.clone()), (self.dir.as_fd(), self.dir.path().to_owned())] {
            refuse_immutable(fd, path)?;
        }
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let fd = openat(&self.dir, &*self.name, flags, Mode::empty()).map_err(io("read", &path))?;
        let seen = fstat(&fd).map_err(io("look at", &path))?;
        let size = u64::try_from(seen.st_size).unwrap_or_default();
        if FileType::from_raw_mode(seen.st_mode) != FileType::RegularFile {
            return Err(TreeError::NotAFile { path, is: "something else by now" });
        }
        if size > MOST {
            return Err(TreeError::TooLarge { path, bytes: size, most: MOST });
        }
        let label = label(&fd);
        let mut bytes = Vec::new();
        File::from(fd).take(MOST).read_to_end(&mut bytes).map_err(std_io("read", &path))?;
        Ok(Some(Installed {
            bytes,
            ids: Ids { uid: seen.st_uid, gid: seen.st_gid },
            mode: seen.st_mode & 0o7777,
            label,
            stamp: (seen.st_ino, seen.st_mtime, seen.st_mtime_nsec),
        }))
    }

    /// Writes a file beside its place under the name [`Place::beside`] gives, with owner and mode set on the
    /// descriptor, synced and read back.
    ///
    /// # Errors
    /// When the system refuses; then nothing is left of it.
    pub fn stage(
        self,
        tag: &str,
        bytes: &[u8],
        ids: Option<Ids>,
        mode: u32,
        label: Option<&[u8]>,
    ) -> Result<Staged, TreeError> {
        let temporary = self.beside(tag);
        let staged = Staged { place: self, temporary };
        match staged.write(bytes, ids, mode, label) {
            Ok(()) => Ok(staged),
            Err(error) => {
                // The error that brought us here is the one to report.
                drop(staged.discard());
                Err(error)
            }
        }
    }

    /// The name of the staged file beside a file: hidden, so that no program that reads a whole directory takes it.
    #[must_use]
    pub fn beside(&self, tag: &str) -> OsString {
        let mut name = OsString::from(".");
        name.push(&self.name);
        name.push(".shifter-site-");
        name.push(tag);
        name
    }
}

/// A file beside its place.
#[derive(Debug)]
pub struct Staged {
    place: Place,
    temporary: OsString,
}

impl Staged {
    fn shown(&self) -> PathBuf {
        self.place.dir.path().join(&self.temporary)
    }

    fn write(&self, bytes: &[u8], ids: Option<Ids>, mode: u32, label: Option<&[u8]>) -> Result<(), TreeError> {
        let (dir, path) = (&self.place.dir, self.shown());
        dir.remove(&self.temporary)?;
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd =
            openat(dir, &*self.temporary, flags, Mode::from_raw_mode(mode & 0o600)).map_err(io("create", &path))?;
        let mut file = File::from(fd);
        file.write_all(bytes).map_err(std_io("write", &path))?;
        // ORDER: the owner first, because chown(2) clears set-id bits and the mode must never be wider than meant.
        if let Some(Ids { uid, gid }) = ids {
            fchown(&file, Some(uid), Some(gid)).map_err(std_io("set the owner of", &path))?;
        }
        fchmod(&file, Mode::from_raw_mode(mode)).map_err(io("set the mode of", &path))?;
        if let Some(label) = label {
            match fsetxattr(&file, LABEL, label, XattrFlags::empty()) {
                // Where the label cannot be kept, the policy's own for the directory holds.
                Ok(()) | Err(Errno::NOTSUP | Errno::PERM | Errno::INVAL) => {}
                Err(errno) => return Err(io("set the label of", &path)(errno)),
            }
        }
        file.sync_all().map_err(std_io("sync", &path))?;
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let read = match openat(dir, &*self.temporary, flags, Mode::empty()) {
            Ok(fd) => File::from(fd),
            // A mode that shuts out an owner who is not root: the descriptor still reads.
            Err(Errno::ACCESS) => file.try_clone().map_err(std_io("read back", &path))?,
            Err(errno) => return Err(io("read back", &path)(errno)),
        };
        let mut back = Vec::new();
        rustix::fs::seek(&read, rustix::fs::SeekFrom::Start(0)).map_err(io("read back", &path))?;
        (&read).read_to_end(&mut back).map_err(std_io("read back", &path))?;
        if back == bytes { Ok(()) } else { Err(TreeError::ReadBack { path }) }
    }

    /// Puts it in its place at one instant.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn put(&self) -> Result<(), TreeError> {
        self.place.dir.rename(&self.temporary, &self.place.name)
    }

    /// Takes it away again.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn discard(&self) -> Result<(), TreeError> {
        self.place.dir.remove(&self.temporary)
    }
}

fn refuse_immutable(fd: impl AsFd, path: PathBuf) -> Result<(), TreeError> {
    match statx(fd, "", AtFlags::EMPTY_PATH, StatxFlags::empty()) {
        Ok(seen) if seen.stx_attributes.contains(StatxAttributes::IMMUTABLE) => Err(TreeError::Immutable { path }),
        // A kernel before 4.11 cannot say.
        _ => Ok(()),
    }
}

fn label(fd: &OwnedFd) -> Option<Vec<u8>> {
    let mut buffer = [0_u8; 1024];
    let length = fgetxattr(fd, LABEL, &mut buffer[..]).ok()?;
    buffer
        .get(..length)
        .filter(|label| !label.is_empty())
        .map(|label| std::ffi::OsStr::from_bytes(label).as_bytes().to_vec())
}
