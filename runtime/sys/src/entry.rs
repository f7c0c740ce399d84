//! How a program of this crate begins, without what std does before `main` of a program of its kind and these have no use
//! for: it reads `/proc/self/maps` for the place of the stack's guard and sets a stack and two handlers apart to tell of an
//! overflow, some twenty calls. The kernel ends a process that overflows its stack as it is.
//!
//! What std does and these need, [`run`] does: descriptors 0, 1 and 2 are open, and SIGPIPE is ignored.

use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::signal;

/// What a program that panicked ends with, as std's.
const PANICKED: i32 = 101;

/// Makes a function the `main` of a program with `#![no_main]`. It returns what to end with.
#[macro_export]
macro_rules! program {
    ($main:path) => {
        // The unwinder is in the program, so that the loader need not map another library for it.
        // SAFETY: nothing is declared.
        #[link(name = "gcc_eh", kind = "static", modifiers = "+whole-archive,-bundle")]
        unsafe extern "C" {}

        // SAFETY: this is the one symbol of this name in the program, and has the form that C's start-up code calls
        // (ISO C, 5.1.2.2.1); it does not look at its arguments, which std takes from the loader.
        #[unsafe(no_mangle)]
        extern "C" fn main(_words: i32, _of: *const *const u8) -> i32 {
            $crate::entry::run($main)
        }
    };
}

/// Runs a program, and gives what it ends with. What it wrote is flushed.
pub fn run(main: fn() -> i32) -> i32 {
    open_standard_descriptors();
    signal::ignore_broken_pipes();
    let status = catch_unwind(AssertUnwindSafe(main)).unwrap_or(PANICKED);
    // Who does not read it any more does not miss it.
    let _not_read = std::io::stdout().flush();
    status & 0xff
}

/// Where 0, 1 or 2 are closed, `/dev/null` takes their place, so that no file of ours becomes standard output. As std does.
fn open_standard_descriptors() {
    let mut three = [0, 1, 2].map(|fd| libc::pollfd { fd, events: 0, revents: 0 });
    // SAFETY: poll(2) reads and writes three `struct pollfd`, which live here, and waits for nothing.
    let is_answered = unsafe { libc::poll(three.as_mut_ptr(), 3, 0) } >= 0;
    // SAFETY: fcntl(2) with F_GETFD reads no memory.
    let is_open = |fd| unsafe { libc::fcntl(fd, libc::F_GETFD) } >= 0;
    for descriptor in three {
        if if is_answered { descriptor.revents & libc::POLLNVAL == 0 } else { is_open(descriptor.fd) } {
            continue;
        }
        // SAFETY: open(2) reads a NUL-terminated literal. It takes the lowest number that is free: this one, since those
        // below it are open.
        if unsafe { libc::open(c"/dev/null".as_ptr(), libc::O_RDWR) } < 0 {
            crate::process::abort();
        }
    }
}
