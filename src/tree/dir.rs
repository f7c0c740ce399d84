//! An opened directory, and what is done in it.

use super::TreeError;
use super::error::{io, std_io};
use rustix::fs::{AtFlags, Mode, OFlags, RawDir, fsync, mkdirat, openat, renameat, statat, unlinkat};
use rustix::io::Errno;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// An opened directory. Names are single: no `/` in them.
#[derive(Debug)]
pub struct Dir {
    fd: OwnedFd,
    path: PathBuf,
}

impl AsFd for Dir {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Dir {
    pub(super) fn new(fd: OwnedFd, path: PathBuf) -> Self {
        Self { fd, path }
    }

    /// Its real path, for messages.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The directory `name` in it; none when it is not there.
    ///
    /// # Errors
    /// When it is none.
    pub fn dir(&self, name: &str) -> Result<Option<Self>, TreeError> {
        let path = self.path.join(name);
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match openat(&self.fd, name, flags, Mode::empty()) {
            Ok(fd) => Ok(Some(Self { fd, path })),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(io("open the directory", &path)(errno)),
        }
    }

    /// The directory `name` in it, for its owner alone, made where it is missing.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn make_dir(&self, name: &str) -> Result<Self, TreeError> {
        let path = self.path.join(name);
        match mkdirat(&self.fd, name, Mode::from_raw_mode(0o700)) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(errno) => return Err(io("make the directory", &path)(errno)),
        }
        self.sync()?;
        self.dir(name)?.ok_or(TreeError::NotADirectory { path })
    }

    /// Takes away the empty directory `name`; one that is not empty stays.
    ///
    /// # Errors
    /// When it cannot be taken away for another reason.
    pub fn remove_empty_dir(&self, name: &OsStr) -> Result<(), TreeError> {
        match unlinkat(&self.fd, name, AtFlags::REMOVEDIR) {
            Ok(()) | Err(Errno::NOENT | Errno::NOTEMPTY | Errno::EXIST | Errno::BUSY) => Ok(()),
            Err(Errno::ROFS) if !self.has(name) => Ok(()),
            Err(errno) => Err(io("take away the directory", &self.path.join(name))(errno)),
        }
    }

    /// Takes away the directory `name` with all in it. Symlinks in it are taken away, not followed.
    ///
    /// # Errors
    /// When something cannot be taken away.
    pub fn remove_all(&self, name: &str) -> Result<(), TreeError> {
        let Some(dir) = self.dir(name)? else { return Ok(()) };
        for entry in dir.names()? {
            match unlinkat(&dir.fd, &*entry, AtFlags::empty()) {
                Ok(()) => {}
                Err(Errno::ISDIR | Errno::PERM) => match entry.to_str() {
                    Some(entry) => dir.remove_all(entry)?,
                    None => return Err(TreeError::NotADirectory { path: dir.path.join(entry) }),
                },
                Err(errno) => return Err(io("take away", &dir.path.join(&entry))(errno)),
            }
        }
        self.remove_empty_dir(OsStr::new(name))?;
        self.sync()
    }

    /// The names in it, sorted.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn names(&self) -> Result<Vec<OsString>, TreeError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let own = openat(&self.fd, ".", flags, Mode::empty()).map_err(io("open the directory", &self.path))?;
        let mut buffer = [MaybeUninit::uninit(); 8192];
        let mut entries = RawDir::new(own, &mut buffer);
        let mut names = Vec::new();
        while let Some(entry) = entries.next() {
            let entry = entry.map_err(io("list", &self.path))?;
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." {
                names.push(OsStr::from_bytes(name).to_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    /// The bytes of the file `name`; none when it is not there.
    ///
    /// # Errors
    /// When it cannot be read, or is a symlink.
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>, TreeError> {
        let path = self.path.join(name);
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let fd = match openat(&self.fd, name, flags, Mode::empty()) {
            Ok(fd) => fd,
            Err(Errno::NOENT) => return Ok(None),
            Err(errno) => return Err(io("read", &path)(errno)),
        };
        let mut bytes = Vec::new();
        File::from(fd).read_to_end(&mut bytes).map_err(std_io("read", &path))?;
        Ok(Some(bytes))
    }

    /// Makes the new file `name` for its owner alone, synced.
    ///
    /// # Errors
    /// When it is there already or cannot be written.
    pub fn write_new(&self, name: &str, bytes: &[u8]) -> Result<(), TreeError> {
        let path = self.path.join(name);
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = openat(&self.fd, name, flags, Mode::from_raw_mode(0o600)).map_err(io("create", &path))?;
        let mut file = File::from(fd);
        file.write_all(bytes).and_then(|()| file.sync_all()).map_err(std_io("write", &path))
    }

    /// Puts `bytes` into the file `name` at one instant.
    ///
    /// # Errors
    /// When it cannot be written; the file is then as it was.
    pub fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), TreeError> {
        let temporary = format!(".{name}.new");
        self.remove(OsStr::new(&temporary))?;
        let written =
            self.write_new(&temporary, bytes).and_then(|()| self.rename(OsStr::new(&temporary), OsStr::new(name)));
        if written.is_err() {
            // The error that brought us here is the one to report.
            drop(self.remove(OsStr::new(&temporary)));
        }
        written
    }

    /// Renames within the directory, and syncs it.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn rename(&self, from: &OsStr, to: &OsStr) -> Result<(), TreeError> {
        renameat(&self.fd, from, &self.fd, to).map_err(io("rename to", &self.path.join(to)))?;
        self.sync()
    }

    /// Takes away the file `name`, if it is there, and syncs the directory.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn remove(&self, name: &OsStr) -> Result<(), TreeError> {
        match unlinkat(&self.fd, name, AtFlags::empty()) {
            Ok(()) => self.sync(),
            Err(Errno::NOENT) => Ok(()),
            // A read-only file system says so before it looks whether there is anything to take away.
            Err(Errno::ROFS) if !self.has(name) => Ok(()),
            Err(errno) => Err(io("take away", &self.path.join(name))(errno)),
        }
    }

    fn has(&self, name: &OsStr) -> bool {
        !matches!(statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW), Err(Errno::NOENT))
    }

    /// Waits until the names of the directory are on disk.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn sync(&self) -> Result<(), TreeError> {
        fsync(&self.fd).map_err(io("sync", &self.path))
    }
}
