//! What the store holds.

use std::collections::{BTreeMap, BTreeSet};

use shifter_gateway_types::rest::Status;

/// The name an image is asked for by: system, type, tag.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TagName {
    /// A key of `Platforms`.
    pub system: String,
    /// `docker`, `custom`.
    pub itype: String,
    /// As it was asked for, with its location and its default tag.
    pub tag: String,
}

/// An image on a system's disk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image {
    /// 64 hex digits: the SHA-256 of the platform's manifest.
    pub id: String,
    /// `squashfs`, `directory`: the suffix of the file.
    pub format: String,
    /// What the tag named when it was pulled: `sha256:...` of a manifest or an index.
    pub digest: String,
    /// `linux/amd64`.
    pub platform: String,
    /// Size of the file.
    pub bytes: u64,
    /// `NAME=value`, in the image's order.
    pub env: Vec<String>,
    /// The entry point.
    pub entry: Option<Vec<String>>,
    /// Its default arguments.
    pub cmd: Option<Vec<String>>,
    /// Empty when the image names none.
    pub workdir: String,
    /// Empty when the image names none.
    pub user: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Paths it declares as volumes.
    pub volumes: Vec<String>,
}

/// Who may use a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everybody on the system.
    Public,
    /// These users and the members of these groups: the union of all grants.
    Granted {
        /// User ids.
        users: BTreeSet<u32>,
        /// Group ids.
        groups: BTreeSet<u32>,
    },
}

impl Access {
    /// What either of two tags of one image lets in.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        match (self, other) {
            (Self::Granted { mut users, mut groups }, Self::Granted { users: more_users, groups: more_groups }) => {
                users.extend(more_users);
                groups.extend(more_groups);
                Self::Granted { users, groups }
            }
            _ => Self::Public,
        }
    }
}

/// A tag and who may use it.
#[derive(Clone, Debug, PartialEq)]
pub struct Tag {
    /// `docker`, `custom`.
    pub itype: String,
    /// The tag.
    pub tag: String,
    /// Who may use it.
    pub access: Access,
    /// When a pull last confirmed it, in seconds since 1970.
    pub last_pull: f64,
    /// The platforms it was asked for then, as in [`crate::config::System::platforms_text`].
    pub platforms: String,
}

/// An image with all its tags on one system.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The image.
    pub image: Image,
    /// At least one.
    pub tags: Vec<Tag>,
}

/// A pull as it is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct PullAsk {
    /// What is to be pulled.
    pub name: TagName,
    /// Pulls in flight with the same identity are one. Empty for callers without a password of their own.
    pub identity: String,
    /// Who asks; `None` where anonymous callers are let in.
    pub uid: Option<u32>,
    /// Users to be granted access besides the caller.
    pub users: BTreeSet<u32>,
    /// Groups to be granted access.
    pub groups: BTreeSet<u32>,
    /// Whether the caller sent a password, which only the memory of the process keeps.
    pub with_password: bool,
}

/// A pull in flight or failed.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// Its number, in the order of asking.
    pub seq: i64,
    /// What was asked.
    pub ask: PullAsk,
    /// Where it stands.
    pub status: Status,
    /// What is being done, or why it failed.
    pub message: String,
    /// When it was asked for, in seconds since 1970.
    pub asked: f64,
}
