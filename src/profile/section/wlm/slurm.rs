//! `[wlm.slurm]`: settings of Slurm and of the SPANK plugin.

use crate::profile::section::scalar::{AbsPath, Duration, Version};
use schemars::JsonSchema;
use serde::Deserialize;
use validator::Validate;

/// Settings of Slurm and of the SPANK plugin.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct Slurm {
    /// Slurm's version; a SPANK plugin is built for one.
    pub version: Option<Version>,
    /// Which control groups the nodes have.
    pub cgroup: Option<Cgroup>,
    /// Whether a plugin that does not load stops every job step.
    pub plugin: Option<Need>,
    /// What happens when a container cannot be built before a job.
    pub on_setup_failure: Option<OnSetupFailure>,
    /// Where the memory controller of version 1 is mounted: `memory_cgroup=`.
    pub memory_cgroup: Option<AbsPath>,
    /// Put the ssh daemon into the job's extern step: `extern_cgroup=1`.
    pub extern_cgroup: Option<bool>,
    /// A program the extern step runs: `extern_setup=`.
    pub extern_setup: Option<AbsPath>,
    /// Offer `--ccm`: `enable_ccm=1`.
    pub ccm: Option<bool>,
    /// `PrologFlags` of slurm.conf, which `doctor` compares: `alloc`, `contain`.
    pub prolog_flags: Vec<String>,
    /// What a job whose image is not there yet does. Default `wait`; the native plugin alone knows others than `refuse`.
    pub pull_at_submit: Option<PullAtSubmit>,
    /// How long a command waits for its image, and a held job until it says what it waits for. Default `10m`.
    pub pull_timeout: Option<Duration>,
    /// Where plugstack.conf includes from. Default `/etc/slurm/plugstack.conf.d`.
    pub plugstack_dir: Option<AbsPath>,
}

/// Which control groups the nodes have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Cgroup {
    /// Version 1, a mount for each controller.
    V1,
    /// Version 2, one tree.
    V2,
}

/// Whether a plugin may fail to load.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Need {
    /// Job steps go on without it.
    #[default]
    Optional,
    /// Every job step fails without it, also those that use no container.
    Required,
}

/// What happens when a container cannot be built before a job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OnSetupFailure {
    /// The job starts; each `shifter` builds its own container.
    #[default]
    Continue,
    /// The job fails.
    FailJob,
    /// The node takes no more jobs.
    Drain,
}

/// What a job whose image is not there yet does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PullAtSubmit {
    /// The submit command waits.
    #[default]
    Wait,
    /// The job is held and released when the image is there.
    Hold,
    /// The job is refused.
    Refuse,
}
