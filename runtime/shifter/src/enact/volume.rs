//! A mount the user asked for: from one place of his container to another.
//!
//! Both ends are opened with the user's own rights, with the container as the root of every link, before either is
//! looked at; from then on only the descriptors are used. So there is no moment at which a path could be swapped, and
//! nothing the user could not reach is reached.

use std::ffi::OsString;
use std::fmt;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use shifter_sys::mount::{self, Attributes, Depth, Propagation};
use shifter_sys::open::{self, For, Kind};
use shifter_sys::{CallError, Errno, node};

use super::Enactor;
use super::tree::{Reason as TreeReason, Tree, TreeError};
use crate::plan::Access;
use crate::policy::{self, ForbiddenTarget};

/// Why there is no such mount.
#[derive(Debug)]
pub enum VolumeError {
    /// In the container's tree.
    Tree(TreeError),
    /// Neither a directory, nor a file, nor a socket.
    OddSource(PathBuf),
    /// Nothing may be mounted there.
    Forbidden(ForbiddenTarget),
    /// A directory of an image file, in which a start without privilege can make nothing.
    OfTheImage(PathBuf),
    /// Something the site mounted is there.
    CoversSite(PathBuf),
    /// A call.
    Call(CallError),
}

impl fmt::Display for VolumeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            VolumeError::Tree(error) => error.fmt(f),
            VolumeError::OddSource(path) => {
                write!(f, "`{}` is neither a directory, nor a file, nor a socket", path.display())
            }
            VolumeError::Forbidden(error) => error.fmt(f),
            VolumeError::OfTheImage(path) => write!(
                f,
                "`{}` is a directory of the image file, in which nothing can be made without privilege; mount on a place that \
                 the image has, or on one that is in none of its directories",
                path.display()
            ),
            VolumeError::CoversSite(path) => {
                write!(f, "`{}` is in what the site has mounted, and is not yours", path.display())
            }
            VolumeError::Call(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for VolumeError {}

impl From<TreeError> for VolumeError {
    fn from(error: TreeError) -> VolumeError {
        VolumeError::Tree(error)
    }
}

impl From<CallError> for VolumeError {
    fn from(error: CallError) -> VolumeError {
        VolumeError::Call(error)
    }
}

/// The last place of a path that is there, and the names missing below it.
struct Deepest {
    place: OwnedFd,
    missing: Vec<OsString>,
}

impl Enactor<'_> {
    pub(super) fn volume(&self, from: &Path, to: &Path, access: Access) -> Result<(), VolumeError> {
        let (source, target) =
            self.raised.as_user(|_user| (self.tree().open(from, For::Place), deepest(self.tree(), to)));
        let (source, target) = (source?, target?);
        let kind = open::facts(&source)?.kind;
        if matches!(kind, Kind::Special | Kind::Symlink) {
            return Err(VolumeError::OddSource(from.to_owned()));
        }
        let place = self.target(to, kind, target)?;
        let mut add = Attributes::NOSUID.and(Attributes::NODEV);
        if access == Access::ReadOnly {
            add = add.and(Attributes::READ_ONLY);
        }
        // With all mounts below, so that the user sees what he saw before and nothing that a mount of the site hid.
        let copy = mount::clone_at(&source, Depth::Tree)?;
        mount::restrict(&copy, Depth::Tree, add, Some(Propagation::Private))?;
        Ok(mount::attach(copy, place)?)
    }

    /// The place for something of the user's that is no volume.
    pub(super) fn users_place(&self, to: &Path) -> Result<OwnedFd, VolumeError> {
        let target = self.raised.as_user(|_user| deepest(self.tree(), to))?;
        self.target(to, Kind::Directory, target)
    }

    /// The place to mount on. It is judged by where it really is, whatever links led there, and before anything is made.
    fn target(&self, to: &Path, source: Kind, target: Deepest) -> Result<OwnedFd, VolumeError> {
        let root = open::path_of(self.tree().root())?;
        let real = open::path_of(&target.place)?;
        // A directory that was renamed out of the container meanwhile has no place in it any more.
        let Ok(inside) = real.strip_prefix(&root) else { return Err(VolumeError::CoversSite(to.to_owned())) };
        let real = Path::new("/").join(inside);
        let wanted = target.missing.iter().rev().fold(real.clone(), |path, name| path.join(name));
        policy::check_volume_target(&wanted, self.deny).map_err(VolumeError::Forbidden)?;

        let facts = open::facts(&target.place)?;
        let is_own = facts.mount_id == self.tree().mount_id()?;
        if target.missing.is_empty() {
            if !is_own && facts.uid != self.raised.caller().uid && !policy::is_for_everybody(&wanted) {
                return Err(VolumeError::CoversSite(wanted));
            }
            if (facts.kind == Kind::Directory) != (source == Kind::Directory) {
                let reason = TreeReason::OtherKind(facts.kind);
                return Err(TreeError { path: to.to_owned(), reason }.into());
            }
            return Ok(target.place);
        }
        if !is_own {
            return Err(TreeError { path: to.to_owned(), reason: TreeReason::OnForeignMount(real) }.into());
        }
        make_below(target, source).map_err(|error| match error {
            VolumeError::Call(CallError { errno: Errno::ACCES, .. }) if self.raised.is_rootless() => {
                VolumeError::OfTheImage(real)
            }
            error => error,
        })
    }
}

/// Walks up from the full path to the first place that is there.
fn deepest(tree: &Tree, path: &Path) -> Result<Deepest, TreeError> {
    let mut missing = Vec::new();
    let mut here = path;
    loop {
        match tree.open(here, For::Place) {
            Ok(place) => return Ok(Deepest { place, missing }),
            Err(TreeError { reason: TreeReason::Call(error), .. }) if error.errno == Errno::NOENT => {
                match (here.parent(), here.file_name()) {
                    (Some(parent), Some(name)) => {
                        missing.push(name.to_owned());
                        here = parent;
                    }
                    _ => return Err(TreeError { path: path.to_owned(), reason: TreeReason::Call(error) }),
                }
            }
            Err(error) => return Err(error),
        }
    }
}

/// Makes the missing names one below the other, each in the directory just made; the last one is of the source's kind.
fn make_below(target: Deepest, source: Kind) -> Result<OwnedFd, VolumeError> {
    let Deepest { mut place, mut missing } = target;
    while let Some(name) = missing.pop() {
        if missing.is_empty() && source != Kind::Directory {
            drop(node::make_file(&place, &name, 0o644)?);
        } else {
            node::make_dir(&place, &name, 0o755)?;
        }
        place = open::below(&place, Path::new(&name), open::Within::PlainBelow, For::Place)?;
    }
    Ok(place)
}
