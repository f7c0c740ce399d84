//! A site's scripts: the only programs that ever run with root's rights here.
//!
//! A script is trusted only if nobody but root can change it or the path to it. It runs as `/bin/sh SCRIPT` with uid
//! and gid 0, in a session of its own, in the site tree, with `PATH` and nothing else in its environment, nothing to
//! read, and no descriptor, limit or signal setting of the caller's. What it says is kept in memory and shown on
//! standard error when it has ended: a reader of the caller's that stops reading would otherwise hold up root.

use std::ffi::{CString, OsStr};
use std::fmt;
use std::io::{Read as _, Seek as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use shifter_sys::open::{self, For};
use shifter_sys::process::{self, Ended};
use shifter_sys::{CallError, mount};

use super::{Enactor, Reason};
use crate::say::say;
use crate::trust;

/// What a script has as its environment.
const ENVIRONMENT: &str = "PATH=/usr/bin:/usr/sbin:/bin:/sbin";

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
        match self.ended {
            Ended::Exited(status) => write!(f, "`{}` ended with status {status}", self.script.display()),
            Ended::Killed(signal) => write!(f, "`{}` was ended by signal {signal}", self.script.display()),
        }
    }
}

impl std::error::Error for HookError {}

/// More than this of what a script said is not shown.
const MOST_SHOWN: u64 = 1 << 20;

/// Shows what a child said on standard error, if anybody reads it.
pub(super) fn show(output: OwnedFd) {
    let mut output = std::fs::File::from(output);
    let mut said = Vec::new();
    if output.rewind().and_then(|()| output.take(MOST_SHOWN).read_to_end(&mut said)).is_ok() {
        let _nobody_reads = std::io::stderr().write_all(&said);
    }
}

impl Enactor<'_> {
    pub(super) fn hook(&mut self, script: &Path) -> Result<(), Reason> {
        if !self.raised.is_rootless() {
            trust::open_file(script)?;
        }
        let output = process::memory_file(c"hook")?;
        let child = self.raised.in_root_child(|| {
            let error = self.become_script(script, &output);
            say(format_args!("cannot start `{}`: {error}", script.display()));
            127
        })?;
        let ended = process::wait(child)?;
        show(output);
        match ended {
            Ended::Exited(0) => Ok(()),
            ended => Err(HookError { script: script.to_owned(), ended }.into()),
        }
    }

    fn become_script(&self, script: &Path, output: &OwnedFd) -> CallError {
        let prepare = || -> Result<(), CallError> {
            mount::enter(self.tree().root())?;
            process::become_stdin(open::host(Path::new("/dev/null"), For::Reading)?)?;
            process::become_stdout(output)?;
            process::become_stderr(output)
        };
        if let Err(error) = prepare() {
            return error;
        }
        let arguments = [OsStr::new("/bin/sh"), script.as_os_str()];
        let arguments = arguments.map(|word| CString::new(word.as_bytes()).unwrap_or_default());
        let environment = CString::new(ENVIRONMENT).unwrap_or_default();
        process::exec(OsStr::new("/bin/sh"), &arguments, &[environment])
    }
}
