//! The installation that is asked: a command, an image, and a directory that node and container share.

use std::fmt;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::process::{Pid, Signal};
use tempfile::TempDir;

use crate::fact::Unlike;

/// The installation that is asked.
#[derive(Debug)]
pub(crate) struct Installation {
    shifter: PathBuf,
    /// The image, as it was named.
    pub(crate) image: String,
    /// What the installation calls it: the value of `SHIFTER_IMAGE` in a container.
    pub(crate) id: String,
    scratch: TempDir,
    is_shared: bool,
    limit: Duration,
}

/// How a call ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The exit status.
    pub(crate) status: Option<i32>,
    /// The signal that ended it.
    pub(crate) signal: Option<i32>,
    /// Standard output, of `shifter` and of the command.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.status, self.signal) {
            (Some(status), _) => write!(f, "status {status}")?,
            (None, signal) => write!(f, "signal {}", signal.unwrap_or_default())?,
        }
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.trim().is_empty() {
                write!(f, "\n{name}: {}", text.trim_end())?;
            }
        }
        Ok(())
    }
}

/// A call of `shifter` that is being put together. The caller's variables are few and known.
#[derive(Debug)]
pub(crate) struct Call {
    command: Command,
    input: Vec<u8>,
    limit: Duration,
}

impl Call {
    /// Sets a variable of the caller's.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Gives the command something to read.
    pub(crate) fn input(mut self, text: &str) -> Self {
        self.input = text.as_bytes().to_vec();
        self
    }

    /// Starts from this directory of the node.
    pub(crate) fn from(mut self, directory: &Path) -> Self {
        self.command.current_dir(directory);
        self
    }

    /// Runs it to its end; what takes longer than the limit is killed, with all that it started.
    pub(crate) fn answer(mut self) -> Result<Answer, Unlike> {
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let program = self.command.get_program().to_owned();
        let failed = |error| Unlike::CannotTell(format!("cannot run {}: {error}", program.display()));
        let mut child = self.command.process_group(0).spawn().map_err(failed)?;
        let mut input = child.stdin.take().expect("standard input is a pipe");
        let (group, ended) = (Pid::from_child(&child), AtomicBool::new(false));
        let output = std::thread::scope(|scope| {
            // A command that reads nothing closes its end; that is not our affair.
            scope.spawn(move || input.write_all(&self.input));
            let watch = scope.spawn(|| {
                std::thread::park_timeout(self.limit);
                if !ended.load(Ordering::Acquire) {
                    let _ = rustix::process::kill_process_group(group, Signal::KILL);
                    return Err(Unlike::Differs(format!("did not end within {} s", self.limit.as_secs())));
                }
                Ok(())
            });
            let output = child.wait_with_output();
            ended.store(true, Ordering::Release);
            watch.thread().unpark();
            watch.join().expect("a watch does not panic").map(|()| output)
        })?;
        let output = output.map_err(failed)?;
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ok(Answer {
            status: output.status.code(),
            signal: output.status.signal(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        })
    }
}

impl Installation {
    /// Starts the image once, to see that there is something to ask.
    pub(crate) fn new(shifter: PathBuf, image: String, shared: &Path, limit: Duration) -> Result<Self, String> {
        let scratch = tempfile::Builder::new()
            .prefix("shifter-compliance-")
            .tempdir_in(shared)
            .map_err(|error| format!("cannot make a directory in {}: {error}", shared.display()))?;
        let mut installation = Self { shifter, image, id: String::new(), scratch, is_shared: false, limit };
        let said = |unlike| match unlike {
            Unlike::Differs(text) | Unlike::CannotTell(text) => text,
        };
        let first = installation.sh("printf %s \"$SHIFTER_IMAGE\"").answer().map_err(said)?;
        if first.status != Some(0) {
            return Err(format!("the image {} does not start: {first}", installation.image));
        }
        installation.id = first.stdout;
        let mark = installation.scratch.path().join("mark");
        std::fs::write(&mark, "").map_err(|error| format!("cannot write {}: {error}", mark.display()))?;
        let seen = installation.sh(&format!("test -f {}", mark.display())).answer().map_err(said)?;
        installation.is_shared = seen.status == Some(0);
        Ok(installation)
    }

    /// `shifter WORDS`, without an image, from `/`.
    pub(crate) fn call(&self, words: &[&str]) -> Call {
        let mut call = self.run(&self.shifter);
        call.command.args(words);
        call
    }

    /// A program of the node, from `/`.
    pub(crate) fn run(&self, program: &Path) -> Call {
        let mut command = Command::new(program);
        let path = std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into());
        command.current_dir("/").env_clear().env("PATH", path);
        Call { command, input: Vec::new(), limit: self.limit }
    }

    /// `shifter --image=IMAGE WORDS`.
    pub(crate) fn start(&self, words: &[&str]) -> Call {
        let image = format!("--image={}", self.image);
        self.call(&[&[image.as_str()], words].concat())
    }

    /// `shifter --image=IMAGE /bin/sh -c SCRIPT`.
    pub(crate) fn sh(&self, script: &str) -> Call {
        self.start(&["/bin/sh", "-c", script])
    }

    /// A directory of the node that the container has too, under the same name.
    pub(crate) fn shared(&self) -> Result<&Path, Unlike> {
        if self.is_shared {
            return Ok(self.scratch.path());
        }
        let place = self.scratch.path().parent().unwrap_or(Path::new("/"));
        Err(Unlike::CannotTell(format!("containers have no {}; name another directory by --shared", place.display())))
    }

    /// A file in [`Installation::shared`].
    pub(crate) fn file(&self, name: &str, text: &str) -> Result<PathBuf, Unlike> {
        let path = self.shared()?.join(name);
        std::fs::write(&path, text)
            .map_err(|error| Unlike::CannotTell(format!("cannot write {}: {error}", path.display())))?;
        Ok(path)
    }

    /// The file of the command.
    pub(crate) fn program(&self) -> Result<PathBuf, Unlike> {
        if self.shifter.components().count() > 1 {
            let absolute = std::path::absolute(&self.shifter);
            return absolute.map_err(|error| Unlike::CannotTell(format!("{}: {error}", self.shifter.display())));
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        let found = std::env::split_paths(&path).map(|folder| folder.join(&self.shifter)).find(|file| file.is_file());
        found.ok_or_else(|| Unlike::CannotTell(format!("{} is not in PATH", self.shifter.display())))
    }

    /// Whether the command's rights come from its mode; else it has a user namespace.
    pub(crate) fn is_setuid(&self) -> Result<bool, Unlike> {
        let program = self.program()?;
        let file = std::fs::metadata(&program);
        let file = file.map_err(|error| Unlike::CannotTell(format!("{}: {error}", program.display())))?;
        Ok(file.permissions().mode() & 0o4000 != 0)
    }
}
