//! `[storage]`: what the host's file systems are.

use super::scalar::Duration;
use schemars::JsonSchema;
use serde::Deserialize;
use validator::Validate;

/// A file system of the nodes, by mount point. Nothing of it is rendered; rules read it, `facts` verifies it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct StorageSection {
    /// Its type as in `/proc/mounts`: `lustre`, `nfs4`, `gpfs`, `xfs`, `tmpfs`.
    pub r#type: Option<String>,
    /// Root of a node is nobody there.
    pub root_squash: Option<bool>,
    /// Users can make files there.
    pub users_write: Option<bool>,
    /// Files are removed this long after their last use.
    pub purge: Option<Duration>,
    /// It is mounted with nosuid.
    pub nosuid: Option<bool>,
    /// It is mounted read-only.
    pub read_only: Option<bool>,
    /// autofs mounts it on demand.
    pub automount: Option<bool>,
    /// Every node has one of its own.
    pub node_local: Option<bool>,
    /// The node classes that have it. Default: every class.
    pub classes: Vec<String>,
}
