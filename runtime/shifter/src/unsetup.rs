//! `unsetupRoot`, as a story: root's program, called after a job, that takes the job's container out of the host's mount
//! table and says whether anything is left of it.
//!
//! It unmounts what has the mark of `setupRoot`, never what only lies at the same path. It ends the sshd that the set-up began, and nobody else's process: who is
//! still in the container keeps it, image and memory, until he ends; so that is waited for a while, and then he is named.
//! Called again, or where there was nothing, it succeeds.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fmt;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use shifter_formats::record::Outcome;
use shifter_sys::mount::{self, Attributes, Depth, Propagation};
use shifter_sys::{CallError, environ, mountinfo, open};

use crate::attach::{self, Found, mark};
use crate::config::{self, ConfigError};
use crate::policy::PolicyError;
use crate::privilege::{IdentityError, Raised};
use crate::record::{Journal, Log};
use crate::say::{say, speak_as};
use crate::sshd;
use crate::trust::TrustError;

mod holders;

use holders::{Holder, Traces};

/// How often the processes are looked at again, and how long after each other: three seconds, as the original.
const LOOKS: u32 = 10;
const BETWEEN: Duration = Duration::from_millis(300);
/// No more processes are named.
const MOST_NAMED: usize = 20;

/// What the program ends with if something is left.
const LEFT: i32 = 1;
/// The group with which a record is written for a user whose groups nobody asks for.
const NOBODYS: u32 = 65534;

/// What is left.
#[derive(Debug)]
pub enum UnsetupError {
    /// Words, where none are taken.
    Usage,
    /// Not for this caller.
    Identity(IdentityError),
    /// No configuration.
    Config(ConfigError),
    /// A key is missing.
    Policy(PolicyError),
    /// Somebody else than root could have laid the path.
    Trust(TrustError),
    /// A mount that is not ours covers one that may be.
    Covered(PathBuf, String),
    /// It is unmounted, but not gone.
    Held(Vec<Holder>),
    /// A call.
    Call(CallError),
}

impl fmt::Display for UnsetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UnsetupError::Usage => f.write_str("unsetupRoot takes no arguments"),
            UnsetupError::Identity(error) => error.fmt(f),
            UnsetupError::Config(error) => error.fmt(f),
            UnsetupError::Policy(error) => error.fmt(f),
            UnsetupError::Trust(error) => write!(f, "{error} (key udiMount)"),
            UnsetupError::Covered(at, kind) => write!(
                f,
                "a {kind} that setupRoot did not mount covers what is mounted at `{}`; nothing was unmounted below it",
                at.display()
            ),
            UnsetupError::Held(holders) => {
                f.write_str("the container is unmounted, but processes keep it, which are not ended here:")?;
                for holder in holders.iter().take(MOST_NAMED) {
                    write!(f, "\n  {holder}")?;
                }
                match holders.len().saturating_sub(MOST_NAMED) {
                    0 => Ok(()),
                    more => write!(f, "\n  and {more} more"),
                }
            }
            UnsetupError::Call(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for UnsetupError {}

macro_rules! from_each {
    ($($error:ty => $variant:ident),* $(,)?) => {
        $(impl From<$error> for UnsetupError {
            fn from(error: $error) -> UnsetupError {
                UnsetupError::$variant(error)
            }
        })*
    };
}

from_each! {
    IdentityError => Identity,
    ConfigError => Config,
    PolicyError => Policy,
    TrustError => Trust,
    CallError => Call,
}

/// The program `unsetupRoot`. Returns what to end with: 0 if nothing is left.
#[must_use]
pub fn main() -> i32 {
    speak_as("unsetupRoot");
    match unset() {
        Ok(()) => 0,
        Err(error) => {
            error.to_string().lines().for_each(say);
            LEFT
        }
    }
}

fn unset() -> Result<(), UnsetupError> {
    let _not_looked_at = environ::take()?;
    if std::env::args_os().len() > 1 {
        return Err(UnsetupError::Usage);
    }
    Raised::require_root()?;
    let conf = config::load_installed()?;
    let at = conf.udi_mount.as_deref().ok_or(PolicyError::MissingKey("udiMount"))?;
    // ORDER: who is in the container keeps it.
    sshd::end(at)?;
    let mut gone = Gone::default();
    let done = take_away(at, &mut gone).and_then(|()| wait_for(&gone.traces));
    for (uid, job) in gone.of {
        let raised = Raised::for_user(uid, NOBODYS, &[])?;
        let job = job.map(|job| (OsString::from("SLURM_JOB_ID"), OsString::from(job)));
        let mut journal = Journal::open(&raised, raised.as_user(Log::connect), job.as_slice());
        match &done {
            Ok(()) => journal.went_well(Outcome::TornDown),
            Err(error) => journal.went_wrong(Outcome::TornDown, LEFT, error),
        }
    }
    done
}

/// What was unmounted.
#[derive(Default)]
struct Gone {
    traces: Traces,
    /// Whose it was, and of which job.
    of: Vec<(u32, Option<String>)>,
}

/// Until nobody has it any more; not for ever.
fn wait_for(traces: &Traces) -> Result<(), UnsetupError> {
    for _ in 0..LOOKS {
        if holders::find(traces).is_empty() {
            return Ok(());
        }
        std::thread::sleep(BETWEEN);
    }
    match holders::find(traces) {
        none if none.is_empty() => Ok(()),
        holders => Err(UnsetupError::Held(holders)),
    }
}

/// Unmounts what is ours, from the top, until the place is free.
fn take_away(at: &Path, gone: &mut Gone) -> Result<(), UnsetupError> {
    loop {
        match attach::look(at)? {
            Found::Nothing => return Ok(()),
            Found::Base(base, _) => attach::take_down(&base)?,
            Found::Container(container) => {
                gone.traces.note(container.root())?;
                gone.of.extend(mark::owner(container.mark()).map(|uid| (uid, container.job())));
                // ORDER: who joined gets what is unmounted here unmounted too, as long as his mounts receive.
                mount::restrict(container.root(), Depth::Tree, Attributes::NONE, Some(Propagation::Private))?;
                attach::take_down(container.root())?;
            }
            Found::Foreign(root) => return if_alone(&root, at),
        }
    }
}

/// A mount of somebody else is left alone. If it covers another mount, that may be ours.
fn if_alone(root: &OwnedFd, at: &Path) -> Result<(), UnsetupError> {
    let (path, id) = (open::path_of(root)?, open::facts(root)?.mount_id);
    let table = mountinfo::read()?;
    let there: BTreeSet<u64> = table.iter().filter(|mount| mount.point == path).map(|mount| mount.id).collect();
    let kind = table.iter().find(|mount| mount.id == id).map_or("mount", |mount| &mount.kind);
    if there.len() > 1 {
        return Err(UnsetupError::Covered(at.to_owned(), kind.to_owned()));
    }
    say(format_args!("a {kind} that setupRoot did not mount is at `{}`; it is left there", at.display()));
    Ok(())
}
