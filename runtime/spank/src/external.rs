//! The extern step of a job: a program of the site that root runs beside the job, as for a burst buffer (`extern_setup`).
//!
//! Slurm begins this step and the first srun side by side. So tasks wait for it ([`crate::task`]).

use std::fmt;
use std::path::Path;

use shifter::trust::{self, TrustError};

use crate::run::{self, RunError};
use crate::state::{self, Note};

/// The program did not do what it should.
#[derive(Debug)]
pub enum ExternalFailure {
    /// Somebody else than root could have written it.
    Trust(TrustError),
    /// It cannot be run.
    Run(RunError),
    /// It failed; what it said.
    Failed(String),
    /// Nobody can be told that it has ended.
    Note(std::io::Error),
}

impl fmt::Display for ExternalFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Trust(error) => write!(f, "extern_setup: {error}"),
            Self::Run(error) => write!(f, "extern_setup: {error}"),
            Self::Failed(said) => write!(f, "extern_setup failed: {said}"),
            Self::Note(error) => write!(f, "extern_setup: cannot write below `{}`: {error}", state::DIRECTORY),
        }
    }
}

impl std::error::Error for ExternalFailure {}

/// Runs it to its end. Then tasks go on, whatever became of it.
///
/// # Errors
/// When it failed.
pub fn run(job: u32, program: &Path) -> Result<(), ExternalFailure> {
    let done = run_program(program);
    let noted = state::leave(job, Note::Ready, "").map_err(ExternalFailure::Note);
    done.and(noted)
}

fn run_program(program: &Path) -> Result<(), ExternalFailure> {
    trust::open_file(program).map_err(ExternalFailure::Trust)?;
    let ran = run::run(run::of_root(program), None).map_err(ExternalFailure::Run)?;
    if ran.is_success() { Ok(()) } else { Err(ExternalFailure::Failed(ran.reason())) }
}
