//! A directory tree that is being built, reached only through the descriptor of its root.
//!
//! Every path is resolved by the kernel as if the root were `/`, so no link leads out of it. New files are made in a
//! parent that was opened first, by one name, and only on the root's own mount: never in something of the host that
//! is mounted in the tree.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fmt;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use shifter_sys::open::{self, Facts, For, Kind, Within};
use shifter_sys::{CallError, Errno, later, node};

/// A tree under construction.
#[derive(Debug)]
pub struct Tree {
    root: Rc<OwnedFd>,
    mount_id: OnceCell<u64>,
    /// Directories in which something was made, so that files beside each other need one walk.
    kept: RefCell<BTreeMap<PathBuf, Rc<OwnedFd>>>,
    /// Directories that were made here a moment ago, so that nobody else can have changed what their names stand for.
    made: RefCell<BTreeSet<PathBuf>>,
}

/// Why something could not be made in a tree.
#[derive(Debug)]
pub struct TreeError {
    /// Which path of the container.
    pub path: PathBuf,
    /// Why.
    pub reason: Reason,
}

/// Why.
#[derive(Debug)]
pub enum Reason {
    /// The missing part would be in something mounted there, not in the container's own tree.
    OnForeignMount(PathBuf),
    /// One is a directory and the other is a file.
    OtherKind(Kind),
    /// The kernel says no.
    Call(CallError),
}

