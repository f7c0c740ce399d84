//! Mounts on descriptors (fsopen(2), open_tree(2), mount_setattr(2), move_mount(2), pivot_root(2)).
//!
//! A mount made here is attached nowhere until [`attach`] is called, so nobody can reach it before its attributes
//! are right. Attributes are only ever added: a clone keeps all that its source had.

use std::ffi::OsStr;
use std::os::fd::{AsFd, AsRawFd as _, OwnedFd};
use std::path::Path;

use rustix::mount::{MountAttrFlags, MountFlags, MountPropagationFlags, MoveMountFlags, OpenTreeFlags, UnmountFlags};

use crate::call::{CallError, Named};
use crate::node;

mod filesystem;

pub use filesystem::{NewError, Parameter, new, new_at};

/// Per-mount attributes (`MOUNT_ATTR_*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Attributes(u32);

impl Attributes {
    /// None.
    pub const NONE: Attributes = Attributes(0);
    /// Nothing can be written through this mount.
    pub const READ_ONLY: Attributes = Attributes(MountAttrFlags::MOUNT_ATTR_RDONLY.bits());
    /// Setuid bits and file capabilities have no effect.
    pub const NOSUID: Attributes = Attributes(MountAttrFlags::MOUNT_ATTR_NOSUID.bits());
    /// Device nodes cannot be opened.
    pub const NODEV: Attributes = Attributes(MountAttrFlags::MOUNT_ATTR_NODEV.bits());
    /// Nothing can be executed.
    pub const NOEXEC: Attributes = Attributes(MountAttrFlags::MOUNT_ATTR_NOEXEC.bits());

    /// Both.
    #[must_use]
    pub const fn and(self, other: Attributes) -> Attributes {
        Attributes(self.0 | other.0)
    }

    /// Whether all of `other` are in this.
    #[must_use]
    pub const fn has(self, other: Attributes) -> bool {
        self.0 & other.0 == other.0
    }

    fn flags(self) -> MountAttrFlags {
        MountAttrFlags::from_bits_retain(self.0)
    }

    /// As mount(2) takes them.
    fn of_mount(self) -> MountFlags {
        let rows = [
            (Attributes::READ_ONLY, MountFlags::RDONLY),
            (Attributes::NOSUID, MountFlags::NOSUID),
            (Attributes::NODEV, MountFlags::NODEV),
            (Attributes::NOEXEC, MountFlags::NOEXEC),
        ];
        rows.into_iter().filter(|(attribute, _)| self.has(*attribute)).map(|(_, flag)| flag).collect()
    }
}

/// Whether events of the host's mount tree reach a mount; none ever go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Propagation {
    /// Nothing comes in.
    Private,
    /// What the host mounts or unmounts below comes in.
    Slave,
}

/// One mount, or all below it too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Only the mount itself.
    One,
    /// With all mounts below.
    Tree,
}

/// A detached copy of the mount (or the tree of mounts) at an open place, with the same attributes.
///
/// # Errors
/// Without `CAP_SYS_ADMIN` in the mount namespace.
pub fn clone_at(place: impl AsFd, depth: Depth) -> Result<OwnedFd, CallError> {
    let mut flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC | OpenTreeFlags::AT_EMPTY_PATH;
    if depth == Depth::Tree {
        flags |= OpenTreeFlags::AT_RECURSIVE;
    }
    rustix::mount::open_tree(place, c"", flags).named("open_tree")
}

/// The same of a place of the host by its name; a link at the end is the place itself. For who knows that nobody changes
/// the path.
///
/// # Errors
/// Without `CAP_SYS_ADMIN` in the mount namespace.
pub fn clone_named(path: &Path, depth: Depth) -> Result<OwnedFd, CallError> {
    clone_below(rustix::fs::CWD, path, depth)
}

/// The same of what has this name in a directory. For who knows that nobody changes it.
///
/// # Errors
/// As [`clone_named`].
pub fn clone_below(directory: impl AsFd, path: &Path, depth: Depth) -> Result<OwnedFd, CallError> {
    let mut flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
    flags |= OpenTreeFlags::AT_SYMLINK_NOFOLLOW | OpenTreeFlags::AT_NO_AUTOMOUNT;
    if depth == Depth::Tree {
        flags |= OpenTreeFlags::AT_RECURSIVE;
    }
    rustix::mount::open_tree(directory, path, flags).named("open_tree")
}

/// mount_setattr(2): adds attributes and sets the propagation. Nothing is ever cleared.
///
/// # Errors
/// `ENOSYS` before Linux 5.12.
pub fn restrict(
    mount: impl AsFd,
    depth: Depth,
    add: Attributes,
    propagation: Option<Propagation>,
) -> Result<(), CallError> {
    let propagation = match propagation {
        None => 0,
        Some(Propagation::Private) => libc::MS_PRIVATE,
        Some(Propagation::Slave) => libc::MS_SLAVE,
    };
    set_attributes(mount, depth, add, propagation)
}

