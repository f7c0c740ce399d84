//! What a session's program is started through: this very program, which becomes the leader of a new session with the
//! terminal, if there is one, as its own, and is ended with the daemon; then it becomes the program.
//!
//! Between fork(2) and execve(2) none of this can be had without unsafe code; after an exec of our own it can.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

use rustix::process::{self, Signal};

/// The first word of the command line.
pub(crate) const WORD: &str = "session-leader";
/// The second, if descriptor 0 is the terminal of the session.
pub(crate) const WITH_TERMINAL: &str = "--terminal";
/// This program's own file, wherever it lies and whether the container has it (proc(5)).
pub(crate) const OURSELVES: &str = "/proc/self/exe";

/// What the shell says of a program that it cannot start.
const NOT_STARTED: u8 = 126;

/// `session-leader [--terminal] PARENT PROGRAM NAME [ARGUMENT...]`, by the daemon with this pid.
pub(crate) fn main(words: Vec<OsString>) -> ExitCode {
    let mut words = words.into_iter().peekable();
    let has_terminal = words.next_if(|word| word == WITH_TERMINAL).is_some();
    let parent: Option<i32> = words.next().and_then(|word| word.to_str()?.parse().ok());
    let (Some(parent), Some(program), Some(name)) = (parent, words.next(), words.next()) else {
        eprintln!("shifter-sshd: {WORD} is for its own use");
        return ExitCode::from(NOT_STARTED);
    };
    let prepared = process::set_parent_process_death_signal(Some(Signal::KILL))
        .and_then(|()| process::setsid().map(drop))
        .and_then(|()| if has_terminal { process::ioctl_tiocsctty(std::io::stdin()) } else { Ok(()) });
    if let Err(error) = prepared {
        eprintln!("shifter-sshd: cannot begin a session: {error}");
        return ExitCode::from(NOT_STARTED);
    }
    // ORDER: a daemon that ended before the first line of this sends no signal.
    if process::getppid().map(|pid| pid.as_raw_nonzero().get()) != Some(parent) {
        return ExitCode::from(NOT_STARTED);
    }
    let error = Command::new(&program).arg0(name).args(words).exec();
    eprintln!("shifter-sshd: cannot start `{}`: {error}", program.display());
    ExitCode::from(NOT_STARTED)
}
