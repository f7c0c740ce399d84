//! `[identity]`: where users come from.

use super::scalar::AbsPath;
use schemars::JsonSchema;
use serde::Deserialize;
use validator::Validate;

/// Where users come from, and when a container's user is looked up.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct IdentitySection {
    /// The name service.
    pub source: Option<IdentitySource>,
    /// Whether `getent passwd` lists everybody. Where it does not, a dump would lose everybody.
    pub enumerate: Option<bool>,
    /// Which users a container's passwd lists.
    pub container_users: Option<ContainerUsers>,
    /// When the user's name and groups are looked up.
    pub resolve_at: Option<ResolveAt>,
    /// `identityPath`: where root leaves what was looked up before a job, if `resolve_at` is `submit` or `prolog`.
    pub path: Option<AbsPath>,
}

/// A name service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum IdentitySource {
    /// `/etc/passwd` and `/etc/group`.
    Files,
    /// sssd.
    Sssd,
    /// LDAP without a daemon, or through nslcd.
    Ldap,
    /// Slurm's own, within a job.
    NssSlurm,
}

/// Which users a container's passwd lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ContainerUsers {
    /// Only those the job needs.
    #[default]
    Job,
    /// Everybody the name service lists.
    Dump,
}

/// When the user's name and groups are looked up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ResolveAt {
    /// Once, where the job is submitted.
    Submit,
    /// Once on each node, before the job.
    Prolog,
    /// At each start of a container.
    #[default]
    Start,
}
