//! What runs on a node or is installed there: munge, Slurm, the gateway, tools.

use crate::profile::section::scalar::Mode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Tool {
    /// Where it is.
    pub path: String,
    /// What it says its version is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// A file that holds a secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SecretFile {
    /// Whether it is there.
    pub present: bool,
    /// The owner's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid: Option<u32>,
    /// The mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// Whether git keeps it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_git: Option<bool>,
}

/// munge.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Munge {
    /// Whether a credential that was made here could be read here (`munge -n | unmunge`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub round_trip: Option<bool>,
    /// What munge said when it could not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub complaint: Option<String>,
    /// The owner's name of `/etc/munge/munge.key`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_owner: Option<String>,
    /// The key's mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_mode: Option<Mode>,
    /// Four hexadecimal digits that are equal where keys are: too few to test a guess of the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = "^[0-9a-f]{4}$"))]
    pub key_mark: Option<String>,
}

/// Slurm as it runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Slurm {
    /// Where this is from: `scontrol` or a file.
    pub source: String,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// `PrologFlags`, in small letters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prolog_flags: Option<Vec<String>>,
    /// `TaskPlugin`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_plugin: Option<Vec<String>>,
    /// `JobContainerType`, such as `job_container/tmpfs`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_container: Option<String>,
    /// The directories that `job_container.conf` gives each job for itself; `/tmp` and `/dev/shm` where it names none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub job_container_dirs: Vec<String>,
    /// Whether `job_container.conf` says `Shared=true`, so that mounts of the node reach the job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_container_shared: Option<bool>,
    /// The Slurm release that `shifter_slurm.so` was compiled for: `23.11`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plugin_for: Option<String>,
}

/// An endpoint of the gateway.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Gateway {
    /// Whether it answers.
    pub reachable: bool,
    /// What it says its version is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Why it does not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub complaint: Option<String>,
}

/// The Python of the original gateway.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Python {
    /// The version of the interpreter: `2.7`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The versions that directories of modules in `gateway.python` are for.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub modules: BTreeSet<String>,
}

/// The clock.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Clock {
    /// How many milliseconds it is ahead of (or, below 0, behind) its time source.
    pub offset_ms: i64,
}

/// fapolicyd.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Fapolicyd {
    /// Whether it runs, and is not only permissive.
    pub enforcing: bool,
    /// Files and directories of the trust files (`/etc/fapolicyd/fapolicyd.trust`, `trust.d`).
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub trusted: BTreeSet<String>,
}
