//! What a node really is: found on the node, or below a directory that is a node's root.
//!
//! A profile says what a site wants, [`Facts`] say what is there: the kernel and what it can do, mounts, owners and modes
//! of the paths a profile names ([`named`]), users, tools, munge, Slurm. They hold no secret: of a password only that there
//! is one, of a key only its owner and mode. Rules that look at hosts read them (`shifter-site check --facts`), and never
//! the machine they run on.
//!
//! Every value may be absent. What could not be found stands in [`Facts::unknown`] with the reason, and a rule that needs
//! it says nothing.

mod class;
mod content;
mod gather;
mod kernel;
mod named;
mod path;
mod service;

pub use class::by_class;
pub use content::{Accounts, Denied, Etc, Nsswitch};
pub(crate) use gather::Sight;
pub use gather::{Described, GatherError, Wanted, gather, identify, read_below};
pub use kernel::{Cgroup, Kernel, Loop, Selinux, Support, UserNamespaces};
pub use named::{Named, Role, named};
pub use path::{Kind, Path, Tree};
pub use service::{Clock, Fapolicyd, Gateway, Munge, Python, SecretFile, Slurm, Tool};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the format.
pub const SCHEMA: u32 = 1;

/// What one node is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["schema", "host"]))]
pub struct Facts {
    /// The version of this format. 1.
    #[schemars(range(min = 1, max = 1))]
    pub schema: u32,
    /// The node's name, without its domain.
    pub host: String,
    /// The node class of the profile it belongs to, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// `/` where the node itself was looked at; else the directory that was taken for its root.
    pub root: String,
    /// The processor architecture as images name it: `amd64`, `arm64`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub architecture: Option<String>,
    /// The kernel and what it can do.
    pub kernel: Kernel,
    /// What is mounted: the type of the file system, by mount point. Of two on one place, the last.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub mounts: BTreeMap<String, Mount>,
    /// The paths that the profile names, with every directory above them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub paths: BTreeMap<String, Path>,
    /// What the files of `etc.path` hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub etc: Option<Etc>,
    /// What is forbidden for the moment, where there is a file of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deny: Option<Denied>,
    /// The numbers of the users that the profile names; none for a user who is not there.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub users: BTreeMap<String, Option<u32>>,
    /// The node's own nsswitch.conf.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nsswitch: Option<Nsswitch>,
    /// Programs that are looked for in the usual directories; none for one that is not there.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tools: BTreeMap<String, Option<Tool>>,
    /// Files that hold secrets, by the reference as written in the profile.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, SecretFile>,
    /// munge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub munge: Option<Munge>,
    /// Slurm as it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slurm: Option<Slurm>,
    /// The gateway's endpoints, where they were asked.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub gateway: BTreeMap<String, Gateway>,
    /// Accelerators and their drivers, by vendor.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub accelerators: BTreeMap<String, crate::cdi::Driver>,
    /// The Python of the original gateway.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub python: Option<Python>,
    /// The clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock: Option<Clock>,
    /// fapolicyd.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fapolicyd: Option<Fapolicyd>,
    /// What could not be found, and why.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub unknown: BTreeMap<String, String>,
}

/// A mounted file system.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Mount {
    /// Its type as in `/proc/mounts`: `lustre`, `nfs4`, `xfs`.
    pub r#type: String,
    /// The options of the mount: `ro`, `nosuid`, `relatime`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
}

/// Why a text is no facts.
#[derive(Debug, thiserror::Error)]
pub enum FactsError {
    /// It is no JSON, or has keys or values that facts do not have.
    #[error("{0}")]
    Form(#[from] serde_json::Error),
    /// It says another version, or none.
    #[error("`schema` is {found}, and this program reads 1")]
    Schema {
        /// What it says; 0 for nothing.
        found: u32,
    },
    /// It does not say whose facts these are.
    #[error("`host` is empty")]
    Host,
}

impl Facts {
    /// Reads what [`Facts::text`] wrote.
    ///
    /// # Errors
    /// Text that is not JSON, unknown keys, another version, no host.
    pub fn parse(text: &str) -> Result<Self, FactsError> {
        let facts: Self = serde_json::from_str(text)?;
        if facts.schema != SCHEMA {
            return Err(FactsError::Schema { found: facts.schema });
        }
        if facts.host.is_empty() { Err(FactsError::Host) } else { Ok(facts) }
    }

    /// The facts as JSON, keys in a fixed order, with a line end.
    #[must_use]
    pub fn text(&self) -> String {
        let value = serde_json::to_value(self).expect("texts, numbers and lists are JSON");
        shifter_gateway_types::pretty::print(&value)
    }

    /// What is known of `path`.
    #[must_use]
    pub fn path(&self, path: &str) -> Option<&Path> {
        let trimmed = path.trim_end_matches('/');
        self.paths.get(if trimmed.is_empty() { "/" } else { trimmed })
    }

    /// Whether there is nothing at `path`. Not where that is unknown.
    #[must_use]
    pub fn lacks(&self, path: &str) -> bool {
        self.path(path).is_some_and(|path| path.kind == Kind::Absent)
    }

    /// The directories that lead to `path`, from `/` down, without `path` itself, as far as they are known.
    #[must_use]
    pub fn above<'a>(&'a self, path: &'a str) -> Vec<(&'a str, &'a Path)> {
        let ends = path.match_indices('/').map(|(at, _)| at).filter(|at| at + 1 < path.len());
        let names = ends.map(|at| if at == 0 { "/" } else { &path[..at] });
        names.filter_map(|name| Some((name, self.paths.get(name)?))).collect()
    }

    /// The first part of the way to `path` that others than root can change, `path` itself included: what lies on it is
    /// not root's to trust. The way is that of the path without symbolic links, and of the links.
    #[must_use]
    pub fn weak_part<'a>(&'a self, path: &'a str) -> Option<(&'a str, &'a Path)> {
        let end = self.paths.get_key_value(path).map(|(path, found)| (path.as_str(), found));
        self.weak_parent(path).or_else(|| end.filter(|(_, found)| found.is_weak()))
    }

    /// The same without `path` itself.
    #[must_use]
    pub fn weak_parent<'a>(&'a self, path: &'a str) -> Option<(&'a str, &'a Path)> {
        let real = self.paths.get(path).and_then(|found| found.real.as_deref()).unwrap_or(path);
        self.above(path).into_iter().chain(self.above(real)).find(|(_, found)| found.is_weak())
    }

    /// The file system that holds `path`, by its mount point.
    #[must_use]
    pub fn mount_of(&self, path: &str) -> Option<(&str, &Mount)> {
        let holds = |place: &str| place == "/" || path == place || path.starts_with(&format!("{place}/"));
        let held = self.mounts.iter().filter(|(place, _)| holds(place));
        held.max_by_key(|(place, _)| place.len()).map(|(place, mount)| (place.as_str(), mount))
    }

    /// Whether the node itself was looked at, and not the files of one.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.root == "/"
    }
}

#[cfg(test)]
mod tests;
