//! A program that writes an image, and what it complains of.

use std::io::Read;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use super::compressed::Cancel;
use super::error::ConvertError;

/// How much of a program's complaints an error carries.
const STDERR_BYTES: usize = 2000;
/// Between two looks at whether a program has ended.
const BREATH: Duration = Duration::from_millis(20);

/// The program of this name, where it is installed.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let mut candidates = std::env::split_paths(&path).map(|directory| directory.join(name));
    candidates.find(|candidate| {
        let metadata = candidate.metadata();
        metadata.is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
    })
}

/// A running program. It does not outlive this value.
pub(crate) struct Program {
    name: String,
    child: Child,
    stderr: Option<JoinHandle<String>>,
}

impl Program {
    /// Starts a command with these variables alone, and the C locale.
    pub(crate) fn start(command: &mut Command, variables: &[(&str, &str)]) -> Result<Self, ConvertError> {
        let name = Path::new(command.get_program()).display().to_string();
        command
            .env_clear()
            .env("LC_ALL", "C")
            .envs(variables.iter().copied())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let started = command.spawn();
        let mut child = started.map_err(|source| ConvertError::Start { program: name.clone(), source })?;
        let stderr = child.stderr.take().expect("standard error is a pipe");
        Ok(Self { name, child, stderr: Some(std::thread::spawn(move || end_of(stderr))) })
    }

    /// Its standard input, where that was asked to be a pipe.
    pub(crate) fn stdin(&mut self) -> Option<ChildStdin> {
        self.child.stdin.take()
    }

    /// Waits for its end, and checks how it did.
    pub(crate) fn wait(&mut self) -> Result<(), ConvertError> {
        let waited = self.child.wait();
        let status = waited.map_err(|source| ConvertError::Start { program: self.name.clone(), source })?;
        let stderr = self.stderr.take();
        let stderr = stderr.and_then(|thread| thread.join().ok()).unwrap_or_default();
        if status.success() {
            return Ok(());
        }
        let stderr = stderr.trim().escape_debug().to_string();
        Err(ConvertError::Program { program: self.name.clone(), status, stderr })
    }

    /// The same, for a program that nothing is passed to: given up when nobody waits for the image any more.
    pub(crate) fn wait_unless(&mut self, cancel: &Cancel) -> Result<(), ConvertError> {
        while let Ok(None) = self.child.try_wait() {
            if cancel.is_raised() {
                return Err(ConvertError::Cancelled);
            }
            std::thread::sleep(BREATH);
        }
        self.wait()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // After a success the child is gone and both calls do nothing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads all of a stream and keeps its end.
fn end_of(mut stream: impl Read) -> String {
    let mut end = Vec::new();
    let mut buffer = [0; 4096];
    // A stream that breaks has said what it has said.
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        end.extend_from_slice(&buffer[..count]);
        if end.len() > 2 * STDERR_BYTES {
            end.drain(..end.len() - STDERR_BYTES);
        }
    }
    let start = end.len().saturating_sub(STDERR_BYTES);
    String::from_utf8_lossy(&end[start..]).into_owned()
}
