//! A path of a node: what is there, whose it is, who may write.

use crate::profile::section::scalar::Mode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A path, its symbolic links followed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Path {
    /// What is there.
    pub kind: Kind,
    /// The path without symbolic links, where it is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub real: Option<String>,
    /// The owner's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid: Option<u32>,
    /// The owner's name, where the node knows one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The group's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gid: Option<u32>,
    /// The group's name, where the node knows one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// Bytes of a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// The type of the file system it lies on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filesystem: Option<String>,
    /// The names in a directory whose contents matter, sorted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entries: Option<Vec<String>>,
    /// How much lies below a directory that is copied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tree: Option<Tree>,
    /// The processor architectures of programs and libraries there.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub machines: BTreeSet<String>,
    /// The type of its SELinux context, such as `container_file_t`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selinux_type: Option<String>,
}

/// What is at a path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Something that could not be looked at.
    #[default]
    Unknown,
    /// Nothing.
    Absent,
    /// A symbolic link that leads nowhere.
    Dangling,
    /// A file.
    File,
    /// A directory.
    Directory,
    /// A device.
    Device,
    /// A Unix socket.
    Socket,
    /// A named pipe.
    Fifo,
}

/// How much lies below a directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Tree {
    /// Files, directories and links.
    pub files: u64,
    /// Bytes of the files.
    pub bytes: u64,
    /// Whether there is more than was counted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
}

impl Path {
    /// Whether a thing is there.
    #[must_use]
    pub fn is_there(&self) -> bool {
        !matches!(self.kind, Kind::Unknown | Kind::Absent | Kind::Dangling)
    }

    /// Whether others than the owner may write: the group or everybody. Not in a directory with the sticky bit, where
    /// nobody can replace what is another's (unlink(2)).
    #[must_use]
    pub fn others_write(&self) -> bool {
        let bits = self.mode.map_or(0, Mode::bits);
        bits & 0o022 != 0 && !(self.kind == Kind::Directory && bits & 0o1000 != 0)
    }

    /// Whether others than root can change it.
    #[must_use]
    pub fn is_weak(&self) -> bool {
        self.is_there() && (self.uid.is_some_and(|uid| uid != 0) || self.others_write())
    }

    /// Whether somebody may run it.
    #[must_use]
    pub fn is_executable(&self) -> Option<bool> {
        self.mode.map(|mode| mode.bits() & 0o111 != 0)
    }

    /// Whose it is and who may write, for people: `shifter:root 0775`.
    #[must_use]
    pub fn ownership(&self) -> String {
        let name = |name: &Option<String>, number: Option<u32>| {
            name.clone().or(number.map(|number| number.to_string())).unwrap_or_else(|| "?".to_owned())
        };
        let mode = self.mode.map(|mode| format!(" {mode}")).unwrap_or_default();
        format!("{}:{}{mode}", name(&self.owner, self.uid), name(&self.group, self.gid))
    }
}
