//! Where the site and the image have a directory at the same place.
//!
//! overlayfs shows such a directory with the permissions of the upper one, which is ours and open to everybody. So what
//! the image has there is hidden where the user could not have read it himself. And overlayfs shows nothing of what is
//! mounted in a lower directory, so for a directory of the host as an image such mounts are brought in one by one.

use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use shifter_sys::mount::{self, Depth, Propagation};
use shifter_sys::open::{self, For, Kind, Within};
use shifter_sys::{CallError, Errno, node};

use super::root::PLAIN;
use super::tree::{Make, Tree};
use super::{Enactor, Reason};

/// What the site has at a place of the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meeting {
    /// Nothing.
    Nothing,
    /// A directory in which the image's part is seen too.
    Directory,
    /// Something of its own.
    SiteAlone,
}

impl Enactor<'_> {
    /// overlayfs.rst, "Opaque": nothing of the lower layers is seen below a directory with this attribute. In a user
    /// namespace only the `user.` one can be set (option userxattr); tmpfs has it since Linux 6.6.
    pub(super) fn opaque(&self) -> &'static str {
        if self.raised.is_rootless() { "user.overlay.opaque" } else { "trusted.overlay.opaque" }
    }

    /// Without privilege on an older kernel the image's part is seen instead; nothing of another user's can be in it.
    pub(super) fn hide_image_in(&self, directory: impl AsFd) -> Result<(), CallError> {
        match node::set_attribute(directory, self.opaque(), b"y") {
            Err(error) if self.raised.is_rootless() && error.errno == Errno::OPNOTSUPP => Ok(()),
            result => result,
        }
    }

    fn is_image_hidden_in(&self, directory: impl AsFd) -> Result<bool, CallError> {
        Ok(node::attribute(directory, self.opaque())?.is_some())
    }

    /// Walks the directories that site and image both have.
    pub(super) fn hide_what_the_user_cannot_read(&self, image: &Tree) -> Result<(), Reason> {
        self.hide_below(image, Path::new("/"))
    }

    fn hide_below(&self, image: &Tree, path: &Path) -> Result<(), Reason> {
        let ours = self.tree().open_own(path)?;
        if self.is_image_hidden_in(&ours)? {
            return Ok(());
        }
        let below_root = path.strip_prefix("/").unwrap_or(path);
        match self.raised.as_user(|user| user.open_directory_below(image.root(), below_root)) {
            Ok(_readable) => {}
            Err(CallError { errno: Errno::NOENT | Errno::NOTDIR, .. }) => return Ok(()),
            // The root of the container has no parent to hide it in: an image that cannot be read is refused.
            Err(error) if path == Path::new("/") => return Err(error.into()),
            Err(_) => return Ok(self.hide_image_in(&ours)?),
        }
        for name in open::names(&ours)? {
            let entry = open::below(&ours, Path::new(&name), Within::PlainBelow, For::Itself)?;
            let facts = open::facts(&entry)?;
            if facts.kind == Kind::Directory && facts.mount_id == self.tree().mount_id()? {
                self.hide_below(image, &path.join(name))?;
            }
        }
        Ok(())
    }

    /// What the site has where the image has a mount. Called before the overlay is made: what lies below the mount in
    /// the image is covered there, and must not show through here.
    pub(super) fn meet(&self, path: &Path) -> Result<Meeting, Reason> {
        let meeting = self.look_at(path)?;
        if meeting == Meeting::Directory {
            self.hide_image_in(self.tree().open_own(path)?)?;
        }
        Ok(meeting)
    }

    fn look_at(&self, path: &Path) -> Result<Meeting, Reason> {
        let Ok(ours) = self.tree().open(path, For::Itself) else { return Ok(Meeting::Nothing) };
        let facts = open::facts(&ours)?;
        let is_own_directory = facts.kind == Kind::Directory && facts.mount_id == self.tree().mount_id()?;
        if is_own_directory && !self.is_image_hidden_in(self.tree().open_own(path)?)? {
            return Ok(Meeting::Directory);
        }
        Ok(Meeting::SiteAlone)
    }

    /// Brings what is mounted in the image to the root. Where the site has a directory too, its entries are brought one
    /// by one, and where the site has anything else, the site wins.
    pub(super) fn merge_mount(
        &self,
        root: &Tree,
        path: &Path,
        mounted: &OwnedFd,
        meeting: Meeting,
    ) -> Result<(), Reason> {
        match meeting {
            Meeting::SiteAlone => Ok(()),
            Meeting::Nothing => bring(root, path, mounted),
            Meeting::Directory => self.merge_entries(root, path, mounted),
        }
    }

    fn merge_entries(&self, root: &Tree, path: &Path, mounted: &OwnedFd) -> Result<(), Reason> {
        // As the user, since the site's directory is open to everybody and this one may not be.
        let Ok(listing) = self.raised.as_user(|user| user.open_directory_below(mounted, Path::new(""))) else {
            return Ok(());
        };
        for name in open::names(&listing)? {
            let entry = open::below(&listing, Path::new(&name), Within::PlainBelow, For::Itself)?;
            let target = path.join(&name);
            let kind = open::facts(&entry)?.kind;
            match self.look_at(&target)? {
                Meeting::Directory if kind == Kind::Directory => self.merge_entries(root, &target, &entry)?,
                Meeting::Nothing if kind == Kind::Symlink => {
                    let (parent, name) = root.parent(&target)?;
                    node::make_symlink(Path::new(&node::link_target(&entry)?), parent, name)?;
                }
                Meeting::Nothing => {
                    root.place(&target, Make::matching(kind))?;
                    bring(root, &target, &entry)?;
                }
                Meeting::Directory | Meeting::SiteAlone => {}
            }
        }
        Ok(())
    }
}

/// A copy of a mount and all below it, at a place that is there and has nothing mounted.
fn bring(root: &Tree, path: &Path, mounted: &OwnedFd) -> Result<(), Reason> {
    let Ok(place) = root.open(path, For::Place) else { return Ok(()) };
    if open::facts(&place)?.mount_id != root.mount_id()? {
        return Ok(());
    }
    let copy = mount::clone_at(mounted, Depth::Tree)?;
    mount::restrict(&copy, Depth::Tree, PLAIN, Some(Propagation::Private))?;
    Ok(mount::attach(copy, place)?)
}
