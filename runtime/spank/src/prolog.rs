//! The prolog of a job on a node: its container, made once for all its starts.
//!
//! What the user asked for comes from his own submit command, so `setupRoot` believes none of it and neither does this: his
//! uid, gid and name are Slurm's. The nodes are expanded from what Slurm gives every prolog; slurmctld is not asked.

use std::fmt;
use std::path::Path;

use shifter::attach::{self, Found, mark};
use shifter_formats::image::ImageType;
use shifter_formats::udiroot::Conf;

use shifter_sys::later;

use crate::arguments::{Arguments, OnSetupFailure};
use crate::conf::{self, ConfError};
use crate::cpus::{self, CpusFault};
use crate::hostlist::{self, HostlistFault};
use crate::run;
use crate::state::{self, Note};

/// A job on this node, as Slurm says it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Job {
    /// Its number.
    pub id: u32,
    /// Whose it is.
    pub uid: u32,
    /// His group.
    pub gid: u32,
    /// His name, if Slurm or the host knows one.
    pub user: Option<String>,
    /// `SLURM_NODELIST`.
    pub nodes: String,
    /// `SLURM_JOB_CPUS_PER_NODE`.
    pub cpus: String,
    /// `SLURMD_NODENAME`.
    pub node: String,
}

/// What the submit command published, as it arrives here: `SPANK_SHIFTER_*`. It is the user's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// `SHIFTER_IMAGE`
    pub image: Option<String>,
    /// `SHIFTER_IMAGETYPE`
    pub image_type: Option<String>,
    /// `SHIFTER_IMAGEREQUEST`
    pub request: Option<String>,
    /// `SHIFTER_VOLUME`
    pub volumes: Option<String>,
    /// `SHIFTER_MODULE`
    pub modules: Option<String>,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing, and nothing is said.
    NoWish,
    /// Nothing; why.
    Without(Why),
    /// `setupRoot` with these words.
    SetUp(Vec<String>),
}

/// Why a job gets no container before it starts, although it has an image. Its starts make their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// The site wants none.
    Off,
    /// It is root's.
    Root,
    /// Others may run on the node.
    Shared {
        /// Processors of the job.
        has: u32,
        /// Processors of the node.
        of: u32,
    },
    /// The image was not there when the job was submitted.
    Unresolved(String),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("setup_root=0"),
            Self::Root => f.write_str("root's jobs get none"),
            Self::Shared { has, of } => {
                write!(f, "the job has {has} of {of} processors, so others may run on the node (exclusive_nodes=0)")
            }
            Self::Unresolved(image) => write!(f, "`{image}` was not there when the job was submitted"),
        }
    }
}

/// Why there is none although there should be.
#[derive(Debug)]
pub enum SetupFailure {
    /// The list of nodes.
    Nodes(HostlistFault),
    /// The list of processors.
    Cpus(CpusFault),
    /// Both disagree.
    Counts(usize, usize),
    /// The node is not among them.
    NotOurs(String),
    /// Nobody knows what the user is called.
    NoName(u32),
    /// No type that an image of a job has.
    ImageType(String),
    /// No configuration.
    Conf(ConfError),
    /// What is at udiMount cannot be told; why.
    Look(String),
    /// `setupRoot` cannot be run.
    Run(run::RunError),
    /// It says why not.
    SetupRoot(String),
    /// It made its container elsewhere.
    Elsewhere,
}

impl fmt::Display for SetupFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nodes(fault) => write!(f, "SLURM_NODELIST: {fault}"),
            Self::Cpus(fault) => write!(f, "SLURM_JOB_CPUS_PER_NODE: {fault}"),
            Self::Counts(nodes, cpus) => {
                write!(f, "SLURM_NODELIST has {nodes} nodes and SLURM_JOB_CPUS_PER_NODE counts {cpus}")
            }
            Self::NotOurs(node) => write!(f, "SLURM_NODELIST does not name this node, `{node}`"),
            Self::NoName(uid) => write!(f, "nobody knows what uid {uid} is called"),
            Self::ImageType(kind) => write!(f, "SHIFTER_IMAGETYPE is `{kind}`; a job's image is an id or local"),
            Self::Conf(error) => error.fmt(f),
            Self::Look(why) => f.write_str(why),
            Self::Run(error) => error.fmt(f),
            Self::SetupRoot(said) => f.write_str(said.strip_prefix("setupRoot: ").unwrap_or(said)),
            Self::Elsewhere => f.write_str(
                "setupRoot made no container of this job at udiMount: the file of shifter_config and the udiRoot.conf of \
                 the installation differ",
            ),
        }
    }
}

impl std::error::Error for SetupFailure {}

