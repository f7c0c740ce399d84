//! The directory that is a node's `/`, and files as the node would find them in it.

use nix::fcntl::{OFlag, OpenHow, ResolveFlag, open, openat2};
use nix::sys::stat::Mode;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// The node's own `/`, or a directory that will be it.
#[derive(Debug)]
pub struct Root(Option<PathBuf>);

impl Root {
    /// `dir`, or the running system.
    #[must_use]
    pub fn new(dir: Option<&Path>) -> Self {
        Self(dir.filter(|dir| *dir != Path::new("/")).map(Path::to_owned))
    }

    /// Whether this is the running system.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.0.is_none()
    }

    /// A path of the node as one of this host. Links of the node may lead out of it; [`Root::open`] does not.
    #[must_use]
    pub fn path(&self, path: &Path) -> PathBuf {
        self.0.as_ref().map_or_else(|| path.to_owned(), |root| root.join(path.strip_prefix("/").unwrap_or(path)))
    }

    /// The file at the absolute `path`. Links count as on the node: an absolute one stays below the root
    /// (openat2(2), RESOLVE_IN_ROOT). A pipe is opened, and not waited for.
    ///
    /// # Errors
    /// The system's answer.
    pub fn open(&self, path: &Path) -> io::Result<File> {
        let flags = OFlag::O_RDONLY | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
        let Some(root) = &self.0 else { return Ok(File::from(open(path, flags, Mode::empty())?)) };
        let dir = open(root, OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC, Mode::empty())?;
        let how =
            OpenHow::new().flags(flags).resolve(ResolveFlag::RESOLVE_IN_ROOT | ResolveFlag::RESOLVE_NO_MAGICLINKS);
        match openat2(&dir, path, how) {
            // Before Linux 5.6 there is no such call.
            Err(nix::Error::ENOSYS) => Ok(File::from(open(&self.path(path), flags, Mode::empty())?)),
            answer => Ok(File::from(answer?)),
        }
    }

    /// All bytes of a regular file.
    ///
    /// # Errors
    /// The system's answer, and that it is no regular file.
    pub fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let mut file = self.open(path)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn links_stay_below_the_root() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("etc")).unwrap();
        fs::write(dir.path().join("there"), "below").unwrap();
        std::os::unix::fs::symlink("/there", dir.path().join("etc/link")).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", dir.path().join("etc/out")).unwrap();
        let root = Root::new(Some(dir.path()));
        assert_eq!(root.read(Path::new("/etc/link")).unwrap(), b"below");
        assert_eq!(root.read(Path::new("/etc/out")).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(root.read(Path::new("/etc")).unwrap_err().to_string(), "not a regular file");
        assert!(Root::new(Some(Path::new("/"))).is_own());
    }
}
