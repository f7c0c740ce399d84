//! `[class.NAME]`: kinds of nodes.

use super::scalar::{Hostlist, Version};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use validator::Validate;

/// A kind of nodes: facts about them, and what they have otherwise.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct ClassSection {
    /// Classes whose facts and overrides this one begins with, in order.
    pub from: Vec<String>,
    /// The nodes, when they are known by name.
    pub hosts: Hostlist,
    /// The processor architecture as images name it: `amd64`, `arm64`.
    pub arch: Option<String>,
    /// The kernel's version.
    pub kernel: Option<Version>,
    /// The class of Cray's shared root (`xtspec -c`) or config set.
    pub cray_class: Option<String>,
    /// What is rendered for these nodes. Default: what the other facts call for.
    pub artifacts: Option<Vec<ArtifactKind>>,
    /// Keys of the profile that are different here, written as in the profile: `set.runtime.rootfs = "tmpfs"`.
    pub set: BTreeMap<String, Value>,
}

/// A group of rendered files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ArtifactKind {
    /// udiRoot.conf.
    Udiroot,
    /// The premount and postmount scripts.
    Hooks,
    /// passwd, group and their refresh.
    Etc,
    /// imagemanager.json.
    Imagemanager,
    /// Units and init scripts of the gateway.
    Services,
    /// redis.conf.
    Redis,
    /// What the workload manager runs on compute nodes.
    WlmNode,
    /// What it runs where jobs are started.
    WlmPrologue,
    /// What it needs where jobs are submitted.
    WlmSubmit,
    /// Kernel modules at boot.
    KernelModules,
}