impl fmt::Display for TreeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` in the container: ", self.path.display())?;
        match &self.reason {
            Reason::OnForeignMount(parent) => write!(
                f,
                "not there, and `{}` is mounted from elsewhere, where no mount point is made",
                parent.display()
            ),
            Reason::OtherKind(Kind::Directory) => f.write_str("is a directory, where a file is to go"),
            Reason::OtherKind(_) => f.write_str("is not a directory, where one is to go"),
            Reason::Call(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for TreeError {}

/// What to make where something is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Make {
    /// A directory.
    Directory,
    /// An empty file.
    File,
}

impl Make {
    /// What a mount of this kind goes onto.
    #[must_use]
    pub fn matching(kind: Kind) -> Make {
        if kind == Kind::Directory { Make::Directory } else { Make::File }
    }
}

impl Tree {
    /// The tree whose root this is.
    #[must_use]
    pub fn at(root: OwnedFd) -> Tree {
        Tree { root: Rc::new(root), mount_id: OnceCell::new(), kept: RefCell::default(), made: RefCell::default() }
    }

    /// Closes what it has open.
    pub fn put_away(self) {
        self.forget();
        if let Some(root) = Rc::into_inner(self.root) {
            later::close(root);
        }
    }

    /// Its root.
    #[must_use]
    pub fn root(&self) -> &OwnedFd {
        &self.root
    }

    /// The mount the root is on.
    ///
    /// # Errors
    /// Only what the kernel says.
    pub fn mount_id(&self) -> Result<u64, CallError> {
        if let Some(&known) = self.mount_id.get() {
            return Ok(known);
        }
        let asked = open::facts(&self.root)?.mount_id;
        Ok(*self.mount_id.get_or_init(|| asked))
    }

    /// Opens what is there.
    ///
    /// # Errors
    /// `ENOENT` and the like.
    pub fn open(&self, path: &Path, wanted: For) -> Result<OwnedFd, TreeError> {
        open::below(&self.root, inside(path), Within::Root, wanted).map_err(|error| failed(path, error))
    }

    /// Opens a directory of the tree itself for reading; not one that is mounted in it.
    ///
    /// # Errors
    /// When something is mounted there.
    pub fn open_own(&self, path: &Path) -> Result<OwnedFd, TreeError> {
        let directory = self.open(path, For::Listing)?;
        let facts = open::facts(&directory).map_err(|error| failed(path, error))?;
        if facts.mount_id == self.mount_id().map_err(|error| failed(path, error))? {
            return Ok(directory);
        }
        Err(TreeError { path: path.to_owned(), reason: Reason::OnForeignMount(path.to_owned()) })
    }

    /// Opens a place to mount on, made (0755 or 0644) with its parents where it is missing.
    ///
    /// # Errors
    /// When the missing part is in a mount of something else, or the kinds do not match.
    pub fn place(&self, path: &Path, make: Make) -> Result<(OwnedFd, Facts), TreeError> {
        let fd = match self.open(path, For::Place) {
            Ok(fd) => fd,
            Err(TreeError { reason: Reason::Call(error), .. }) if error.errno == Errno::NOENT => {
                self.make(path, make)?;
                self.open(path, For::Place)?
            }
            Err(error) => return Err(error),
        };
        let facts = open::facts(&fd).map_err(|error| failed(path, error))?;
        if (facts.kind == Kind::Directory) == (make == Make::Directory) {
            Ok((fd, facts))
        } else {
            Err(TreeError { path: path.to_owned(), reason: Reason::OtherKind(facts.kind) })
        }
    }

    fn make(&self, path: &Path, make: Make) -> Result<(), TreeError> {
        let (parent, name) = self.parent(path)?;
        match make {
            Make::Directory => node::make_dir(&parent, name, 0o755),
            Make::File => node::make_file(&parent, name, 0o644).map(drop),
        }
        .map_err(|error| failed(path, error))
    }

    /// The parent of a path, made with its own parents, on the root's own mount, and the last name of the path.
    ///
    /// # Errors
    /// When the parent is on another mount or is not a directory.
    pub fn parent<'a>(&self, path: &'a Path) -> Result<(OwnedFd, &'a OsStr), TreeError> {
        let plain = inside(path);
        let (Some(parent), Some(name)) = (plain.parent(), plain.file_name()) else {
            return Err(failed(path, CallError { call: "openat2", errno: Errno::EXIST }));
        };
        let directory = match self.open(parent, For::Place) {
            Ok(directory) => directory,
            Err(TreeError { reason: Reason::Call(error), .. }) if error.errno == Errno::NOENT => {
                self.make_all(parent, path)?
            }
            Err(error) => return Err(error),
        };
        self.own(&directory, plain, path)?;
        Ok((directory, name))
    }

    /// The same, kept for the next path that has the same parent. Between the two nothing may be mounted or renamed.
    ///
    /// # Errors
    /// As [`Tree::parent`].
    pub fn kept_parent<'a>(&self, path: &'a Path) -> Result<(Rc<OwnedFd>, &'a OsStr), TreeError> {
        let parent = path.parent().unwrap_or(path);
        if let (Some(directory), Some(name)) = (self.kept.borrow().get(parent), path.file_name()) {
            return Ok((Rc::clone(directory), name));
        }
        let (directory, name) = match path.file_name() {
            Some(name) if parent == Path::new("/") => return Ok((Rc::clone(&self.root), name)),
            Some(name) if self.is_made(parent) => {
                let directory = open::below(&self.root, inside(parent), Within::PlainBelow, For::Place);
                (directory.map_err(|error| failed(path, error))?, name)
            }
            _ => self.parent(path)?,
        };
        let directory = Rc::new(directory);
        self.kept.borrow_mut().insert(parent.to_owned(), Rc::clone(&directory));
        Ok((directory, name))
    }

    /// A directory was made here, and is its own mount's.
    pub fn has_made(&self, path: &Path) {
        self.made.borrow_mut().insert(path.to_owned());
    }

    /// Whether a directory was made here, with nothing but that happening since.
    #[must_use]
    pub fn is_made(&self, path: &Path) -> bool {
        self.made.borrow().contains(path)
    }

    /// Keeps no directory any longer, and knows none.
    pub fn forget(&self) {
        self.made.take();
        self.kept.take().into_values().filter_map(Rc::into_inner).for_each(later::close);
    }

    /// Makes what is missing of the directories that lead to `path`, on the root's own mount.
    fn make_all(&self, parent: &Path, path: &Path) -> Result<OwnedFd, TreeError> {
        let mut here = PathBuf::new();
        let mut directory = self.open(Path::new("/"), For::Place)?;
        for component in parent.components() {
            let Component::Normal(step) = component else {
                return Err(failed(path, CallError { call: "openat2", errno: Errno::INVAL }));
            };
            here.push(step);
            directory = match self.open(&here, For::Place) {
                Ok(next) => next,
                Err(TreeError { reason: Reason::Call(error), .. }) if error.errno == Errno::NOENT => {
                    self.own(&directory, &here, path)?;
                    node::make_dir(&directory, step, 0o755).map_err(|error| failed(&here, error))?;
                    self.open(&here, For::Place)?
                }
                Err(error) => return Err(error),
            };
        }
        Ok(directory)
    }

    /// Refuses a directory that is not on the root's own mount, in which `missing` was to be made.
    fn own(&self, directory: impl AsFd, missing: &Path, path: &Path) -> Result<(), TreeError> {
        let facts = open::facts(directory).map_err(|error| failed(path, error))?;
        if facts.mount_id == self.mount_id().map_err(|error| failed(path, error))? {
            return Ok(());
        }
        let parent = Path::new("/").join(missing.parent().unwrap_or(Path::new("")));
        Err(TreeError { path: path.to_owned(), reason: Reason::OnForeignMount(parent) })
    }
}

/// `/a/b/` → `a/b`.
fn inside(path: &Path) -> &Path {
    path.strip_prefix("/").unwrap_or(path)
}

fn failed(path: &Path, error: CallError) -> TreeError {
    TreeError { path: path.to_owned(), reason: Reason::Call(error) }
}
