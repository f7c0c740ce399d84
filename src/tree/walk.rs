//! From the root to the directory of a file, one name at a time.

use super::error::io;
use super::trust::Sticky;
use super::{Dir, Tree, TreeError};
use rustix::fs::{FileType, Mode, OFlags, fstat, mkdirat, openat, readlinkat};
use rustix::io::Errno;
use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// As many symlinks as the kernel follows (path_resolution(7)).
const MOST_SYMLINKS: usize = 40;

/// The opened directory of a file, and the file's name in it.
#[derive(Debug)]
pub struct Place {
    /// The directory.
    pub dir: Dir,
    /// The name in it.
    pub name: OsString,
}

impl Place {
    /// The real path of the file, for messages.
    #[must_use]
    pub fn shown(&self) -> PathBuf {
        self.dir.path().join(&self.name)
    }
}

/// What is done about a directory that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Absent {
    Said,
    Made(u32),
}

impl Tree {
    /// Where the file `path` lies, an absolute path within the tree. None when a directory on the way is not there.
    ///
    /// # Errors
    /// When the way is not safe.
    pub fn parent_of(&self, path: &str) -> Result<Option<Place>, TreeError> {
        let (parents, name) = split(path)?;
        let dir = self.walk(parents, Absent::Said, &mut Vec::new())?;
        let Some(dir) = dir else { return Ok(None) };
        self.last(&dir)?;
        Ok(Some(Place { dir, name: name.to_owned() }))
    }

    /// The same, with missing directories made with mode 0755. What was made is added to `made`, outermost first.
    ///
    /// # Errors
    /// When the way is not safe, or a directory cannot be made.
    pub fn make_parent_of(&self, path: &str, made: &mut Vec<PathBuf>) -> Result<Place, TreeError> {
        let (parents, name) = split(path)?;
        let dir = self
            .walk(parents, Absent::Made(0o755), made)?
            .ok_or_else(|| TreeError::NotAPath { path: path.to_owned() })?;
        self.last(&dir)?;
        Ok(Place { dir, name: name.to_owned() })
    }

    /// The directory `path`; none when it is not there.
    ///
    /// # Errors
    /// When the way is not safe.
    pub fn dir(&self, path: &str) -> Result<Option<Dir>, TreeError> {
        let dir = self.walk(path.as_bytes(), Absent::Said, &mut Vec::new())?;
        dir.iter().try_for_each(|dir| self.last(dir))?;
        Ok(dir)
    }

    /// The directory `path` as one on the way to others: it may be sticky. None when it is not there.
    ///
    /// # Errors
    /// When the way is not safe.
    pub fn dir_on_the_way(&self, path: &str) -> Result<Option<Dir>, TreeError> {
        self.walk(path.as_bytes(), Absent::Said, &mut Vec::new())
    }

    /// The directory `path`, made with `mode` where it or one above it is missing.
    ///
    /// # Errors
    /// When the way is not safe, or a directory cannot be made.
    pub fn make_dir(&self, path: &str, mode: u32) -> Result<Dir, TreeError> {
        let dir = self.walk(path.as_bytes(), Absent::Made(mode), &mut Vec::new())?;
        let dir = dir.ok_or_else(|| TreeError::NotAPath { path: path.to_owned() })?;
        self.last(&dir)?;
        Ok(dir)
    }

    fn last(&self, dir: &Dir) -> Result<(), TreeError> {
        let seen = fstat(dir).map_err(io("look at", dir.path()))?;
        self.trusted.check(dir.path(), &seen, Sticky::Refused)
    }

    fn walk(&self, path: &[u8], absent: Absent, made: &mut Vec<PathBuf>) -> Result<Option<Dir>, TreeError> {
        let mut open: Vec<(OwnedFd, OsString)> = Vec::new();
        let mut left: VecDeque<OsString> = names(path).collect();
        let mut symlinks = 0;
        let shown = |open: &[(OwnedFd, OsString)]| {
            let mut path = self.path.clone();
            path.extend(open.iter().map(|(_, name)| name));
            path
        };
        while let Some(name) = left.pop_front() {
            if name == ".." {
                open.pop();
                continue;
            }
            let here = open.last().map_or(self.root.as_fd(), |(fd, _)| fd.as_fd());
            let path = shown(&open).join(&name);
            let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let found = match (openat(here, &*name, flags, Mode::empty()), absent) {
                (Err(Errno::NOENT), Absent::Said) => return Ok(None),
                (Err(Errno::NOENT), Absent::Made(mode)) => {
                    match mkdirat(here, &*name, Mode::from_raw_mode(mode)) {
                        Ok(()) => made.push(within(&self.path, &path)),
                        Err(Errno::EXIST) => {}
                        Err(errno) => return Err(io("make the directory", &path)(errno)),
                    }
                    let dir = openat(here, &*name, flags | OFlags::DIRECTORY, Mode::empty())
                        .map_err(io("open the directory", &path))?;
                    // The caller's umask may have taken bits away that readers need.
                    let own = openat(&dir, ".", OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
                        .map_err(io("open the directory", &path))?;
                    rustix::fs::fchmod(&own, Mode::from_raw_mode(mode)).map_err(io("set the mode of", &path))?;
                    let above = openat(here, ".", OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty());
                    above.and_then(rustix::fs::fsync).map_err(io("sync the directory above", &path))?;
                    Ok(dir)
                }
                (other, _) => other,
            }
            .map_err(io("open", &path))?;
            let seen = fstat(&found).map_err(io("look at", &path))?;
            match FileType::from_raw_mode(seen.st_mode) {
                FileType::Symlink => {
                    symlinks += 1;
                    if symlinks > MOST_SYMLINKS {
                        return Err(TreeError::Loop { path });
                    }
                    let to = readlinkat(&found, "", Vec::new()).map_err(io("read the symlink", &path))?;
                    if to.to_bytes().starts_with(b"/") {
                        open.clear();
                    }
                    for name in names(to.to_bytes()).collect::<Vec<_>>().into_iter().rev() {
                        left.push_front(name);
                    }
                }
                FileType::Directory => {
                    self.trusted.check(&path, &seen, Sticky::Passed)?;
                    open.push((found, name));
                }
                _ => return Err(TreeError::NotADirectory { path }),
            }
        }
        let path = shown(&open);
        let here = open.last().map_or(self.root.as_fd(), |(fd, _)| fd.as_fd());
        // Opened anew for reading, because a descriptor of O_PATH cannot be synced.
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = openat(here, ".", flags, Mode::empty()).map_err(io("open the directory", &path))?;
        Ok(Some(Dir::new(fd, path)))
    }
}

/// A path of the world as a path within the tree.
fn within(root: &Path, path: &Path) -> PathBuf {
    Path::new("/").join(path.strip_prefix(root).unwrap_or(path))
}

/// The names of a path that lead anywhere.
fn names(path: &[u8]) -> impl Iterator<Item = OsString> {
    path.split(|byte| *byte == b'/')
        .filter(|name| !name.is_empty() && *name != b".")
        .map(|name| OsStr::from_bytes(name).to_owned())
}

/// The directories and the last name of an absolute path.
fn split(path: &str) -> Result<(&[u8], &OsStr), TreeError> {
    let (parents, name) = path.rsplit_once('/').filter(|_| path.starts_with('/')).unwrap_or_default();
    if name.is_empty() || name == "." || name == ".." || path.contains('\0') {
        return Err(TreeError::NotAPath { path: path.to_owned() });
    }
    Ok((parents.as_bytes(), OsStr::new(name)))
}
