//! A task of a job, while it is still root's and about to become the user's.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use shifter::attach::{self, JoinError, Joined};
use shifter_sys::identity::{self, Triple};
use shifter_sys::{CallError, mount};

use crate::arguments::Arguments;
use crate::conf::{self, ConfError};
use crate::state::{self, Note};

/// How often a task looks whether the extern step has done its part, and how long after each other: ten seconds, as the
/// original.
const LOOKS: u32 = 100;
const BETWEEN: Duration = Duration::from_millis(100);
/// Where a task is that cannot be where it should, as with Slurm itself.
const ELSEWHERE: &str = "/tmp";

/// Why a task must not start.
#[derive(Debug)]
pub enum TaskFailure {
    /// Its job has no container, and the site wants none to run without (on_setup_failure=fail-job).
    NoContainer(String),
    /// It is to run in the job's container, which cannot be read about.
    Conf(ConfError),
    /// It cannot be entered.
    Join(JoinError),
    /// It is not there, or another's.
    NotJoined(Joined),
    /// It was entered, and nothing works there.
    Call(CallError),
}

impl fmt::Display for TaskFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoContainer(why) => write!(f, "the container of this job could not be made: {why}"),
            Self::Conf(error) => write!(f, "--ccm: {error}"),
            Self::Join(error) => write!(f, "--ccm: {error}"),
            Self::NotJoined(joined) => write!(f, "--ccm: {joined}"),
            Self::Call(error) => write!(f, "--ccm: {error}"),
        }
    }
}

impl std::error::Error for TaskFailure {}

/// Whether the extern step was done in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waited {
    /// Or there was nothing to wait for.
    Ready,
    /// It goes on.
    InVain,
}

/// Waits for the program of the extern step, where the site has one.
#[must_use]
pub fn wait_for_external(job: u32, arguments: &Arguments) -> Waited {
    if arguments.extern_setup.is_none() {
        return Waited::Ready;
    }
    for _ in 0..LOOKS {
        if state::read(job, Note::Ready).is_some() {
            return Waited::Ready;
        }
        std::thread::sleep(BETWEEN);
    }
    Waited::InVain
}

/// Whether the job may run at all.
///
/// # Errors
/// If its prolog left a note that it must not.
pub fn check(job: u32) -> Result<(), TaskFailure> {
    state::read(job, Note::Failed).map_or(Ok(()), |why| Err(TaskFailure::NoContainer(why)))
}

/// Goes into the container of the job (`--ccm`); the identity stays root's. The working directory is looked for there
/// with the rights of the user, whose file server may refuse root.
///
/// # Errors
/// When this user has no container on the node.
pub fn enter(uid: u32, gid: u32, arguments: &Arguments) -> Result<(), TaskFailure> {
    let conf = conf::as_root(arguments.config.as_deref()).map_err(TaskFailure::Conf)?;
    let directory = std::env::current_dir().unwrap_or_else(|_| PathBuf::from(ELSEWHERE));
    match attach::join_for(uid, &conf).map_err(TaskFailure::Join)? {
        Joined::Yes => {}
        not => return Err(TaskFailure::NotJoined(not)),
    }
    let user = |id| Triple { real: 0, effective: id, saved: 0 };
    identity::set_group(user(gid)).map_err(TaskFailure::Call)?;
    identity::set_user(user(uid)).map_err(TaskFailure::Call)?;
    let there = mount::change_dir(&directory).or_else(|_| mount::change_dir(Path::new(ELSEWHERE)));
    // ORDER: whatever became of it, Slurm goes on as root.
    identity::set_user(Triple::all(0)).map_err(TaskFailure::Call)?;
    identity::set_group(Triple::all(0)).map_err(TaskFailure::Call)?;
    there.map_err(TaskFailure::Call)
}
