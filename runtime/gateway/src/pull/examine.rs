//! The site's examiner: a program that looks at an image before anybody can use it, and may refuse it.
//!
//! It is called as by 16.08 to 18.03: `examiner DIRECTORY ID`, with the unpacked image and its id; exit status 0 lets the
//! image pass, anything else refuses it. Images are unpacked for it alone. Owners and modes in the directory are those of
//! the image to be. Its environment is empty but for `PATH` and `LC_ALL`, its standard input is empty, and it and all it
//! started are killed when its time is up or nobody waits for the pull any more.

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};

use super::error::PullError;
use super::progress::{Phase, Progress};
use super::run;
use crate::convert::run::Job;
use crate::convert::{ConvertError, Format};
use crate::pull::Made;
use crate::registry::origin::blocking;

/// The bytes that are kept of what an examiner says: the last of them hold the verdict.
const KEPT: usize = 4096;
/// How long the output of a program that has ended is waited for.
const LINGER: Duration = Duration::from_secs(1);
const PATH: &str = "/usr/sbin:/usr/bin:/sbin:/bin";

/// A program that examines images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examiner {
    /// The program.
    pub program: PathBuf,
    /// Where images are unpacked for it.
    pub directory: PathBuf,
    /// How long it may take for one image.
    pub time: Duration,
}

/// Why an image did not pass.
#[derive(Debug, thiserror::Error)]
pub enum ExamineError {
    /// The program cannot be run.
    #[error("cannot run the examiner {}: {source}", program.display())]
    Start {
        /// The program.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It refuses the image.
    #[error("the examiner refuses the image ({}){}", ended(*status), said(output))]
    Refused {
        /// How it ended.
        status: ExitStatus,
        /// The end of what it wrote.
        output: String,
    },
    /// It took too long.
    #[error("the examiner was not done after {} s{}", time.as_secs_f64(), said(output))]
    TooSlow {
        /// What it may take.
        time: Duration,
        /// The end of what it wrote.
        output: String,
    },
}

fn ended(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("status {code}"),
        (None, signal) => format!("killed by signal {}", signal.unwrap_or_default()),
    }
}

/// What was said, on one line: the text becomes the message of a record.
fn said(output: &str) -> String {
    let lines: Vec<&str> = output.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.is_empty() { String::new() } else { format!(": {}", lines.join("; ").escape_debug()) }
}

/// Has an image examined. Gives back what the examiner said about one that passes.
pub(super) async fn examine(examiner: &Examiner, job: &Job, progress: &dyn Progress) -> Result<String, PullError> {
    let mut conversion = job.conversion.clone();
    conversion.format = Format::Directory;
    let unpack = Job {
        id: job.id.clone(),
        layers: job.layers.clone(),
        conversion,
        limits: job.limits.clone(),
        directory: examiner.directory.clone(),
    };
    prepare(&examiner.directory)?;
    let (made, _, _) = run::converted(unpack, progress).await?;
    let Made::Directory(unpacked) = made else { unreachable!("the format asked for is a directory") };
    progress.phase(Phase::Examination);
    progress.detail("Examining image");
    let verdict = verdict(examiner, unpacked.path(), &job.id).await;
    // Large images take their time to be removed.
    blocking(move || drop(unpacked)).await;
    Ok(verdict?)
}

fn prepare(directory: &Path) -> Result<(), PullError> {
    use std::os::unix::fs::DirBuilderExt as _;
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory);
    made.map_err(|source| ConvertError::Output { path: directory.to_owned(), source }.into())
}

async fn verdict(examiner: &Examiner, directory: &Path, id: &str) -> Result<String, ExamineError> {
    let started = Command::new(&examiner.program)
        .arg(directory)
        .arg(id)
        .env_clear()
        .env("PATH", PATH)
        .env("LC_ALL", "C")
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn();
    let failed = |source| ExamineError::Start { program: examiner.program.clone(), source };
    let mut running = Running::new(started.map_err(failed)?);
    let (mut stdout, mut stderr) = (Tail::default(), Tail::default());
    let ended = running.wait_and_read(examiner.time, &mut stdout, &mut stderr).await;
    let output = stdout.text() + &stderr.text();
    match ended {
        Some(Ok(status)) if status.success() => Ok(output),
        Some(Ok(status)) => Err(ExamineError::Refused { status, output }),
        Some(Err(source)) => Err(failed(source)),
        None => Err(ExamineError::TooSlow { time: examiner.time, output }),
    }
}

/// The program. It and all of its process group are killed when nobody waits for it.
struct Running {
    child: Child,
    /// Its process group, until all of it has ended.
    group: Option<Pid>,
}

impl Running {
    fn new(child: Child) -> Self {
        let group = child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw);
        Self { child, group }
    }

    /// Waits for its end and reads what it says; `None` where it took too long.
    async fn wait_and_read(
        &mut self,
        time: Duration,
        stdout: &mut Tail,
        stderr: &mut Tail,
    ) -> Option<io::Result<ExitStatus>> {
        let out = self.child.stdout.take().expect("standard output is a pipe");
        let err = self.child.stderr.take().expect("standard error is a pipe");
        let mut reading = std::pin::pin!(async { tokio::join!(stdout.read(out), stderr.read(err)) });
        let mut is_read = false;
        let ended = {
            let mut waiting = std::pin::pin!(tokio::time::timeout(time, self.child.wait()));
            loop {
                tokio::select! {
                    ended = &mut waiting => break ended,
                    _ = &mut reading, if !is_read => is_read = true,
                }
            }
        };
        if ended.is_err() {
            self.kill();
            // It is killed: this only takes its status away.
            let _ = self.child.wait().await;
        }
        // What it has left behind may still hold its output, but is not waited for.
        if !is_read && tokio::time::timeout(LINGER, &mut reading).await.is_err() {
            self.kill();
            let _ = tokio::time::timeout(LINGER, &mut reading).await;
        }
        self.group = None;
        ended.ok()
    }

    fn kill(&self) {
        if let Some(group) = self.group {
            // Nothing is left to kill where all have ended.
            let _ = killpg(group, Signal::SIGKILL);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The end of a stream.
#[derive(Default)]
struct Tail(Vec<u8>);

impl Tail {
    async fn read(&mut self, mut stream: impl AsyncRead + Unpin) {
        let mut buffer = [0; 4096];
        // A stream that cannot be read any more has ended.
        while let Ok(count @ 1..) = stream.read(&mut buffer).await {
            self.0.extend_from_slice(&buffer[..count]);
            let excess = self.0.len().saturating_sub(KEPT);
            self.0.drain(..excess);
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0).into_owned()
    }
}