/// What the job needs, by what is known of it alone. `online` counts the node's processors.
///
/// # Errors
/// When it needs a container and cannot have one.
pub fn decide(job: &Job, wish: &Wish, arguments: &Arguments, online: Option<u32>) -> Result<Decision, SetupFailure> {
    let Some(request) = wish.request.as_ref().or(wish.image.as_ref()) else { return Ok(Decision::NoWish) };
    if !arguments.setup_root {
        return Ok(Decision::Without(Why::Off));
    }
    if job.uid == 0 {
        return Ok(Decision::Without(Why::Root));
    }
    let (Some(image), Some(image_type)) = (&wish.image, &wish.image_type) else {
        return Ok(Decision::Without(Why::Unresolved(request.clone())));
    };
    if ![ImageType::Id, ImageType::Local].iter().any(|kind| kind.as_str() == image_type) {
        return Err(SetupFailure::ImageType(image_type.clone()));
    }
    let hosts = hosts(job)?;
    let ours = hosts.iter().find(|(name, _)| *name == job.node).ok_or(SetupFailure::NotOurs(job.node.clone()))?;
    match online {
        _ if arguments.exclusive_nodes => {}
        Some(online) if ours.1 < online => {
            return Ok(Decision::Without(Why::Shared { has: ours.1, of: online }));
        }
        _ => {}
    }
    let user = job.user.clone().ok_or(SetupFailure::NoName(job.uid))?;
    let counted: Vec<String> = hosts.iter().map(|(name, cpus)| format!("{name}/{cpus}")).collect();
    let mut words = vec!["-U".to_owned(), job.uid.to_string(), "-G".to_owned(), job.gid.to_string()];
    words.extend(["-u".to_owned(), user, "-j".to_owned(), job.id.to_string()]);
    words.extend(["-N".to_owned(), counted.join(" ")]);
    words.extend(wish.volumes.iter().flat_map(|volumes| ["-v".to_owned(), volumes.clone()]));
    words.extend(wish.modules.iter().flat_map(|modules| ["-m".to_owned(), modules.clone()]));
    words.extend(["--".to_owned(), image_type.clone(), image.clone()]);
    Ok(Decision::SetUp(words))
}

/// The nodes of a job, and how many of its processors each has.
fn hosts(job: &Job) -> Result<Vec<(String, u32)>, SetupFailure> {
    let names = hostlist::expand(&job.nodes).map_err(SetupFailure::Nodes)?;
    let counts = cpus::per_node(&job.cpus).map_err(SetupFailure::Cpus)?;
    if names.len() != counts.len() {
        return Err(SetupFailure::Counts(names.len(), counts.len()));
    }
    Ok(names.into_iter().zip(counts).collect())
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// The container is there.
    Here,
    /// One of another job is there; the starts of this one make their own.
    Anothers,
}

/// Calls `setupRoot`. What is left of a job that ended without its epilog is removed before.
///
/// # Errors
/// When there is no container of this job in the end.
pub fn set_up(job: u32, words: &[String], arguments: &Arguments) -> Result<Made, SetupFailure> {
    let named = arguments.config.as_deref();
    let conf = conf::as_root(named).map_err(SetupFailure::Conf)?;
    let at = conf::udi_mount(&conf, named).map_err(SetupFailure::Conf)?;
    match whose(at)? {
        Whose::Nobodys => {}
        Whose::Job(other) if other == Some(job) || arguments.exclusive_nodes => {
            call(&conf, named, "sbin/unsetupRoot", &[])?;
        }
        Whose::Job(_) => return Ok(Made::Anothers),
    }
    call(&conf, named, "sbin/setupRoot", words)?;
    match whose(at)? {
        Whose::Job(ours) if ours == Some(job) => Ok(Made::Here),
        _ => Err(SetupFailure::Elsewhere),
    }
}

/// What is at udiMount.
pub(crate) enum Whose {
    /// Nothing of ours.
    Nobodys,
    /// A container, of this job if it is noted.
    Job(Option<u32>),
}

pub(crate) fn whose(udi_mount: &Path) -> Result<Whose, SetupFailure> {
    let found = attach::look(udi_mount).map_err(|error| SetupFailure::Look(format!("{error} (key udiMount)")))?;
    let whose = match found {
        Found::Container(container) => Whose::Job(container.job().and_then(|job| job.parse().ok())),
        Found::Base(_, left) if !mark::is_in_the_making(&left) => Whose::Job(None),
        Found::Nothing | Found::Foreign(_) | Found::Base(..) => Whose::Nobodys,
    };
    // ORDER: whoever has a file open in a container keeps it, and unsetupRoot would wait for us.
    later::close_all();
    Ok(whose)
}

pub(crate) fn call(conf: &Conf, named: Option<&Path>, name: &str, words: &[String]) -> Result<(), SetupFailure> {
    let program = conf::program(conf, named, name).map_err(SetupFailure::Conf)?;
    shifter::trust::open_file(&program).map_err(|error| SetupFailure::Look(format!("{error} (key udiRootPath)")))?;
    let mut command = run::of_root(&program);
    command.args(words);
    let ran = run::run(command, None).map_err(SetupFailure::Run)?;
    if ran.is_success() { Ok(()) } else { Err(SetupFailure::SetupRoot(ran.reason())) }
}

/// What a failed set-up means for the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consequence {
    /// None: its starts make their own containers.
    GoesOn,
    /// Its tasks fail, the node is kept.
    JobFails,
    /// The prolog fails, and Slurm drains the node.
    NodeDrains,
}

/// As the site says; a job that was told so finds a note.
///
/// # Errors
/// When the note cannot be left.
pub fn fail(job: u32, failure: &SetupFailure, arguments: &Arguments) -> std::io::Result<Consequence> {
    match arguments.on_setup_failure {
        OnSetupFailure::Continue => Ok(Consequence::GoesOn),
        OnSetupFailure::Drain => Ok(Consequence::NodeDrains),
        OnSetupFailure::FailJob => {
            state::leave(job, Note::Failed, &failure.to_string()).map(|()| Consequence::JobFails)
        }
    }
}

#[cfg(test)]
mod tests;
