//! User and group ids of this process.
//!
//! All go through libc, which changes every thread of the process (nptl(7)), not through the bare calls, which
//! change one thread.

use nix::unistd;

use crate::call::{CallError, Named};

/// Real, effective and saved id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Triple {
    /// Who started the process.
    pub real: u32,
    /// Whose rights it has.
    pub effective: u32,
    /// Whose rights it may take back.
    pub saved: u32,
}

impl Triple {
    /// All three the same.
    #[must_use]
    pub fn all(id: u32) -> Triple {
        Triple { real: id, effective: id, saved: id }
    }
}

/// getresuid(2).
///
/// # Errors
/// Only what the kernel says.
pub fn user() -> Result<Triple, CallError> {
    let ids = unistd::getresuid().named("getresuid")?;
    Ok(Triple { real: ids.real.as_raw(), effective: ids.effective.as_raw(), saved: ids.saved.as_raw() })
}

/// getresgid(2).
///
/// # Errors
/// Only what the kernel says.
pub fn group() -> Result<Triple, CallError> {
    let ids = unistd::getresgid().named("getresgid")?;
    Ok(Triple { real: ids.real.as_raw(), effective: ids.effective.as_raw(), saved: ids.saved.as_raw() })
}

/// getgroups(2), in the kernel's order.
///
/// # Errors
/// Only what the kernel says.
pub fn groups() -> Result<Vec<u32>, CallError> {
    // nix would ask sysconf(3) first, which reads a file below /proc. Most users have fewer than this, and need one call.
    let mut some = [0; 64];
    // SAFETY: getgroups(2) writes at most as many numbers as it is told there is room for, and there is.
    let number = unsafe { libc::getgroups(64, some.as_mut_ptr()) };
    if let Ok(number) = usize::try_from(number) {
        return Ok(some[..number].to_vec());
    }
    Ok(rustix::process::getgroups().named("getgroups")?.into_iter().map(rustix::process::Gid::as_raw).collect())
}

/// setgroups(2).
///
/// # Errors
/// Without `CAP_SETGID`.
pub fn set_groups(groups: &[u32]) -> Result<(), CallError> {
    let groups: Vec<unistd::Gid> = groups.iter().copied().map(unistd::Gid::from_raw).collect();
    unistd::setgroups(&groups).named("setgroups")
}

/// setresuid(2) with all three given.
///
/// # Errors
/// Without `CAP_SETUID`, unless each is one of the present three.
pub fn set_user(ids: Triple) -> Result<(), CallError> {
    let [real, effective, saved] = [ids.real, ids.effective, ids.saved].map(unistd::Uid::from_raw);
    unistd::setresuid(real, effective, saved).named("setresuid")
}

/// setresgid(2) with all three given.
///
/// # Errors
/// Without `CAP_SETGID`, unless each is one of the present three.
pub fn set_group(ids: Triple) -> Result<(), CallError> {
    let [real, effective, saved] = [ids.real, ids.effective, ids.saved].map(unistd::Gid::from_raw);
    unistd::setresgid(real, effective, saved).named("setresgid")
}

/// umask(2): sets the mask and returns the old one.
#[must_use = "the caller's mask is to be restored"]
pub fn set_umask(mask: u32) -> u32 {
    nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(mask)).bits()
}
