//! A directory tree, for machines where images cannot be mounted.
//!
//! The tree is built below a directory this writer made and holds open. Every step of every path is
//! resolved by openat2(2) with `RESOLVE_BENEATH` and `RESOLVE_NO_SYMLINKS` (Linux 5.6), so that no
//! name of an image can lead anywhere else. Modes of directories are set at the end, the deepest
//! first: a layer may describe a directory that its own files could not be put into.

use std::fs::File;
use std::io::{self, Read, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, OpenHow, ResolveFlag, openat2};
use nix::sys::stat::{Mode, UtimensatFlags, fchmod, mkdirat, utimensat};
use nix::sys::time::TimeSpec;
use nix::unistd::{Gid, Uid, fchown, fchownat, linkat, symlinkat};

use super::error::ConvertError;
use super::policy::Attributes;
use super::temporary;
use super::unpacked::Unpacked;
use super::writer::{ImageWriter, WriteError, pass_on};
use crate::pull::Made;

/// A directory being filled.
pub(crate) struct DirectoryWriter {
    root: OwnedFd,
    output: Unpacked,
    /// In the order they were made: parents first.
    directories: Vec<(Vec<u8>, Attributes)>,
    bytes: u64,
    /// Whether owners can be set; otherwise everything belongs to the user who pulls.
    is_root: bool,
}

impl DirectoryWriter {
    /// Makes a directory of mode 0700 with a random name between `prefix` and `suffix`.
    pub(crate) fn create(parent: &Path, prefix: &str, suffix: &str) -> Result<Self, ConvertError> {
        let failed = |source| ConvertError::Output { path: parent.to_owned(), source };
        let output = tempfile::Builder::new().prefix(prefix).suffix(suffix).tempdir_in(parent).map_err(failed)?;
        let root = File::open(output.path()).map_err(failed)?;
        temporary::hold(&root);
        let output = Unpacked::new(output);
        Ok(Self { root: root.into(), output, directories: Vec::new(), bytes: 0, is_root: Uid::effective().is_root() })
    }

    fn open(&self, path: &[u8], flags: OFlag) -> nix::Result<OwnedFd> {
        let how = OpenHow::new()
            .flags(flags | OFlag::O_CLOEXEC | OFlag::O_NOFOLLOW)
            .mode(if flags.contains(OFlag::O_CREAT) { Mode::S_IRUSR | Mode::S_IWUSR } else { Mode::empty() })
            .resolve(ResolveFlag::RESOLVE_BENEATH | ResolveFlag::RESOLVE_NO_SYMLINKS);
        openat2(&self.root, path, how)
    }

    /// The directory of `path`, opened, and the last name.
    fn parent<'p>(&self, path: &'p [u8]) -> nix::Result<(OwnedFd, &'p [u8])> {
        let (parent, name) = match path.iter().rposition(|byte| *byte == b'/') {
            Some(slash) => (&path[..slash], &path[slash + 1..]),
            None => (&b"."[..], path),
        };
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY;
        Ok((self.open(parent, flags)?, name))
    }

    fn set(&self, file: &OwnedFd, attributes: Attributes) -> nix::Result<()> {
        if self.is_root {
            let (uid, gid) = (attributes.uid.into(), attributes.gid.into());
            fchown(file, Some(uid), Some(gid))?;
        }
        // After the owner: changing it takes set-id bits away.
        fchmod(file, Mode::from_bits_truncate(attributes.mode.into()))?;
        let time = TimeSpec::new(attributes.mtime.into(), 0);
        nix::sys::stat::futimens(file, &time, &time)
    }

    fn failed(&self, path: &[u8]) -> impl FnOnce(Errno) -> ConvertError {
        let path = self.output.path().join(as_path(path));
        move |errno| ConvertError::Output { path, source: io::Error::from(errno) }
    }

    /// Sets the modes of the directories, and gives the whole.
    pub(super) fn complete(self) -> Result<Unpacked, ConvertError> {
        for (path, attributes) in self.directories.iter().rev() {
            let name = if path.is_empty() { b"." } else { &path[..] };
            let set = || {
                let directory = self.open(name, OFlag::O_RDONLY | OFlag::O_DIRECTORY)?;
                self.set(&directory, *attributes)
            };
            set().map_err(self.failed(path))?;
        }
        Ok(self.output)
    }
}

fn as_path(path: &[u8]) -> &Path {
    use std::os::unix::ffi::OsStrExt as _;
    Path::new(std::ffi::OsStr::from_bytes(path))
}

impl ImageWriter for DirectoryWriter {
    fn directory(&mut self, path: &[u8], attributes: Attributes) -> Result<(), ConvertError> {
        if !path.is_empty() {
            let make = || {
                let (parent, name) = self.parent(path)?;
                mkdirat(parent, name, Mode::S_IRWXU)
            };
            make().map_err(self.failed(path))?;
        }
        self.directories.push((path.to_vec(), attributes));
        Ok(())
    }

    fn symlink(&mut self, path: &[u8], target: &[u8], attributes: Attributes) -> Result<(), ConvertError> {
        let make = || {
            let (parent, name) = self.parent(path)?;
            symlinkat(target, &parent, name)?;
            if self.is_root {
                let (uid, gid) = (Uid::from(attributes.uid), Gid::from(attributes.gid));
                let flags = AtFlags::AT_SYMLINK_NOFOLLOW;
                fchownat(&parent, name, Some(uid), Some(gid), flags)?;
            }
            let time = TimeSpec::new(attributes.mtime.into(), 0);
            utimensat(&parent, name, &time, &time, UtimensatFlags::NoFollowSymlink)
        };
        make().map_err(self.failed(path))
    }

    fn file(
        &mut self,
        path: &[u8],
        attributes: Attributes,
        size: u64,
        content: &mut dyn Read,
    ) -> Result<(), WriteError> {
        let flags = OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_WRONLY;
        let file = self.open(path, flags).map_err(self.failed(path))?;
        let mut file = File::from(file);
        pass_on(content, |bytes| {
            file.write_all(bytes)
                .map_err(|source| ConvertError::Output { path: self.output.path().join(as_path(path)), source })
        })?;
        self.set(&file.into(), attributes).map_err(self.failed(path))?;
        self.bytes += size;
        Ok(())
    }

    fn hard_link(&mut self, path: &[u8], target: &[u8]) -> Result<(), ConvertError> {
        let link = || {
            let (old, old_name) = self.parent(target)?;
            let (new, new_name) = self.parent(path)?;
            linkat(&old, old_name, &new, new_name, AtFlags::empty())
        };
        link().map_err(self.failed(path))
    }

    fn finish(self: Box<Self>) -> Result<(Made, u64), ConvertError> {
        let bytes = self.bytes;
        let root = self
            .root
            .try_clone()
            .map_err(|source| ConvertError::Output { path: self.output.path().to_owned(), source })?;
        let output = self.complete()?;
        let synced = nix::unistd::syncfs(root.as_fd());
        synced.map_err(|errno| ConvertError::Output { path: output.path().to_owned(), source: errno.into() })?;
        Ok((Made::Directory(output), bytes))
    }
}
