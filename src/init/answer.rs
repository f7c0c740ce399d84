//! What a new profile is made of.

use std::str::FromStr;

use crate::{profile::section::scalar::AbsPath, target::Target};

/// Everything that was answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Answers {
    /// The preset below the profile.
    pub preset: String,
    /// The name of the system.
    pub name: String,
    /// The installed Shifter.
    pub shifter: Target,
    /// The operating system of the nodes.
    pub os: String,
    /// How many nodes there are.
    pub nodes: u32,
    /// How many containers one node starts at once.
    pub containers_per_node: u32,
    /// What the nodes mount.
    pub file_systems: Vec<FileSystem>,
    /// Where the images are.
    pub images: AbsPath,
    /// The hosts of the gateway.
    pub gateways: Vec<String>,
    /// The vendors of the accelerators.
    pub gpus: Vec<String>,
    /// The questions that nobody answered, and that have no usual answer either.
    pub assumed: Vec<&'static str>,
}

/// A file system of the nodes.
#[derive(Clone, Debug, PartialEq)]
pub struct FileSystem {
    /// Its mount point.
    pub path: String,
    /// Its type, as in `/proc/mounts`.
    pub r#type: String,
    /// Whether users make files there; those are bound into containers.
    pub users_write: bool,
}

impl FromStr for FileSystem {
    type Err = String;

    /// `/home:nfs4`, `/scratch:lustre`, `/apps:nfs4:ro` where users cannot write.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.split(':').map(str::trim);
        let path = parts.next().unwrap_or_default();
        absolute(path)?;
        let kind = parts.next().filter(|kind| !kind.is_empty());
        let kind = kind.ok_or_else(|| format!("`{text}` has no type: write `{path}:nfs4`, as in /proc/mounts"))?;
        let users_write = match (parts.next(), parts.next()) {
            (None, _) => true,
            (Some("ro"), None) => false,
            _ => return Err(format!("`{text}`: write PATH:TYPE, or PATH:TYPE:ro where users cannot write")),
        };
        Ok(Self { path: path.to_owned(), r#type: kind.to_owned(), users_write })
    }
}

/// A path that begins at the root.
pub(super) fn absolute(text: &str) -> Result<AbsPath, String> {
    let why = || format!("`{text}` is no path from the root: write it with a `/` before it");
    text.starts_with('/').then(|| text.parse().ok()).flatten().ok_or_else(why)
}
