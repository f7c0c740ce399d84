//! What the caller set for signals: given back to the command, and kept from what root runs.
//!
//! Rust's start-up code ignores SIGPIPE before `main`. What was set before is noted by a constructor that runs
//! earlier, so that a command started under `trap '' PIPE` finds it as it was.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::call::{CallError, Errno};

/// Whether SIGPIPE was ignored when the program began.
static PIPE_WAS_IGNORED: AtomicBool = AtomicBool::new(false);
/// Whether SIGCHLD was.
static CHILD_WAS_IGNORED: AtomicBool = AtomicBool::new(false);

extern "C" fn note_ignored() {
    for (signal, note) in [(libc::SIGPIPE, &PIPE_WAS_IGNORED), (libc::SIGCHLD, &CHILD_WAS_IGNORED)] {
        let mut action = std::mem::MaybeUninit::<libc::sigaction>::zeroed();
        // SAFETY: with a null second argument sigaction(2) only writes the present action to the third, which is of
        // the right type and lives here.
        let failed = unsafe { libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr()) };
        if failed == 0 {
            // SAFETY: all zero bytes are a valid `sigaction`, and the call has filled it in.
            let action = unsafe { action.assume_init() };
            note.store(action.sa_sigaction == libc::SIG_IGN, Ordering::Relaxed);
        }
    }
}

// SAFETY: `.init_array` holds pointers to C functions that the loader calls before `main` with arguments this one
// does not look at. It calls sigaction(2) and writes atomics; it needs nothing that Rust sets up later.
#[used]
#[unsafe(link_section = ".init_array")]
static NOTE_IGNORED: extern "C" fn() = note_ignored;

/// Sets SIGCHLD to its default: while it is ignored, no child's end can be learned (waitpid(2), `ECHILD`).
///
/// # Errors
/// Only what the kernel says.
pub fn learn_of_children() -> Result<(), CallError> {
    set(libc::SIGCHLD, libc::SIG_DFL)
}

/// Sets SIGPIPE and SIGCHLD to what they were when the program began.
///
/// # Errors
/// Only what the kernel says.
pub fn restore() -> Result<(), CallError> {
    for (signal, was_ignored) in [(libc::SIGPIPE, &PIPE_WAS_IGNORED), (libc::SIGCHLD, &CHILD_WAS_IGNORED)] {
        set(signal, if was_ignored.load(Ordering::Relaxed) { libc::SIG_IGN } else { libc::SIG_DFL })?;
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

fn set(signal: libc::c_int, action: libc::sighandler_t) -> Result<(), CallError> {
    // SAFETY: callers give SIG_DFL or SIG_IGN, neither of which has code of ours behind it.
    let before = unsafe { libc::signal(signal, action) };
    if before == libc::SIG_ERR { Err(CallError::last("signal")) } else { Ok(()) }
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
