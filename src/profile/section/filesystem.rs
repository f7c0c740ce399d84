//! `[[filesystem]]` and `[[symlink]]`: what of the host a container shows, and where.

use super::scalar::{AbsPath, Size};
use schemars::JsonSchema;
use serde::Deserialize;
use validator::Validate;

/// A directory of the host that containers show: one entry of `siteFs`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct FilesystemSection {
    /// The directory on the host. One entry for each mount of the host: a plain bind does not carry what is mounted below.
    pub source: Option<AbsPath>,
    /// Where containers see it. Default: the same path.
    pub target: Option<AbsPath>,
    /// `ro`, `rec` (with what is mounted below), `slave` or `private` (whether later mounts of the host appear).
    pub options: Vec<String>,
    /// The node classes that have it. Default: every class.
    pub classes: Vec<String>,
    /// A private writable file system for each node, in a file on this one.
    #[validate(nested)]
    pub per_node_cache: Option<NodeCache>,
    /// Names that autofs mounts below; each start touches them first. Native only.
    pub automount: Vec<String>,
    /// Start without it where the host lacks it. Native only.
    pub optional: Option<bool>,
    /// What mounts it: `site_fs`, or `hook` as an imported premount script did. Those of a module are the runtime's.
    pub via: Option<Via>,
}

/// The flag `perNodeCache` of an entry.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct NodeCache {
    /// The size of the file system. Needed, and above nothing.
    pub size: Option<Size>,
    /// Its kind: `xfs`, or `ext4`, which the native runtime makes too. Default `xfs`.
    pub fs: Option<String>,
}

/// What mounts an entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// The runtime, through `siteFs`.
    #[default]
    SiteFs,
    /// `mount --bind` in the premount script: kept as imported, without nosuid and nodev.
    Hook,
}

/// A symbolic link that containers have.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct SymlinkSection {
    /// Its place, an absolute path of the container.
    pub link: Option<AbsPath>,
    /// What it says. Relative to the container's root, without leading `/`, so that it also holds while the root is built.
    pub target: Option<String>,
    /// Before or after `siteFs` is mounted. Default `premount`.
    pub phase: Option<Phase>,
    /// The node classes that have it. Default: every class.
    pub classes: Vec<String>,
}

/// When a link is made or a hook runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Before `siteFs` is mounted.
    #[default]
    Premount,
    /// After `siteFs` is mounted.
    Postmount,
}
