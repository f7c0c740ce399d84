//! Capabilities and the bits that keep a process from getting any (capabilities(7)).

use rustix::thread::{self, CapabilitySet, CapabilitySets};

use crate::call::{CallError, Errno, Named};

/// Highest number ever tried; the kernel's sets have 64 bits (capget(2), version 3).
const LIMIT: u32 = 64;

/// securebits: no capability from being uid 0, none raised as ambient, and both locked for ever.
const SECUREBITS: libc::c_ulong = (libc::SECBIT_NOROOT
    | libc::SECBIT_NOROOT_LOCKED
    | libc::SECBIT_NO_CAP_AMBIENT_RAISE
    | libc::SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED
    | libc::SECBIT_KEEP_CAPS_LOCKED) as libc::c_ulong;

/// The sets of this thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Used in checks.
    pub effective: u64,
    /// May be made effective.
    pub permitted: u64,
    /// Kept over execve(2) of a file with capabilities.
    pub inheritable: u64,
    /// Bounds what any execve(2) can give.
    pub bounding: u64,
}

impl Held {
    /// Nothing at all, and no way to get something.
    pub const NONE: Held = Held { effective: 0, permitted: 0, inheritable: 0, bounding: 0 };
}

/// Whether any capability is effective, by capget(2).
///
/// # Errors
/// Only what the kernel says.
pub fn any_effective() -> Result<bool, CallError> {
    Ok(!thread::capabilities(None).named("capget")?.effective.is_empty())
}

/// capget(2), and `PR_CAPBSET_READ` for each capability this kernel has.
///
/// # Errors
/// Only what the kernel says.
pub fn held() -> Result<Held, CallError> {
    let sets = thread::capabilities(None).named("capget")?;
    let mut bounding = 0;
    for number in 0..LIMIT {
        match in_bounding_set(number)? {
            Some(true) => bounding |= 1 << number,
            Some(false) => {}
            None => break,
        }
    }
    Ok(Held {
        effective: sets.effective.bits(),
        permitted: sets.permitted.bits(),
        inheritable: sets.inheritable.bits(),
        bounding,
    })
}

/// `PR_CAPBSET_READ`; `None` for a number this kernel does not have. The kernel itself is asked, never a file.
fn in_bounding_set(number: u32) -> Result<Option<bool>, CallError> {
    // SAFETY: PR_CAPBSET_READ takes a number and touches no memory of ours.
    let answer = unsafe { libc::prctl(libc::PR_CAPBSET_READ, libc::c_ulong::from(number), 0, 0, 0) };
    match answer {
        0 => Ok(Some(false)),
        1 => Ok(Some(true)),
        _ if Errno::last() == Errno::INVAL => Ok(None),
        _ => Err(CallError::last("prctl(PR_CAPBSET_READ)")),
    }
}

/// `PR_CAPBSET_DROP` for every capability this kernel has.
///
/// # Errors
/// Without `CAP_SETPCAP`.
pub fn empty_bounding_set() -> Result<(), CallError> {
    for number in 0..LIMIT {
        // SAFETY: PR_CAPBSET_DROP takes a number and touches no memory of ours.
        let failed = unsafe { libc::prctl(libc::PR_CAPBSET_DROP, libc::c_ulong::from(number), 0, 0, 0) };
        if failed != 0 {
            // EINVAL is said of the first number that is no capability of this kernel.
            let error = CallError::last("prctl(PR_CAPBSET_DROP)");
            return if error.errno == Errno::INVAL && number > 0 { Ok(()) } else { Err(error) };
        }
    }
    Ok(())
}

/// `PR_CAP_AMBIENT_CLEAR_ALL`.
///
/// # Errors
/// Only what the kernel says.
pub fn empty_ambient_set() -> Result<(), CallError> {
    thread::clear_ambient_capability_set().named("prctl(PR_CAP_AMBIENT)")
}

/// capset(2) with nothing in any set.
///
/// # Errors
/// Only what the kernel says.
pub fn empty_held_sets() -> Result<(), CallError> {
    let none = CapabilitySet::empty();
    thread::set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none })
        .named("capset")
}

/// `PR_SET_SECUREBITS`: uid 0 gives no capabilities, none can become ambient, and this cannot be taken back.
///
/// A user namespace made later starts with the default bits again (user_namespaces(7)); it gives no right outside.
///
/// # Errors
/// Without `CAP_SETPCAP`.
pub fn lock_securebits() -> Result<(), CallError> {
    // SAFETY: PR_SET_SECUREBITS takes a number and touches no memory of ours.
    let failed = unsafe { libc::prctl(libc::PR_SET_SECUREBITS, SECUREBITS, 0, 0, 0) };
    if failed == 0 { Ok(()) } else { Err(CallError::last("prctl(PR_SET_SECUREBITS)")) }
}

/// `PR_GET_SECUREBITS`: whether they are what [`lock_securebits`] set.
///
/// # Errors
/// Only what the kernel says.
pub fn are_securebits_locked() -> Result<bool, CallError> {
    // SAFETY: PR_GET_SECUREBITS takes no argument and touches no memory of ours.
    let bits = unsafe { libc::prctl(libc::PR_GET_SECUREBITS, 0, 0, 0, 0) };
    match libc::c_ulong::try_from(bits) {
        Ok(bits) => Ok(bits == SECUREBITS),
        Err(_) => Err(CallError::last("prctl(PR_GET_SECUREBITS)")),
    }
}

/// `PR_SET_NO_NEW_PRIVS`: no setuid bit and no file capability has an effect from here on.
///
/// # Errors
/// Only what the kernel says.
pub fn set_no_new_privs() -> Result<(), CallError> {
    thread::set_no_new_privs(true).named("prctl(PR_SET_NO_NEW_PRIVS)")
}

/// `PR_GET_NO_NEW_PRIVS`.
///
/// # Errors
/// Only what the kernel says.
pub fn no_new_privs() -> Result<bool, CallError> {
    thread::no_new_privs().named("prctl(PR_GET_NO_NEW_PRIVS)")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::{self, Ended};

    #[test]
    fn nothing_is_held_after_everything_was_emptied() {
        let child = process::in_child(|| {
            empty_ambient_set().unwrap();
            if held().unwrap().effective != 0 {
                empty_bounding_set().unwrap();
                assert!(!are_securebits_locked().unwrap());
                lock_securebits().unwrap();
                assert!(are_securebits_locked().unwrap());
                empty_held_sets().unwrap();
                assert_eq!(held().unwrap(), Held::NONE);
            }
            set_no_new_privs().unwrap();
            i32::from(!no_new_privs().unwrap())
        });
        assert_eq!(process::wait(child.unwrap()).unwrap(), Ended::Exited(0));
    }
}
