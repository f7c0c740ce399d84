//! What the hooks of one job tell each other on a node: files in a directory that is root's alone.
//!
//! `/run/shifter/slurm/JOB.failed` says why the job has no container, `JOB.ready` that the program of the extern step has
//! ended. The epilog removes them; a job that is run again begins without them.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use shifter::trust;

/// Where they lie.
pub const DIRECTORY: &str = "/run/shifter/slurm";

/// A note about a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// The job has no container and must not run without; why.
    Failed,
    /// What the extern step had to do is done.
    Ready,
}

fn file(job: u32, note: Note) -> PathBuf {
    let ending = match note {
        Note::Failed => "failed",
        Note::Ready => "ready",
    };
    Path::new(DIRECTORY).join(format!("{job}.{ending}"))
}

/// Leaves a note.
///
/// # Errors
/// When the directory is not root's alone, or what the kernel says.
pub fn leave(job: u32, note: Note, text: &str) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o755).create(DIRECTORY)?;
    trust::check_directory(Path::new(DIRECTORY)).map_err(|error| io::Error::other(error.to_string()))?;
    let path = file(job, note);
    remove(&path)?;
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o644).open(path)?;
    io::Write::write_all(&mut file, text.as_bytes())
}

/// What a note says, if there is one.
#[must_use]
pub fn read(job: u32, note: Note) -> Option<String> {
    fs::read_to_string(file(job, note)).ok()
}

/// Removes all notes about a job.
///
/// # Errors
/// Only what the kernel says.
pub fn forget(job: u32) -> io::Result<()> {
    [Note::Failed, Note::Ready].into_iter().try_for_each(|note| remove(&file(job, note)))
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}
