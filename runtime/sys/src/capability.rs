//! Capabilities and the bits that keep a process from getting any (capabilities(7)).

use rustix::thread::{self, CapabilitySet, CapabilitySets};

use crate::call::{CallError, Named};

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
    /// Kept over execve(2) of an ordinary file.
    pub ambient: u64,
}

impl Held {
    /// Nothing at all, and no way to get something.
    pub const NONE: Held = Held { effective: 0, permitted: 0, inheritable: 0, bounding: 0, ambient: 0 };
}

/// `PR_CAPBSET_DROP` for every capability of `set`, which is as [`crate::status`] tells it: the kernel takes one at a time.
///
/// # Errors
/// Without `CAP_SETPCAP`.
pub fn drop_from_bounding_set(set: u64) -> Result<(), CallError> {
    for number in (0..u64::BITS).filter(|number| set & (1 << number) != 0) {
        // SAFETY: PR_CAPBSET_DROP takes a number and touches no memory of ours.
        let failed = unsafe { libc::prctl(libc::PR_CAPBSET_DROP, libc::c_ulong::from(number), 0, 0, 0) };
        if failed != 0 {
            return Err(CallError::last("prctl(PR_CAPBSET_DROP)"));
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

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::process::{self, Ended};
    use crate::status::Status;

    /// The same as [`crate::status`] tells, by the calls that ask for one thing each.
    pub(crate) fn held() -> Held {
        let sets = thread::capabilities(None).unwrap();
        let mut held = Held {
            effective: sets.effective.bits(),
            permitted: sets.permitted.bits(),
            inheritable: sets.inheritable.bits(),
            ..Held::NONE
        };
        for number in 0..u64::BITS {
            // SAFETY: PR_CAPBSET_READ takes a number and touches no memory of ours.
            let bounding = unsafe { libc::prctl(libc::PR_CAPBSET_READ, libc::c_ulong::from(number), 0, 0, 0) };
            let is_set = libc::PR_CAP_AMBIENT_IS_SET;
            // SAFETY: PR_CAP_AMBIENT_IS_SET takes a number and touches no memory of ours.
            let ambient = unsafe { libc::prctl(libc::PR_CAP_AMBIENT, is_set, libc::c_ulong::from(number), 0, 0) };
            held.bounding |= u64::from(bounding == 1) << number;
            held.ambient |= u64::from(ambient == 1) << number;
        }
        held
    }

    #[test]
    fn nothing_is_held_after_everything_was_emptied() {
        let child = process::in_child(|| {
            empty_ambient_set().unwrap();
            let status = Status::open().unwrap();
            if held().effective != 0 {
                drop_from_bounding_set(status.read().unwrap().sets.bounding).unwrap();
                assert!(!are_securebits_locked().unwrap());
                lock_securebits().unwrap();
                assert!(are_securebits_locked().unwrap());
                empty_held_sets().unwrap();
                assert_eq!((held(), status.read().unwrap().sets), (Held::NONE, Held::NONE));
            }
            set_no_new_privs().unwrap();
            i32::from(!thread::no_new_privs().unwrap() || !status.read().unwrap().no_new_privs)
        });
        assert_eq!(process::wait(child.unwrap()).unwrap(), Ended::Exited(0));
    }
}
