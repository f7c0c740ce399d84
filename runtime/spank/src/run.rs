//! Programs that a hook runs, and what they say.
//!
//! What a program prints goes to files in memory, not through pipes: nobody has to read while it runs, and who it
//! leaves behind with the same descriptors keeps nobody waiting.

use std::fmt;
use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::os::fd::{AsRawFd as _, IntoRawFd as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use shifter_sys::process;

/// No more of what a program says is kept.
const MOST_SAID: u64 = 64 << 10;
/// Between two looks at a program that may run only so long.
const BETWEEN: Duration = Duration::from_millis(50);

/// How a program ended.
#[derive(Debug)]
pub struct Ran {
    /// Its status; `None` if it took too long and was killed.
    pub status: Option<ExitStatus>,
    /// What it printed on standard output.
    pub out: String,
    /// And on standard error.
    pub err: String,
}

impl Ran {
    /// Whether it ended with status 0.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.status.is_some_and(|status| status.success())
    }

    /// What it said, in one line, or how it ended.
    #[must_use]
    pub fn reason(&self) -> String {
        let lines: Vec<&str> = self.err.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        match (lines.is_empty(), self.status) {
            (false, _) => lines.join("; "),
            (true, Some(status)) => format!("it ended with {status} and said nothing"),
            (true, None) => "it took too long".to_owned(),
        }
    }
}

/// A program could not be run.
#[derive(Debug)]
pub struct RunError {
    program: PathBuf,
    source: std::io::Error,
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot run `{}`: {}", self.program.display(), self.source)
    }
}

impl std::error::Error for RunError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// A command for a program of root's: nothing of the environment, standard places to look for programs.
#[must_use]
pub fn of_root(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").current_dir("/");
    command
}

/// Runs it to its end, or for so long.
///
/// # Errors
/// When it cannot be started.
pub fn run(mut command: Command, longest: Option<Duration>) -> Result<Ran, RunError> {
    let program = PathBuf::from(command.get_program());
    let failed = |source| RunError { program: program.clone(), source };
    hold_standard_descriptors().map_err(failed)?;
    let memory = || {
        let file =
            process::memory_file(c"said").map_err(|error| std::io::Error::from_raw_os_error(error.errno.raw()))?;
        Ok(File::from(file))
    };
    let (out, err) = (memory().map_err(failed)?, memory().map_err(failed)?);
    command.stdin(Stdio::null());
    command.stdout(out.try_clone().map_err(failed)?).stderr(err.try_clone().map_err(failed)?);
    let mut child = command.spawn().map_err(failed)?;
    let begun = Instant::now();
    let status = loop {
        let Some(longest) = longest else { break Some(child.wait().map_err(failed)?) };
        if let Some(status) = child.try_wait().map_err(failed)? {
            break Some(status);
        }
        if begun.elapsed() >= longest {
            child.kill().map_err(failed)?;
            child.wait().map_err(failed)?;
            break None;
        }
        std::thread::sleep(BETWEEN);
    };
    Ok(Ran { status, out: text(out), err: text(err) })
}

fn text(mut file: File) -> String {
    let mut bytes = Vec::new();
    let read = file.rewind().and_then(|()| file.take(MOST_SAID).read_to_end(&mut bytes));
    if read.is_err() {
        bytes.clear();
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Slurm may call an epilog with its standard descriptors closed. Then the next file that is opened would be one, and
/// the program would write into it.
fn hold_standard_descriptors() -> std::io::Result<()> {
    loop {
        let file = File::options().read(true).write(true).open("/dev/null")?;
        if file.as_raw_fd() > 2 {
            return Ok(());
        }
        let _stays_open = file.into_raw_fd();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str, longest: Option<Duration>) -> Ran {
        let mut command = of_root(Path::new("/bin/sh"));
        command.args(["-c", script]);
        run(command, longest).expect("a shell")
    }

    #[test]
    fn more_than_a_pipe_holds_is_no_reason_to_wait() {
        let ran = sh("head -c 200000 /dev/zero | tr '\\0' x; head -c 200000 /dev/zero | tr '\\0' y >&2; exit 3", None);
        assert_eq!(ran.status.and_then(|status| status.code()), Some(3));
        assert_eq!((ran.out.len(), ran.err.len()), (65536, 65536));
    }

    #[test]
    fn who_is_left_behind_with_the_same_descriptors_keeps_nobody_waiting() {
        let begun = Instant::now();
        assert!(sh("sleep 20 & echo done >&2", None).is_success());
        assert!(begun.elapsed() < Duration::from_secs(15));
    }

    #[test]
    fn a_program_that_takes_too_long_is_ended() {
        let ran = sh("exec sleep 60", Some(Duration::from_millis(200)));
        assert!(ran.status.is_none());
        assert_eq!(ran.reason(), "it took too long");
        assert_eq!(sh("echo one >&2; echo two >&2; exit 1", None).reason(), "one; two");
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let error = run(of_root(Path::new("/nowhere/setupRoot")), None).expect_err("it is not there");
        assert!(error.to_string().starts_with("cannot run `/nowhere/setupRoot`: "), "{error}");
    }
}