fn set_attributes(mount: impl AsFd, depth: Depth, add: Attributes, propagation: u64) -> Result<(), CallError> {
    let attr = libc::mount_attr { attr_set: u64::from(add.0), attr_clr: 0, propagation, userns_fd: 0 };
    let mut flags = libc::AT_EMPTY_PATH;
    if depth == Depth::Tree {
        flags |= libc::AT_RECURSIVE;
    }
    // SAFETY: the path is a NUL-terminated literal, `attr` lives over the call, and the size given is its own; the
    // kernel reads that many bytes and writes nothing (mount_setattr(2)).
    let failed = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            mount.as_fd().as_raw_fd(),
            c"".as_ptr(),
            flags,
            &raw const attr,
            size_of::<libc::mount_attr>(),
        )
    };
    if failed == 0 { Ok(()) } else { Err(CallError::last("mount_setattr")) }
}

/// move_mount(2) of a mount, detached or not, onto an open place. What is mounted there already is covered.
///
/// # Errors
/// `ENOTDIR` when one is a directory and the other is not.
pub fn attach(mount: impl AsFd, place: impl AsFd) -> Result<(), CallError> {
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH;
    rustix::mount::move_mount(mount, c"", place, c"", flags).named("move_mount")
}

/// The same onto what has this name in a directory, by one component that is not followed if it is a link.
///
/// # Errors
/// `EINVAL` when one is a directory and the other is not, `ENOENT` when nothing is there.
pub fn attach_in(mount: impl AsFd, directory: impl AsFd, name: &OsStr) -> Result<(), CallError> {
    node::one_component(name)?;
    rustix::mount::move_mount(mount, c"", directory, name, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH).named("move_mount")
}

/// Lets a tree of mounts send its events to the copies made of it from now on (mount_namespaces(7), "shared").
///
/// # Errors
/// Without `CAP_SYS_ADMIN`.
pub fn share(mount: impl AsFd) -> Result<(), CallError> {
    set_attributes(mount, Depth::Tree, Attributes::NONE, libc::MS_SHARED)
}

/// umount2(2) of the topmost of the mounts at an open place that is the root of one, with all below it. A name is followed
/// to the top, even `.` (fs/namei.c, `LOOKUP_MOUNTPOINT`). Who is in it stays in it, and the last to leave ends it
/// (`MNT_DETACH`). The working directory is `/` afterwards.
///
/// # Errors
/// `EINVAL` when the place is not the root of a mount of this namespace.
pub fn detach(mount: impl AsFd) -> Result<(), CallError> {
    enter(mount)?;
    let detached = rustix::mount::unmount(c".", UnmountFlags::DETACH).named("umount2");
    change_dir(Path::new("/"))?;
    detached
}

/// chroot(2) into a directory, which becomes the working directory too.
///
/// # Errors
/// Without `CAP_SYS_CHROOT`.
pub fn make_root(directory: impl AsFd) -> Result<(), CallError> {
    enter(directory)?;
    rustix::process::chroot(c".").named("chroot")
}

/// Stops every mount of this namespace from sending events to the host; what the host mounts still comes in.
///
/// # Errors
/// Without `CAP_SYS_ADMIN`.
pub fn receive_only() -> Result<(), CallError> {
    rustix::mount::mount_change("/", MountPropagationFlags::DOWNSTREAM | MountPropagationFlags::REC).named("mount")
}

/// fchdir(2).
///
/// # Errors
/// Only what the kernel says.
pub fn enter(directory: impl AsFd) -> Result<(), CallError> {
    rustix::process::fchdir(directory).named("fchdir")
}

/// chdir(2).
///
/// # Errors
/// Only what the kernel says.
pub fn change_dir(directory: &Path) -> Result<(), CallError> {
    rustix::process::chdir(directory).named("chdir")
}

/// Makes the working directory the root and detaches the old root, so that no path leads back.
///
/// `pivot_root(".", ".")` stacks the old root on the new one (pivot_root(2), "pivot_root(".", ".")"); a lazy
/// unmount of what is on top removes it. The working directory stays where it is, which is the new root.
///
/// # Errors
/// `EINVAL` when the host's root is the initial ramfs, or the working directory is not a mount.
pub fn pivot_to_working_directory() -> Result<(), CallError> {
    rustix::process::pivot_root(c".", c".").named("pivot_root")?;
    rustix::mount::unmount(c".", UnmountFlags::DETACH).named("umount2")
}
