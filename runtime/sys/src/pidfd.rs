//! Processes by descriptor: one that has ended is never taken for another that got its number.

use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::call::{CallError, Errno, Named};

/// pidfd_open(2).
///
/// # Errors
/// `ESRCH` when nobody has this number.
pub fn open(pid: u32) -> Result<OwnedFd, CallError> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let pid = pid.ok_or(CallError { call: "pidfd_open", errno: Errno::NOENT })?;
    pidfd_open(pid, PidfdFlags::empty()).named("pidfd_open")
}

/// pidfd_send_signal(2) with SIGKILL. One that has ended already is no error.
///
/// # Errors
/// `EPERM` when it is somebody else's.
pub fn kill(process: impl AsFd) -> Result<(), CallError> {
    match pidfd_send_signal(process, Signal::KILL) {
        Err(rustix::io::Errno::SRCH) => Ok(()),
        sent => sent.named("pidfd_send_signal"),
    }
}

/// poll(2): whether a descriptor can be read, or its other end is gone, within this time; for a process, whether it has
/// ended.
///
/// # Errors
/// Only what the kernel says.
pub fn is_ready_within(fd: impl AsFd, time: Duration) -> Result<bool, CallError> {
    let deadline = std::time::Instant::now() + time;
    loop {
        let left = deadline.saturating_duration_since(std::time::Instant::now());
        let left = Timespec::try_from(left).ok();
        match poll(&mut [PollFd::new(&fd, PollFlags::IN)], left.as_ref()) {
            Err(rustix::io::Errno::INTR) => {}
            ready => return ready.named("poll").map(|ready| ready > 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_ended_by_its_descriptor_and_its_end_is_seen() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let process = open(child.id()).unwrap();
        assert!(!is_ready_within(&process, Duration::ZERO).unwrap());
        kill(&process).unwrap();
        assert!(is_ready_within(&process, Duration::from_secs(30)).unwrap());
        child.wait().unwrap();
        kill(&process).unwrap();
    }
}
