//! The epilog of a job on a node: its container goes, and it is told if something is left.
//!
//! Only the container that this job's prolog made is touched, so that a job that shared the node leaves the other's alone.

use std::fmt;

use crate::arguments::{Arguments, OnSetupFailure};
use crate::cgroup;
use crate::conf;
use crate::prolog::{self, SetupFailure, Whose};
use crate::state;

/// What was there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cleared {
    /// Nothing of this job's.
    Nothing,
    /// Its container, and nothing is left of it.
    Gone,
}

/// Why something is left.
#[derive(Debug)]
pub enum ClearFailure {
    /// Processes in its control group.
    Cgroup(std::io::Error),
    /// Its notes.
    Notes(std::io::Error),
    /// Its container.
    Container(SetupFailure),
}

impl fmt::Display for ClearFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cgroup(error) => write!(f, "the memory control group of the job is left: {error}"),
            Self::Notes(error) => write!(f, "notes about the job are left in `{}`: {error}", state::DIRECTORY),
            Self::Container(failure) => {
                let said = failure.to_string();
                f.write_str(said.strip_prefix("unsetupRoot: ").unwrap_or(&said))
            }
        }
    }
}

impl std::error::Error for ClearFailure {}

/// Takes away what the prolog made.
///
/// # Errors
/// What is left; the rest is gone.
pub fn clear(job: u32, uid: u32, arguments: &Arguments) -> Result<Cleared, ClearFailure> {
    let group = arguments.memory_cgroup.as_deref().and_then(|mount| cgroup::of(mount, uid, job));
    // ORDER: who is in the container keeps it, so he ends first.
    let ended = group.map_or(Ok(()), |group| cgroup::end(&group)).map_err(ClearFailure::Cgroup);
    let forgotten = state::forget(job).map_err(ClearFailure::Notes);
    let cleared = container(job, arguments).map_err(ClearFailure::Container)?;
    ended.and(forgotten).map(|()| cleared)
}

fn container(job: u32, arguments: &Arguments) -> Result<Cleared, SetupFailure> {
    if !arguments.setup_root {
        return Ok(Cleared::Nothing);
    }
    let named = arguments.config.as_deref();
    let conf = conf::as_root(named).map_err(SetupFailure::Conf)?;
    match prolog::whose(conf::udi_mount(&conf, named).map_err(SetupFailure::Conf)?)? {
        Whose::Job(of) if of == Some(job) || arguments.exclusive_nodes => {
            prolog::call(&conf, named, "sbin/unsetupRoot", &[]).map(|()| Cleared::Gone)
        }
        Whose::Job(_) | Whose::Nobodys => Ok(Cleared::Nothing),
    }
}

/// Whether a failure is Slurm's to know, who then drains the node: only where the site wants that.
#[must_use]
pub fn drains(arguments: &Arguments) -> bool {
    arguments.on_setup_failure == OnSetupFailure::Drain
}
