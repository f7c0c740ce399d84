//! The few kinds of mount a scratch machine is made of.

use std::path::Path;

use nix::mount::{MntFlags, MsFlags, mount, umount2};

use super::TryError;

const NONE: Option<&str> = None;

/// Cuts a mount and all below it off from its peers.
pub(super) fn make_private(target: impl AsRef<Path>) -> Result<(), TryError> {
    let target = target.as_ref();
    mount(NONE, target, NONE, MsFlags::MS_REC | MsFlags::MS_PRIVATE, NONE).map_err(|errno| failed(target, errno))
}

/// Mounts an empty file system in memory. Programs with the setuid bit work there: the scratch machine holds one.
pub(super) fn memory(target: &Path, options: &str) -> Result<(), TryError> {
    mount(Some("shifter-site-try"), target, Some("tmpfs"), MsFlags::empty(), Some(options))
        .map_err(|errno| failed(target, errno))
}

/// Shows `source`, with all that is mounted below it, at `target`.
pub(super) fn bind(source: &Path, target: &Path) -> Result<(), TryError> {
    mount(Some(source), target, NONE, MsFlags::MS_BIND | MsFlags::MS_REC, NONE).map_err(|errno| failed(target, errno))
}

/// Mounts the process table of our own process namespace; where the kernel refuses that (a container whose own /proc is partly
/// covered), shows the caller's.
pub(super) fn processes(target: &Path) -> Result<(), TryError> {
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    mount(Some("proc"), target, Some("proc"), flags, NONE).or_else(|_| bind(Path::new("/proc"), target))
}

/// Takes away what is mounted at `target`, and all below it.
pub(super) fn detach(target: &Path) -> Result<(), TryError> {
    umount2(target, MntFlags::MNT_DETACH).map_err(|errno| failed(target, errno))
}

/// Takes away what is mounted at `target`, if anything is; a symlink there is never followed.
pub(super) fn detach_if_mounted(target: &Path) -> Result<(), TryError> {
    match umount2(target, MntFlags::MNT_DETACH | MntFlags::UMOUNT_NOFOLLOW) {
        Ok(()) | Err(nix::Error::EINVAL) => Ok(()),
        Err(errno) => Err(failed(target, errno)),
    }
}

fn failed(target: &Path, errno: nix::Error) -> TryError {
    TryError::Mount { target: target.to_owned(), errno }
}
