//! Finding the command in the container's `PATH`, as execvpe(3) does.

use std::ffi::{CString, OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use shifter_formats::env;
use shifter_sys::{CallError, Errno, process};

use super::unfit::{self, Unfit};
use super::{c_environment, c_string};
use crate::request::Environment;

/// Where commands are looked for without `PATH`, as glibc's `confstr(_CS_PATH)`.
const DEFAULT_PATH: &str = "/bin:/usr/bin";

/// A command that was not started.
#[derive(Debug)]
pub(super) struct NotStarted {
    /// What the kernel says.
    pub(super) error: CallError,
    /// What was found and is no program to be started here.
    pub(super) unfit: Option<Unfit>,
}

impl From<CallError> for NotStarted {
    fn from(error: CallError) -> NotStarted {
        NotStarted { error, unfit: None }
    }
}

/// Runs the first program found. A name with a slash is the program; what is there and cannot be run is told only if
/// nothing else is found.
pub(super) fn exec(words: &[OsString], environment: &Environment) -> NotStarted {
    let name = words.first().map(OsString::as_os_str).unwrap_or_default();
    let arguments: Vec<CString> = words.iter().map(|word| c_string(word)).collect();
    let strings = c_environment(environment);
    let not_found = CallError { call: "execve", errno: Errno::NOENT };
    if name.is_empty() {
        return not_found.into();
    }
    if name.as_bytes().contains(&b'/') {
        return exec_file(name, &arguments, &strings);
    }
    let path = env::get(environment, OsStr::new("PATH")).unwrap_or(OsStr::new(DEFAULT_PATH));
    let mut worst = NotStarted::from(not_found);
    for directory in path.as_bytes().split(|&byte| byte == b':') {
        let directory = if directory.is_empty() { Path::new(".") } else { Path::new(OsStr::from_bytes(directory)) };
        let failed = exec_file(directory.join(name).as_os_str(), &arguments, &strings);
        match failed.error.errno {
            Errno::NOENT | Errno::NOTDIR if failed.unfit.is_none() => {}
            // As execvpe(3) goes on: the next directory may have one that can be run.
            Errno::NOENT | Errno::ACCES => worst = failed,
            _ => return failed,
        }
    }
    worst
}

/// A text file without `#!` is given to the shell, as execvpe(3) says.
fn exec_file(file: &OsStr, arguments: &[CString], environment: &[CString]) -> NotStarted {
    let error = process::exec(file, arguments, environment);
    let path = Path::new(file);
    if error.errno != Errno::NOEXEC || !unfit::is_for_the_shell(path) {
        return NotStarted { error, unfit: unfit::find(path, error.errno) };
    }
    let shell = [c_string(OsStr::new("/bin/sh")), c_string(file)];
    let words: Vec<CString> = shell.into_iter().chain(arguments.iter().skip(1).cloned()).collect();
    let of_shell = process::exec(OsStr::new("/bin/sh"), &words, environment);
    NotStarted { error: of_shell, unfit: unfit::find(path, Errno::NOEXEC) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shifter_sys::process::Ended;

    fn run(words: &[&str], path: &str) -> Ended {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        let child = process::in_child(|| match exec(&words, &vec![("PATH".into(), path.into())]).error.errno {
            Errno::NOENT => 127,
            Errno::ACCES => 126,
            _ => 125,
        });
        process::wait(child.unwrap()).unwrap()
    }

    #[test]
    fn the_first_program_in_the_path_is_run() {
        assert_eq!(run(&["sh", "-c", "exit 7"], "/nonexistent:/etc/passwd:/bin"), Ended::Exited(7));
        assert_eq!(run(&["/bin/sh", "-c", "exit 8"], ""), Ended::Exited(8));
    }

    #[test]
    fn what_is_not_there_is_told_from_what_cannot_be_run() {
        assert_eq!(run(&["no such program"], "/bin"), Ended::Exited(127));
        assert_eq!(run(&["passwd"], "/nonexistent:/etc"), Ended::Exited(126));
    }
}
