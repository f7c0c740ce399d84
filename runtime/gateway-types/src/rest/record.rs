//! What the gateway says of one image or pull.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::missing;
use super::status::Status;

/// The 13 fields of a record, in their order. `None` is written `"MISSING"`.
///
/// Fields beside these are ignored when reading, so that a newer gateway can add some.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Record {
    /// 64 hex digits: the SHA-256 of the platform's manifest.
    #[serde(default, with = "missing")]
    #[schemars(with = "String")]
    pub id: Option<String>,
    /// The system it is for.
    #[serde(default, with = "missing")]
    #[schemars(with = "String")]
    pub system: Option<String>,
    /// `docker`, `custom`, ...
    #[serde(default, with = "missing")]
    #[schemars(with = "String")]
    pub itype: Option<String>,
    /// Every tag of the image; a lone string is read as one.
    #[serde(default, serialize_with = "missing::serialize", deserialize_with = "missing::tags")]
    #[schemars(with = "missing::Or<Vec<String>>")]
    pub tag: Option<Vec<String>>,
    /// Where the image or its pull stands.
    #[serde(default, with = "missing")]
    #[schemars(with = "String")]
    pub status: Option<Status>,
    /// Users who may use it; empty for a public image.
    #[serde(default, rename = "userACL", with = "missing")]
    #[schemars(with = "missing::Or<Vec<u32>>")]
    pub user_acl: Option<Vec<u32>>,
    /// Groups who may use it; empty for a public image.
    #[serde(default, rename = "groupACL", with = "missing")]
    #[schemars(with = "missing::Or<Vec<u32>>")]
    pub group_acl: Option<Vec<u32>>,
    /// `NAME=value`, one each.
    #[serde(default, rename = "ENV", with = "missing")]
    #[schemars(with = "missing::Or<Vec<String>>")]
    pub env: Option<Vec<String>>,
    /// The entry point's words.
    #[serde(default, rename = "ENTRY", with = "missing")]
    #[schemars(with = "missing::Or<Vec<String>>")]
    pub entry: Option<Vec<String>>,
    /// The working directory.
    #[serde(default, rename = "WORKDIR", with = "missing")]
    #[schemars(with = "String")]
    pub workdir: Option<String>,
    /// The image's labels.
    #[serde(default, rename = "LABELS", with = "missing")]
    #[schemars(with = "missing::Or<BTreeMap<String, String>>")]
    pub labels: Option<BTreeMap<String, String>>,
    /// Seconds since 1970, always with a fraction: old clients read `0` from a whole number.
    #[serde(default, with = "missing")]
    #[schemars(with = "missing::Or<f64>")]
    pub last_pull: Option<f64>,
    /// What is being done, or why it failed.
    #[serde(default, with = "missing")]
    #[schemars(with = "String")]
    pub status_message: Option<String>,
}
