//! Reading what a child says, up to a limit, until it ends.
//!
//! A pipe, because a script may open `/dev/stderr` again, which would cut a file short. The child's own end counts, not
//! that of the pipe: what it leaves running in the background may keep the pipe open for ever.

use std::os::fd::OwnedFd;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::OFlags;
use rustix::process::PidfdFlags;

use crate::call::{CallError, Named};
use crate::process::{self, Child, Ended};

/// What a pipe holds at most where nobody changed it (pipe(7)); after the child's end no more than this is read.
const PIPE_HOLDS: usize = 64 << 10;

/// What a child said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The beginning of it.
    pub text: Vec<u8>,
    /// Whether there was more.
    pub is_cut: bool,
}

/// Waits for a child, and reads meanwhile what comes from the other end of the pipe that it writes to. No more than
/// `most` bytes are kept; the rest is read and forgotten, so that the child is never held up.
///
/// # Errors
/// `ENOSYS` before Linux 5.3, else only what the kernel says.
pub fn listen(reading: &OwnedFd, child: Child, most: usize) -> Result<(Ended, Said), CallError> {
    let ending = rustix::process::pidfd_open(child.pid(), PidfdFlags::empty()).named("pidfd_open")?;
    rustix::fs::fcntl_setfl(reading, OFlags::NONBLOCK).named("fcntl(F_SETFL)")?;
    let mut said = Said::default();
    let mut is_open = true;
    while is_open {
        let mut watched = [PollFd::new(&ending, PollFlags::IN), PollFd::new(reading, PollFlags::IN)];
        match poll(&mut watched, None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(errno) => return Err(errno).named("poll"),
        }
        let has_ended = !watched[0].revents().is_empty();
        is_open = said.take(reading, most)? && !has_ended;
    }
    Ok((process::wait(child)?, said))
}

impl Said {
    /// Reads what is there now, but no more than a pipe holds; false at the end of the pipe.
    fn take(&mut self, reading: &OwnedFd, most: usize) -> Result<bool, CallError> {
        let mut buffer = [0_u8; 4096];
        for _ in 0..PIPE_HOLDS / 4096 {
            match rustix::io::read(reading, &mut buffer) {
                Ok(0) => return Ok(false),
                Ok(length) => {
                    let kept = length.min(most - self.text.len());
                    self.text.extend_from_slice(&buffer[..kept]);
                    self.is_cut |= kept < length;
                }
                Err(rustix::io::Errno::AGAIN) => return Ok(true),
                Err(rustix::io::Errno::INTR) => {}
                Err(errno) => return Err(errno).named("read"),
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::{CString, OsStr};

    /// Runs a line of a shell whose output is the pipe.
    fn run(line: &str, most: usize) -> (Ended, Said) {
        let (reading, writing) = process::pipe().unwrap();
        let child = process::in_child(|| {
            process::become_stdout(&writing).unwrap();
            process::become_stderr(&writing).unwrap();
            let words = ["sh", "-c", line].map(|word| CString::new(word).unwrap());
            let error = process::exec(OsStr::new("/bin/sh"), &words, &[CString::from(c"PATH=/usr/bin:/bin")]);
            panic!("{error}")
        });
        drop(writing);
        listen(&reading, child.unwrap(), most).unwrap()
    }

    #[test]
    fn both_streams_are_read_in_their_order_with_the_status() {
        let (ended, said) = run("echo one; echo two >&2; echo three >/dev/stderr; exit 4", 100);
        assert_eq!(ended, Ended::Exited(4));
        assert_eq!((String::from_utf8_lossy(&said.text).as_ref(), said.is_cut), ("one\ntwo\nthree\n", false));
    }

    #[test]
    fn what_is_beyond_the_limit_is_forgotten_and_holds_nobody_up() {
        let (ended, said) =
            run("i=0; while [ $i -lt 4000 ]; do echo 0123456789012345678901234567890; i=$((i+1)); done", 10);
        assert_eq!((ended, said), (Ended::Exited(0), Said { text: b"0123456789".to_vec(), is_cut: true }));
    }

    #[test]
    fn a_process_left_in_the_background_is_not_waited_for() {
        let (ended, said) = run("sleep 60 & echo $!; kill -9 $$", 100);
        assert_eq!(ended, Ended::Killed(9));
        let left: i32 = String::from_utf8(said.text).unwrap().trim().parse().unwrap();
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(left), nix::sys::signal::SIGKILL).unwrap();
    }
}
