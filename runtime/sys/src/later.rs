//! Descriptors that nobody needs any more, closed together: close_range(2) takes as many as lie side by side.
//!
//! Who has rights gathers them here and closes them before anybody else comes in: before a child is made, and before the
//! rights are given up. Each is close-on-exec as it is.

use std::cell::RefCell;
use std::os::fd::{IntoRawFd, OwnedFd, RawFd};

/// So many wait at most. Where a caller lets a process have fewer, [`crate::open`] closes them before it gives up.
const MOST: usize = 48;

thread_local! {
    static WAITING: RefCell<Vec<OwnedFd>> = const { RefCell::new(Vec::new()) };
}

/// Closes a descriptor at the next [`close_all`], or when there are many.
pub fn close(fd: OwnedFd) {
    let is_full = WAITING.with_borrow_mut(|waiting| {
        waiting.push(fd);
        waiting.len() >= MOST
    });
    if is_full {
        close_all();
    }
}

/// Closes all that wait.
pub fn close_all() {
    let mut numbers: Vec<RawFd> = WAITING.take().into_iter().map(IntoRawFd::into_raw_fd).collect();
    numbers.sort_unstable();
    for run in numbers.chunk_by(|left, right| left + 1 == *right) {
        let (Some(&first), Some(&last)) = (run.first(), run.last()) else { continue };
        // SAFETY: every descriptor of the run was owned by an `OwnedFd` that was just given up, so nobody else closes or
        // uses it; close_range(2) reads no memory. Where the kernel has no such call (before Linux 5.9) they stay open
        // until the exec.
        let _cannot_fail = unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::open::{self, For};
    use std::os::fd::AsRawFd as _;
    use std::path::Path;

    #[test]
    fn what_waits_is_closed_and_nothing_else() {
        let opened = || open::host(Path::new("/"), For::Place).unwrap();
        let [first, kept, second, third] = [opened(), opened(), opened(), opened()];
        // By inode and name: other tests of this process open descriptors meanwhile.
        let shown = |fd: RawFd| std::fs::read_link(format!("/proc/self/fd/{fd}")).ok();
        let numbers = [first.as_raw_fd(), second.as_raw_fd(), third.as_raw_fd()];
        [third, first, second].into_iter().for_each(close);
        assert!(numbers.iter().all(|&fd| shown(fd).as_deref() == Some(Path::new("/"))));
        close_all();
        assert!(numbers.iter().all(|&fd| shown(fd).as_deref() != Some(Path::new("/"))));
        assert_eq!(shown(kept.as_raw_fd()).as_deref(), Some(Path::new("/")));
    }
}
