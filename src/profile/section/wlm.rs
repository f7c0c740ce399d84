//! `[wlm]`: the workload manager, and what it does around a job.

mod slurm;

pub use slurm::{Cgroup, Need, OnSetupFailure, PullAtSubmit, Slurm};

use super::scalar::{AbsPath, Duration, Name};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
use validator::Validate;

/// The workload manager, and what it does around a job.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct WlmSection {
    /// Which one it is.
    pub kind: Option<WlmKind>,
    /// What starts processes on the nodes, when it is another: `alps`, `mpiexec`.
    pub launcher: Option<String>,
    /// The generic resource that a job asks for, as in `qsub -l gres=shifter16`.
    pub resource: Option<String>,
    /// The variable with the image, as in `qsub -v UDI=ubuntu:14.04`.
    pub image_variable: Option<String>,
    /// Build the container before the job, with setupRoot.
    pub setup_root: Option<bool>,
    /// How long a prologue may take. Torque's default is `300s`.
    pub prologue_timeout: Option<Duration>,
    /// The directory that the prologue shares with the nodes. Root's, 0700.
    pub spool: Option<AbsPath>,
    /// Where the scripts log. Not below a directory that users write.
    pub log: Option<AbsPath>,
    /// The name of the container root in ALPS' roots.conf.
    pub alps_root: Option<String>,
    /// Programs of the system that the scripts call, by name.
    pub tools: BTreeMap<String, AbsPath>,
    /// The SPANK plugin.
    pub plugin: Option<AbsPath>,
    /// Services that a job needs on its nodes.
    #[validate(nested)]
    pub services: Option<Services>,
    /// Seeding of the name service caches.
    #[validate(nested)]
    pub nscd: Option<Nscd>,
    /// The ssh daemon inside containers. The native runtime has none.
    #[validate(nested)]
    pub sshd: Option<Sshd>,
    /// Settings of Slurm.
    #[validate(nested)]
    pub slurm: Option<Slurm>,
}

/// A workload manager.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WlmKind {
    /// None: users start containers by hand.
    #[default]
    None,
    /// Slurm.
    Slurm,
    /// Torque, with or without Moab.
    Torque,
    /// PBS Pro or OpenPBS.
    Pbs,
    /// IBM Spectrum LSF.
    Lsf,
    /// Flux.
    Flux,
}

/// Services that a job needs on its nodes.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct Services {
    /// Started by the prologue in this order, stopped by the epilogue in reverse.
    pub start: Vec<Name>,
}

/// Seeding of the name service caches of a job's nodes, so that a large job does not ask the directory at once.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct Nscd {
    /// The tables that are copied: `passwd`, `group`.
    pub preseed: Vec<Name>,
    /// How long an entry is valid. Longer than the longest queue wait.
    pub ttl: Option<Duration>,
}

/// The ssh daemon inside containers.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct Sshd {
    /// Start it.
    pub enable: Option<bool>,
    /// Its port. Default 1204.
    #[validate(range(min = 1))]
    pub port: Option<u16>,
    /// End what users leave behind. On exclusive nodes only.
    pub kill_strays: Option<bool>,
}
