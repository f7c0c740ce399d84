//! `[platform.NAME]`: what a gateway of its own knows about one cluster it serves.

use super::gateway::{Munge, Ssh};
use super::scalar::{AbsPath, Name};
use schemars::JsonSchema;
use serde::Deserialize;
use validator::Validate;

/// One cluster that a gateway of its own serves: an entry of `Platforms`. The rest comes from the cluster's profile.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct PlatformSection {
    /// The munge daemon that knows the cluster's key.
    #[validate(nested)]
    pub munge: Option<Munge>,
    /// How images reach the cluster when it shares no file system with the gateway.
    #[validate(nested)]
    pub ssh: Option<Ssh>,
    /// Users who may expire any image of the cluster: `admins`. Default: the gateway's.
    pub admins: Vec<Name>,
    /// Where the cluster's images are on the gateway's host, when not at the cluster's `images.path`: `imageDir`.
    pub image_dir: Option<AbsPath>,
    /// Where a user's groups are looked up: `usergroupService`.
    pub user_groups: Option<String>,
}
