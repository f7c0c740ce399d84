//! A site's scripts: the only programs that ever run with root's rights here.
//!
//! A script is trusted only if nobody but root can change it or the path to it. It runs as `/bin/sh SCRIPT` with uid
//! and gid 0, in a session of its own, in the site tree, with the variables of [`crate::hooks`] and nothing else in
//! its environment, nothing to read, and no descriptor, limit or signal setting of the caller's.
//!
//! What it says is read by a process of root's between it and us, which keeps the beginning in memory: a caller who
//! stops or kills the start, or whose standard error nobody reads, neither holds up a script of root's nor ends it in
//! the middle. It is shown when the script has ended.

use std::ffi::{CString, OsStr};
use std::fmt;
use std::io::{Read as _, Seek as _};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use shifter_sys::listen::{self, Said};
use shifter_sys::open::{self, For};
use shifter_sys::process::{self, Child, Ended};
use shifter_sys::{CallError, mount, node};

use super::{Enactor, Reason};
use crate::hooks::{self, MOST_SHOWN, Variables};
use crate::plan::HookPhase;
use crate::say::say;
use crate::trust;

/// How a script failed.
#[derive(Debug)]
pub struct HookError {
    /// Which.
    pub script: PathBuf,
    /// How it ended.
    pub ended: Ended,
}

impl fmt::Display for HookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.script.display(), self.ended)
    }
}

impl std::error::Error for HookError {}

impl Enactor<'_> {
    pub(super) fn hook(&mut self, phase: &HookPhase, script: &Path, variables: &Variables) -> Result<(), Reason> {
        if !self.raised.is_rootless() {
            trust::open_file(script)?;
        }
        let output = process::memory_file(c"hook")?;
        // A script of root's may mount what it likes, where it likes.
        trust::forget();
        self.own_places.clear();
        let child = self.raised.in_root_child(|| overhear(&output, || self.become_script(script, variables)))?;
        finish(child, output, &phase.to_string(), script)
    }

    fn become_script(&self, script: &Path, variables: &Variables) -> CallError {
        let prepare = || -> Result<(), CallError> {
            mount::enter(self.tree().root())?;
            process::become_stdin(open::host(Path::new("/dev/null"), For::Reading)?)
        };
        if let Err(error) = prepare() {
            return error;
        }
        let arguments = [OsStr::new("/bin/sh"), script.as_os_str()];
        let arguments = arguments.map(|word| CString::new(word.as_bytes()).unwrap_or_default());
        process::exec(OsStr::new("/bin/sh"), &arguments, &hooks::c_variables(variables))
    }
}

/// Runs a program whose two outputs come here, keeps the beginning of what it says in `output`, and ends as it ended.
pub(super) fn overhear(output: &OwnedFd, program: impl FnOnce() -> CallError) -> i32 {
    let listened = || -> Result<Ended, CallError> {
        let (reading, writing) = process::pipe()?;
        let child = process::in_child(|| {
            let error = process::become_stdout(&writing).and_then(|()| process::become_stderr(&writing));
            let error = error.err().unwrap_or_else(program);
            say(format_args!("cannot start it: {error}"));
            127
        })?;
        drop(writing);
        let (ended, Said { mut text, is_cut }) = listen::listen(&reading, child, MOST_SHOWN)?;
        if is_cut {
            // One byte more than is kept says so to the one who reads it.
            text.push(b'\n');
        }
        node::write_all(output.try_clone().map_err(|error| CallError::from_io("fcntl", &error))?, &text)?;
        Ok(ended)
    };
    match listened() {
        Ok(ended) => process::end_like(ended),
        Err(error) => {
            say(format_args!("cannot listen to a script: {error}"));
            126
        }
    }
}

/// Waits for a child that overhears a program, and shows what that said behind its name.
pub(super) fn finish(child: Child, output: OwnedFd, name: &str, program: &Path) -> Result<(), Reason> {
    let ended = process::wait(child)?;
    let mut output = std::fs::File::from(output);
    let mut text = Vec::new();
    if output.rewind().and_then(|()| output.read_to_end(&mut text)).is_ok() {
        let is_cut = text.len() > MOST_SHOWN;
        text.truncate(MOST_SHOWN);
        hooks::show(name, &Said { text, is_cut });
    }
    match ended {
        Ended::Exited(0) => Ok(()),
        ended => Err(HookError { script: program.to_owned(), ended }.into()),
    }
}
