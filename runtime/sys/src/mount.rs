//! Mounts on descriptors (fsopen(2), open_tree(2), mount_setattr(2), move_mount(2), pivot_root(2)).
//!
//! A mount made here is attached nowhere until [`attach`] is called, so nobody can reach it before its attributes
//! are right. Attributes are only ever added: a clone keeps all that its source had.

use std::ffi::OsStr;
use std::fmt;
use std::os::fd::{AsFd, AsRawFd as _, OwnedFd};
use std::path::Path;

use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MountPropagationFlags, MoveMountFlags, OpenTreeFlags, UnmountFlags,
};

use crate::call::{CallError, Named};

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

/// A parameter of a new file system (`FSCONFIG_SET_*`).
#[derive(Clone, Copy, Debug)]
pub enum Parameter<'a> {
    /// A name alone.
    Flag(&'a str),
    /// A name with a value.
    Text(&'a str, &'a OsStr),
    /// A name with a value, left out where this kernel does not take it (`EINVAL`).
    Wish(&'a str, &'a OsStr),
}

/// Why a file system could not be made, with what the kernel logged about it.
#[derive(Debug)]
pub struct NewError {
    /// The failed call.
    pub error: CallError,
    /// The type of file system.
    pub kind: String,
    /// The parameter refused, if one was.
    pub parameter: Option<String>,
    /// The kernel's own lines for this context, without their level.
    pub log: Vec<String>,
}

impl fmt::Display for NewError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot make a {} file system: {}", self.kind, self.error)?;
        if let Some(parameter) = &self.parameter {
            write!(f, " (option {parameter})")?;
        }
        for line in &self.log {
            write!(f, "; the kernel says: {line}")?;
        }
        Ok(())
    }
}

impl std::error::Error for NewError {}

/// A new file system as a detached mount: fsopen(2), fsconfig(2) for each parameter, `FSCONFIG_CMD_CREATE`,
/// fsmount(2) with `attributes`.
///
/// # Errors
/// `ENODEV` when the kernel does not know the type, `EINVAL` for a parameter it does not take.
pub fn new(kind: &str, parameters: &[Parameter<'_>], attributes: Attributes) -> Result<OwnedFd, NewError> {
    let failed = |error, parameter: Option<&str>, log| NewError {
        error,
        kind: kind.to_owned(),
        parameter: parameter.map(str::to_owned),
        log,
    };
    let context = rustix::mount::fsopen(kind, FsOpenFlags::FSOPEN_CLOEXEC)
        .named("fsopen")
        .map_err(|error| failed(error, None, Vec::new()))?;
    for parameter in parameters {
        let (name, set) = match *parameter {
            Parameter::Flag(name) => (name, rustix::mount::fsconfig_set_flag(context.as_fd(), name)),
            Parameter::Text(name, value) => (name, rustix::mount::fsconfig_set_string(context.as_fd(), name, value)),
            Parameter::Wish(name, value) => match rustix::mount::fsconfig_set_string(context.as_fd(), name, value) {
                Err(rustix::io::Errno::INVAL) => (name, Ok(())),
                set => (name, set),
            },
        };
        set.named("fsconfig").map_err(|error| failed(error, Some(name), messages(&context)))?;
    }
    rustix::mount::fsconfig_create(context.as_fd())
        .named("fsconfig")
        .map_err(|error| failed(error, None, messages(&context)))?;
    rustix::mount::fsmount(context.as_fd(), FsMountFlags::FSMOUNT_CLOEXEC, attributes.flags())
        .named("fsmount")
        .map_err(|error| failed(error, None, messages(&context)))
}

/// The lines the kernel keeps for a file system context: read(2) gives one at a time, `ENODATA` after the last.
fn messages(context: &OwnedFd) -> Vec<String> {
    let mut lines = Vec::new();
    let mut buffer = [0_u8; 1024];
    while lines.len() < 16 {
        match rustix::io::read(context, &mut buffer) {
            Ok(length @ 1..) => {
                let line = String::from_utf8_lossy(&buffer[..length]);
                lines.push(line.trim_end().trim_start_matches(['e', 'w', 'i']).trim_start().to_owned());
            }
            _ => break,
        }
    }
    lines
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
/// unmount of what is on top removes it.
///
/// # Errors
/// `EINVAL` when the host's root is the initial ramfs, or the working directory is not a mount.
pub fn pivot_to_working_directory() -> Result<(), CallError> {
    rustix::process::pivot_root(c".", c".").named("pivot_root")?;
    rustix::mount::unmount(c".", UnmountFlags::DETACH).named("umount2")?;
    rustix::process::chdir(c"/").named("chdir")
}
