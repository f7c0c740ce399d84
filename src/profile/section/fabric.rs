//! `[fabric]`: the high-speed network.

use super::scalar::{AbsPath, Glob};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
use validator::Validate;

/// The high-speed network. It becomes the module `fabric`, which others may require. Native only.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct FabricSection {
    /// What it is: `slingshot`, `infiniband`, `omnipath`, `aries`, `gemini`, `ethernet`.
    pub kind: Option<String>,
    /// Device files, as patterns.
    pub devices: Vec<Glob>,
    /// Libraries of the host that containers see.
    pub files: Vec<AbsPath>,
    /// Variables that are set.
    pub env: BTreeMap<String, String>,
    /// Variables of the launcher that survive the image's environment and `--clearenv`.
    pub keep_env: Vec<Glob>,
    /// The node classes that have it. Default: every class.
    pub classes: Vec<String>,
}
