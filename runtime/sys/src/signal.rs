//! What the caller set for signals, given back to the command.
//!
//! Rust's start-up code ignores SIGPIPE before `main`. What was set before is noted by a constructor that runs
//! earlier, so that a command started under `trap '' PIPE` finds it as it was.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::call::CallError;

/// Whether SIGPIPE was ignored when the program began.
static PIPE_WAS_IGNORED: AtomicBool = AtomicBool::new(false);

extern "C" fn note_sigpipe() {
    let mut action = std::mem::MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: with a null second argument sigaction(2) only writes the present action to the third, which is of the
    // right type and lives here.
    let failed = unsafe { libc::sigaction(libc::SIGPIPE, std::ptr::null(), action.as_mut_ptr()) };
    if failed == 0 {
        // SAFETY: all zero bytes are a valid `sigaction`, and the call has filled it in.
        let action = unsafe { action.assume_init() };
        PIPE_WAS_IGNORED.store(action.sa_sigaction == libc::SIG_IGN, Ordering::Relaxed);
    }
}

// SAFETY: `.init_array` holds pointers to C functions that the loader calls before `main` with arguments this one
// does not look at. It calls sigaction(2) and writes an atomic; it needs nothing that Rust sets up later.
#[used]
#[unsafe(link_section = ".init_array")]
static NOTE_SIGPIPE: extern "C" fn() = note_sigpipe;

/// Sets SIGPIPE to what it was when the program began.
///
/// # Errors
/// Only what the kernel says.
pub fn restore_sigpipe() -> Result<(), CallError> {
    let action = if PIPE_WAS_IGNORED.load(Ordering::Relaxed) { libc::SIG_IGN } else { libc::SIG_DFL };
    // SAFETY: both are actions without code of ours behind them.
    let before = unsafe { libc::signal(libc::SIGPIPE, action) };
    if before == libc::SIG_ERR { Err(CallError::last("signal")) } else { Ok(()) }
}
