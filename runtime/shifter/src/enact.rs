//! The sole interpreter of steps: one `match`, with a file for each kind of work.
//!
//! Nothing here asks whether a step may be done; `policy` and `plan` did. What can only be known on the spot (what a
//! path turns out to be, whose it is) is checked on open descriptors, right before they are used.

use std::collections::BTreeSet;
use std::fmt;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use shifter_sys::mount::{self, Attributes, Depth};
use shifter_sys::open::{self, For, Within};
use shifter_sys::{CallError, Errno, later, node, process};

use crate::image::{ImageSource, OpenedImage};
use crate::plan::{ImagePart, Step};
use crate::privilege::Raised;
use crate::rootless::{self, NamespaceError};
use crate::trust::{self, Distrust, TrustError};

mod bind;
mod cache;
mod etc;
mod glob;
mod hook;
pub mod loops;
mod merge;
mod publish;
mod root;
pub mod tree;
mod volume;

pub use hook::HookError;
pub use publish::{Host, PublishError};
pub use root::RootError;
pub use volume::VolumeError;

use tree::{Make, Tree, TreeError};

/// What is at hand while steps are done.
#[derive(Debug)]
pub struct Enactor<'a> {
    raised: &'a Raised,
    image: OpenedImage,
    /// The file system in memory, with `upper` and `work`.
    memory: Option<OwnedFd>,
    /// What is being built: the site tree first, the container's root later.
    tree: Option<Tree>,
    /// Where that is on the host.
    at: PathBuf,
    /// Directories of the tree that no script of the site has had a hand in.
    own_places: BTreeSet<PathBuf>,
    /// Whether something may have been mounted in the site tree.
    may_have_mounts: bool,
    /// What no volume of a user may cover, beside what is never allowed.
    deny: &'a [PathBuf],
    /// Where the container appears at last, if it is not for this process.
    host: Option<Host>,
}

/// A step that failed.
#[derive(Debug)]
pub struct StepError {
    /// Which, as the plan shows it.
    pub step: String,
    /// Why.
    pub reason: Reason,
}

/// Why a step failed.
#[derive(Debug)]
pub enum Reason {
    /// A call on something the step names.
    Call(CallError),
    /// A call on this file of the host.
    Host(PathBuf, CallError),
    /// Somebody else could change a path of root's.
    Trust(TrustError),
    /// Somebody else could lead root elsewhere by a source of the site's.
    Source(TrustError),
    /// In the tree.
    Tree(TreeError),
    /// While a file system was made.
    Root(RootError),
    /// In a site's script.
    Hook(HookError),
    /// In a mount the user asked for.
    Volume(VolumeError),
    /// While it appeared in the host's mount table.
    Publish(PublishError),
    /// The host's root is one that the kernel does not let a process leave.
    RootIsInitial(CallError),
    /// Nothing of the host matches a pattern of a module.
    NoMatch(String),
    /// A directory where `etcPath` may only have files.
    DirectoryInEtc(PathBuf),
}

impl fmt::Display for StepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot build the container: step `{}` failed", self.step)
    }
}

impl std::error::Error for StepError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.reason)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Call(error) => error.fmt(f),
            Reason::Host(path, error) => write!(f, "`{}`: {error}", path.display()),
            Reason::Trust(error) | Reason::Source(error) => error.fmt(f),
            Reason::Tree(error) => error.fmt(f),
            Reason::Root(error) => error.fmt(f),
            Reason::Hook(error) => error.fmt(f),
            Reason::Volume(error) => error.fmt(f),
            Reason::Publish(error) => error.fmt(f),
            Reason::RootIsInitial(error) => write!(
                f,
                "{error}; if the root of this node is the initial ramfs, it must be left for another at boot (switch_root)"
            ),
            Reason::NoMatch(pattern) => write!(f, "this node has nothing that matches `{pattern}`"),
            Reason::DirectoryInEtc(path) => {
                write!(f, "`{}` is a directory; only files are copied from etcPath", path.display())
            }
        }
    }
}

impl std::error::Error for Reason {}

macro_rules! reasons {
    ($($error:ty => $variant:ident),* $(,)?) => {
        $(impl From<$error> for Reason {
            fn from(error: $error) -> Reason {
                Reason::$variant(error)
            }
        })*
    };
}

