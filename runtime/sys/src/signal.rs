//! What the caller set for signals: given back to the command, and kept from what root runs.
//!
//! Whether SIGPIPE and SIGCHLD were ignored is noted when they are set, so that a command started under `trap '' PIPE`
//! finds it as it was. Handlers do not outlive an exec, so ignored or not is all there is to know.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::call::{CallError, Errno};

/// Whether SIGPIPE is ignored by us and was not by the caller.
static PIPE_IS_IGNORED_BY_US: AtomicBool = AtomicBool::new(false);
/// Whether SIGCHLD was ignored by the caller and is not by us.
static CHILD_WAS_IGNORED: AtomicBool = AtomicBool::new(false);

/// Ignores SIGPIPE: who reads our words no more does not end us.
pub(crate) fn ignore_broken_pipes() {
    // It cannot fail: the signal is one that can be set.
    let was_ignored = set(libc::SIGPIPE, libc::SIG_IGN).unwrap_or(true);
    PIPE_IS_IGNORED_BY_US.store(!was_ignored, Ordering::Relaxed);
}

/// Sets SIGCHLD to its default: while it is ignored, no child's end can be learned (waitpid(2), `ECHILD`).
///
/// # Errors
/// Only what the kernel says.
pub(crate) fn learn_of_children() -> Result<(), CallError> {
    if set(libc::SIGCHLD, libc::SIG_DFL)? {
        CHILD_WAS_IGNORED.store(true, Ordering::Relaxed);
    }
    Ok(())
}

/// Sets SIGPIPE and SIGCHLD to what they were when the program began.
///
/// # Errors
/// Only what the kernel says.
pub fn restore() -> Result<(), CallError> {
    if PIPE_IS_IGNORED_BY_US.load(Ordering::Relaxed) {
        set(libc::SIGPIPE, libc::SIG_DFL)?;
    }
    if CHILD_WAS_IGNORED.load(Ordering::Relaxed) {
        set(libc::SIGCHLD, libc::SIG_IGN)?;
    }
    Ok(())
}

/// While this is there, no signal is delivered but SIGKILL and SIGSTOP; then those that came are, and the mask is what it
/// was. A timer that was set before execve(2) and the keys of a terminal reach a process whatever its uid is.
#[derive(Debug)]
pub struct HeldBack(libc::sigset_t);

/// sigprocmask(2): blocks every signal.
///
/// # Errors
/// Only what the kernel says.
pub fn hold_back() -> Result<HeldBack, CallError> {
    let mut all = std::mem::MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: sigfillset(3) writes the set it is given, which lives here.
    let _cannot_fail = unsafe { libc::sigfillset(all.as_mut_ptr()) };
    let mut before = std::mem::MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: sigprocmask(2) reads the set just filled in and writes the one before to the third argument, which lives
    // here. The programs of this crate have one thread.
    let failed = unsafe { libc::sigprocmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr()) };
    // SAFETY: all zero bytes are a valid `sigset_t`, and the call has filled it in where it did not fail.
    if failed == 0 { Ok(HeldBack(unsafe { before.assume_init() })) } else { Err(CallError::last("sigprocmask")) }
}

impl Drop for HeldBack {
    fn drop(&mut self) {
        // SAFETY: sigprocmask(2) reads a set that it wrote itself, and writes nothing where the third argument is null.
        let _cannot_fail = unsafe { libc::sigprocmask(libc::SIG_SETMASK, &raw const self.0, std::ptr::null_mut()) };
    }
}

/// Every signal at its default and none blocked, whatever the caller left ignored or blocked (execve(2) keeps both).
///
/// # Errors
/// Only what the kernel says.
pub fn forget_the_callers() -> Result<(), CallError> {
    // The kernel's own call, since libc's refuses the two signals it keeps for itself. The kernel's structure has at
    // most 32 bytes; all zero is SIG_DFL, without flags, with an empty mask of 8 bytes.
    let default = [0_u64; 4];
    for signal in 1..=libc::SIGRTMAX() {
        // SAFETY: rt_sigaction(2) reads a structure no longer than `default`, which lives over the call, and writes
        // nothing where the third argument is null.
        let failed =
            unsafe { libc::syscall(libc::SYS_rt_sigaction, signal, default.as_ptr(), std::ptr::null::<u64>(), 8) };
        // SIGKILL and SIGSTOP cannot be set.
        if failed != 0 && Errno::last() != Errno::INVAL {
            return Err(CallError::last("rt_sigaction"));
        }
    }
    let mut none = std::mem::MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: sigemptyset(3) writes the set it is given, which lives here.
    let _cannot_fail = unsafe { libc::sigemptyset(none.as_mut_ptr()) };
    // SAFETY: sigprocmask(2) reads the set just filled in, and writes nothing where the third argument is null. The
    // programs of this crate have one thread.
    let failed = unsafe { libc::sigprocmask(libc::SIG_SETMASK, none.as_ptr(), std::ptr::null_mut()) };
    if failed == 0 { Ok(()) } else { Err(CallError::last("sigprocmask")) }
}

/// sigaction(2): sets a signal to SIG_DFL or SIG_IGN, and tells whether it was ignored.
fn set(signal: libc::c_int, action: libc::sighandler_t) -> Result<bool, CallError> {
    // SAFETY: all zero bytes are a valid `sigaction`: no flags, an empty mask.
    let mut wanted: libc::sigaction = unsafe { std::mem::zeroed() };
    wanted.sa_sigaction = action;
    // SAFETY: as above.
    let mut before: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: sigaction(2) reads the one and writes the other, which both live here; callers give SIG_DFL or SIG_IGN,
    // neither of which has code of ours behind it.
    let failed = unsafe { libc::sigaction(signal, &raw const wanted, &raw mut before) };
    if failed == 0 { Ok(before.sa_sigaction == libc::SIG_IGN) } else { Err(CallError::last("sigaction")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::{self, Ended};

    #[test]
    fn a_signal_that_is_held_back_comes_when_it_is_let() {
        let ends = |holds_on: bool| {
            let child = process::in_child(|| {
                let held_back = hold_back().unwrap();
                // SAFETY: raise(3) takes a number.
                unsafe { libc::raise(libc::SIGALRM) };
                if holds_on {
                    std::mem::forget(held_back);
                    return 7;
                }
                drop(held_back);
                8
            });
            process::wait(child.unwrap()).unwrap()
        };
        assert_eq!((ends(false), ends(true)), (Ended::Killed(libc::SIGALRM), Ended::Exited(7)));
    }
}
