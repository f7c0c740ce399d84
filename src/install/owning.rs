//! Whether files are given to whom they belong.

use super::{Desired, InstallError};
use nix::unistd::{getegid, geteuid, getgroups};

/// Whether files are given to whom they belong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owning {
    /// They are; only root can, unless all of them are the caller's.
    Given,
    /// They stay the caller's: for the root of an image, which is owned when it is packed.
    Left,
}

/// Whether this process can give the files of `desired` to whom they belong.
///
/// # Errors
/// When it is not root and they are not its own.
pub fn may(desired: &Desired) -> Result<(), InstallError> {
    let me = geteuid();
    if me.is_root() {
        return Ok(());
    }
    let groups = getgroups().unwrap_or_default();
    let is_mine = |gid: u32| gid == getegid().as_raw() || groups.iter().any(|group| group.as_raw() == gid);
    let strange =
        desired.files.iter().find(|file| file.ids.is_some_and(|ids| ids.uid != me.as_raw() || !is_mine(ids.gid)));
    strange.map_or(Ok(()), |file| {
        Err(InstallError::NotPermitted(format!(
            "only root can install `{}` for {}:{}: run as root, or add `--no-owner` for the root of an image",
            file.install, file.owner, file.group
        )))
    })
}