reasons! {
    CallError => Call,
    TrustError => Trust,
    TreeError => Tree,
    RootError => Root,
    HookError => Hook,
    VolumeError => Volume,
    PublishError => Publish,
}

/// Gives the process a mount table of its own, from which nothing goes out to the host's. It is the first thing of all
/// that is done with privilege: a directory opened before could not be mounted after (open_tree(2), `EINVAL`).
///
/// # Errors
/// Where the kernel has no such namespaces, or lets users make none.
pub fn enter_own_namespace(raised: &Raised) -> Result<(), NamespaceError> {
    if raised.is_rootless() {
        return rootless::enter(raised.caller());
    }
    process::new_mount_namespace().and_then(|()| mount::receive_only()).map_err(NamespaceError::Roots)
}

impl<'a> Enactor<'a> {
    /// Ready for the first step. The image was opened and checked; it is what gets mounted.
    #[must_use]
    pub fn new(raised: &'a Raised, image: OpenedImage, deny: &'a [PathBuf]) -> Enactor<'a> {
        let (at, own_places) = (PathBuf::new(), BTreeSet::new());
        Enactor { raised, image, memory: None, tree: None, at, own_places, may_have_mounts: false, deny, host: None }
    }

    /// Ready for a plan that ends in the host's mount table.
    #[must_use]
    pub fn for_host(self, host: Host) -> Enactor<'a> {
        Enactor { host: Some(host), ..self }
    }

    /// Does all steps in order, telling of each before it is done. On success the process is in the container, still
    /// with privilege, and every descriptor of the construction is closed.
    ///
    /// # Errors
    /// The first step that failed. What was mounted until then is in our own namespace and ends with the process.
    pub fn run(mut self, steps: &[Step], mut tell: impl FnMut(&Step)) -> Result<(), StepError> {
        for step in steps {
            tell(step);
            self.enact(step).map_err(|reason| StepError { step: step.to_string(), reason })?;
        }
        self.put_away();
        Ok(())
    }

    fn put_away(self) {
        self.image.put_away();
        self.memory.into_iter().for_each(later::close);
        self.tree.into_iter().for_each(Tree::put_away);
        later::close_all();
    }

    fn enact(&mut self, step: &Step) -> Result<(), Reason> {
        if let Some(tree) = self.tree.as_ref().filter(|_| !step.only_makes_files()) {
            tree.forget();
            self.may_have_mounts |= !matches!(step, Step::Overlay { .. });
        }
        match step {
            Step::MountPoint { at } => self.mount_point(at),
            Step::Image { at } => self.mount_image(at),
            Step::SiteTree { at, limits } => self.site_tree(at, *limits),
            Step::Directory { path, mode, image } => self.directory(path, *mode, *image),
            Step::Symlink { path, target } => self.symlink(path, target),
            Step::File { path, mode, text } => self.file(path, *mode, text.as_bytes()),
            Step::UsersDirectory { path, uid, gid } => self.users_directory(path, *uid, *gid),
            Step::UsersFile { path, uid, gid, content } => {
                let file = self.new_file(path, 0o600)?;
                node::set_owner(&file, *uid, *gid)?;
                Ok(node::write_all(file, content.bytes())?)
            }
            Step::HostFile { from, to } => self.host_file(from, to),
            Step::StaticEtc { from, groups, more } => self.static_etc(from, groups, more),
            Step::Bind(bind) => self.bind(bind),
            Step::BindEntries { from, to } => self.bind_entries(from, to),
            Step::Automount { from, names } => {
                self.automount(from, names);
                Ok(())
            }
            Step::BindMatching { pattern, missing } => self.bind_matching(pattern, *missing),
            Step::Device { pattern, missing } => self.device(pattern, *missing),
            Step::Hook { phase, script, variables } => self.hook(phase, script, variables),
            Step::Overlay { image, at } => self.overlay(image, at),
            Step::Volume { from, to, access } => Ok(self.volume(from, to, *access)?),
            Step::Cache(cache) => self.cache(cache),
            Step::ReadOnlyRoot => Ok(mount::restrict(self.tree().root(), Depth::One, Attributes::READ_ONLY, None)?),
            Step::Mark { path, text } => self.mark(path, text),
            Step::Publish { at, propagation } => self.publish(at, *propagation),
            Step::Enter => {
                mount::enter(self.tree().root())?;
                mount::pivot_to_working_directory().map_err(|error| match error.errno {
                    Errno::INVAL => Reason::RootIsInitial(error),
                    _ => error.into(),
                })
            }
        }
    }

    fn tree(&self) -> &Tree {
        self.tree.as_ref().expect("a plan makes the site tree before it puts something into it")
    }

    fn directory(&mut self, path: &Path, mode: u32, image: ImagePart) -> Result<(), Reason> {
        let is_plain = path.parent().is_some_and(|parent| parent == Path::new("/") || self.tree().is_made(parent));
        let (parent, name) = self.tree().kept_parent(path)?;
        let directory = || open::below(&parent, Path::new(name), Within::PlainBelow, For::Listing);
        let made = match node::make_dir(&parent, name, mode) {
            // Something of the site's may be there already, and it may be a link.
            Err(error) if error.errno == Errno::EXIST => {
                self.tree().place(path, Make::Directory)?;
                let there = self.tree().open_own(path)?;
                node::set_mode(&there, mode)?;
                Some(there)
            }
            made => made.map(|()| None)?,
        };
        if made.is_none() {
            self.tree().has_made(path);
            self.own_places.insert(path.to_owned());
        }
        match image {
            ImagePart::Merged => Ok(()),
            // What is mounted in a directory that is an image would be brought there.
            ImagePart::Covered if matches!(self.image.source, ImageSource::File { .. }) => Ok(()),
            // All of its path was made here, so its name is enough.
            ImagePart::Hidden | ImagePart::Covered if made.is_none() && is_plain && !self.raised.is_rootless() => {
                let place = self.at.join(path.strip_prefix("/").unwrap_or(path));
                Ok(node::set_attribute_at(&place, self.opaque(), b"y")?)
            }
            ImagePart::Hidden | ImagePart::Covered => Ok(self.hide_image_in(made.map_or_else(directory, Ok)?)?),
        }
    }

    fn symlink(&mut self, path: &Path, target: &Path) -> Result<(), Reason> {
        let (parent, name) = self.tree().kept_parent(path)?;
        Ok(node::make_symlink(target, parent, name)?)
    }

    /// Makes a directory of the user's; one that is there already is somebody else's, and is refused.
    fn users_directory(&self, path: &Path, uid: u32, gid: u32) -> Result<(), Reason> {
        let (parent, name) = self.tree().kept_parent(path)?;
        node::make_dir(&parent, name, 0o700)?;
        Ok(node::set_owner(self.tree().open_own(path)?, uid, gid)?)
    }

    /// Writes a file of the site tree, in the place of one that a hook may have made.
    fn file(&self, path: &Path, mode: u32, bytes: &[u8]) -> Result<(), Reason> {
        Ok(node::write_all(self.new_file(path, mode)?, bytes)?)
    }

    fn new_file(&self, path: &Path, mode: u32) -> Result<OwnedFd, Reason> {
        let (parent, name) = self.tree().kept_parent(path)?;
        match node::make_file(&parent, name, mode) {
            Err(error) if error.errno == Errno::EXIST => {
                node::remove(&parent, name)?;
                Ok(node::make_file(&parent, name, mode)?)
            }
            made => Ok(made?),
        }
    }
}

/// Opens a mount point of ours, whose path was checked when it was made.
fn host_place(path: &Path) -> Result<OwnedFd, Reason> {
    open::host(path, For::Place).map_err(|error| Reason::Host(path.to_owned(), error))
}

/// Whose a source of the host's must be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    /// Anybody's; but nobody's links are followed but root's.
    Anybodys,
    /// The site's own: nobody but root can put something else there.
    Sites,
}

impl Enactor<'_> {
    /// Opens something of the host to be mounted, copied or listed. Without privilege a name leads where it leads.
    fn source(&self, path: &Path, whose: Source, wanted: For) -> Result<OwnedFd, Reason> {
        let opened = match whose {
            _ if self.raised.is_rootless() => {
                return open::host(path, wanted).map_err(|error| Reason::Host(path.to_owned(), error));
            }
            Source::Anybodys => trust::source::open(path, wanted),
            Source::Sites => trust::source::open_own(path, wanted),
        };
        opened.map_err(|error| match error.reason {
            Distrust::Call(call) => Reason::Host(error.path, call),
            reason => Reason::Source(TrustError { reason, ..error }),
        })
    }
}
