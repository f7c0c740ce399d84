//! What can be looked at: this node, or the files below a directory.

use super::deadline::within;
use super::program::{self, NoAnswer};
use nix::fcntl::{OFlag, OpenHow, ResolveFlag, openat2};
use nix::sys::stat::Mode;
use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The longest text that is read: a passwd of a large site has some ten megabytes.
const LONGEST: u64 = 64 << 20;

/// What can be looked at.
#[derive(Clone)]
pub(crate) struct Sight {
    /// The directory that is the root; none where that is this node's own.
    below: Option<Arc<OwnedFd>>,
    /// Where the directory really is, for [`Sight::real`].
    place: String,
    limit: Duration,
}

impl Sight {
    pub(crate) fn new(root: &Path, limit: Duration) -> io::Result<Self> {
        let place = root.canonicalize()?;
        if place == Path::new("/") {
            return Ok(Self { below: None, place: String::new(), limit });
        }
        let directory =
            File::options().read(true).custom_flags(OFlag::O_DIRECTORY.bits()).open(&place).map(OwnedFd::from)?;
        Ok(Self { below: Some(Arc::new(directory)), place: place.to_string_lossy().into_owned(), limit })
    }

    /// Whether this is the node itself: only then are programs run and is the kernel asked.
    pub(super) fn is_live(&self) -> bool {
        self.below.is_none()
    }

    /// How long one thing may take.
    pub(super) fn limit(&self) -> Duration {
        self.limit
    }

    /// Opens a path. Below a directory no link leads out of it.
    pub(super) fn open(&self, path: &str, flags: OFlag) -> io::Result<File> {
        let flags = flags | OFlag::O_CLOEXEC;
        match &self.below {
            // Nodes with kernels before openat2 (Linux 5.6) have facts too, and there is nothing to stay below.
            None => Ok(nix::fcntl::open(path, flags, Mode::empty())?.into()),
            Some(directory) => {
                let how = OpenHow::new().flags(flags).resolve(ResolveFlag::RESOLVE_IN_ROOT);
                Ok(openat2(directory.as_fd(), path.trim_start_matches('/'), how)?.into())
            }
        }
    }

    /// The path of something opened, links resolved, as seen from the root.
    pub(super) fn real(&self, file: &File) -> Option<String> {
        let link = std::fs::read_link(handle(file)).ok()?;
        let path = link.to_str()?.strip_prefix(&self.place)?.to_owned();
        Some(if path.is_empty() { "/".to_owned() } else { path })
    }

    /// A regular file, open for reading, and its path as seen from the root with all links resolved.
    pub(crate) fn real_file(&self, path: &str) -> io::Result<(String, File)> {
        let (sight, path) = (self.clone(), path.to_owned());
        let open = move || {
            let file = sight.open(&path, OFlag::O_RDONLY | OFlag::O_NONBLOCK)?;
            if !file.metadata()?.is_file() {
                return Err(io::Error::other("not a regular file"));
            }
            let real = sight.real(&file).ok_or_else(|| io::Error::other("its path is not UTF-8"))?;
            Ok((real, file))
        };
        within(self.limit, open).unwrap_or_else(|| Err(self.late()))
    }

    /// The text of a regular file. Bytes that are no UTF-8 are replaced.
    pub(super) fn read(&self, path: &str) -> io::Result<String> {
        let bytes = self.read_bytes(path, LONGEST)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The first bytes of a regular file.
    pub(crate) fn read_bytes(&self, path: &str, most: u64) -> io::Result<Vec<u8>> {
        let (sight, path) = (self.clone(), path.to_owned());
        let read = move || {
            // A pipe without a writer must not hold the reader.
            let file = sight.open(&path, OFlag::O_RDONLY | OFlag::O_NONBLOCK)?;
            if !file.metadata()?.is_file() {
                return Err(io::Error::other("not a regular file"));
            }
            let mut bytes = Vec::new();
            file.take(most).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        within(self.limit, read).unwrap_or_else(|| Err(self.late()))
    }

    /// Owner, mode, kind and size of what is at a path; of a link those of the link itself.
    pub(crate) fn about(&self, path: &str) -> io::Result<Metadata> {
        let (sight, path) = (self.clone(), path.to_owned());
        let about = move || sight.open(&path, OFlag::O_PATH | OFlag::O_NOFOLLOW)?.metadata();
        within(self.limit, about).unwrap_or_else(|| Err(self.late()))
    }

    /// The names in a directory, sorted.
    pub(crate) fn list(&self, path: &str) -> io::Result<Vec<String>> {
        let (sight, path) = (self.clone(), path.to_owned());
        let list = move || {
            let directory = sight.open(&path, OFlag::O_RDONLY | OFlag::O_DIRECTORY)?;
            let entries = std::fs::read_dir(handle(&directory))?;
            let name = |entry: io::Result<std::fs::DirEntry>| Ok(entry?.file_name().to_string_lossy().into_owned());
            let mut names = entries.map(name).collect::<io::Result<Vec<String>>>()?;
            names.sort();
            Ok(names)
        };
        within(self.limit, list).unwrap_or_else(|| Err(self.late()))
    }

    /// Whether there is something at a path.
    pub(super) fn has(&self, path: &str) -> bool {
        let (sight, path) = (self.clone(), path.to_owned());
        within(self.limit, move || sight.open(&path, OFlag::O_PATH).is_ok()).unwrap_or(false)
    }

    /// What a program of the node says, which is run only on the node.
    pub(super) fn run(&self, name: &str, arguments: &[&str]) -> Result<String, NoAnswer> {
        self.run_with(name, arguments, "")
    }

    /// The same with a text on its standard input.
    pub(super) fn run_with(&self, name: &str, arguments: &[&str], input: &str) -> Result<String, NoAnswer> {
        if !self.is_live() {
            return Err(NoAnswer::NotHere);
        }
        program::run(name, arguments, input, self.limit)
    }

    /// What is said of something that did not answer.
    pub(super) fn late(&self) -> io::Error {
        io::Error::new(io::ErrorKind::TimedOut, format!("no answer within {} s", self.limit.as_secs_f64()))
    }
}

/// The name of an open file in `/proc`, which works where the file was opened without the right to read.
pub(super) fn handle(file: &File) -> String {
    format!("/proc/self/fd/{}", file.as_raw_fd())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_link_leads_out_of_the_root() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("etc")).unwrap();
        std::fs::write(root.path().join("etc/hostname"), "inside\n").unwrap();
        std::os::unix::fs::symlink("/etc/hostname", root.path().join("absolute")).unwrap();
        std::os::unix::fs::symlink("../../../../etc/hostname", root.path().join("etc/up")).unwrap();
        let sight = Sight::new(root.path(), Duration::from_secs(60)).unwrap();
        assert_eq!(sight.read("/absolute").unwrap(), "inside\n");
        assert_eq!(sight.read("/etc/up").unwrap(), "inside\n");
        let file = sight.open("/absolute", OFlag::O_PATH).unwrap();
        assert_eq!(sight.real(&file).unwrap(), "/etc/hostname");
        assert!(sight.run("true", &[]).is_err());
    }

    #[test]
    fn a_pipe_is_not_waited_for() {
        let root = tempfile::tempdir().unwrap();
        nix::unistd::mkfifo(&root.path().join("passwd"), Mode::S_IRUSR | Mode::S_IWUSR).unwrap();
        let sight = Sight::new(root.path(), Duration::from_secs(60)).unwrap();
        assert_eq!(sight.read("/passwd").unwrap_err().to_string(), "not a regular file");
    }
}
