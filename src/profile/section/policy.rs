//! `[policy]`: which images a site takes.

use super::scalar::Glob;
use schemars::JsonSchema;
use serde::Deserialize;
use validator::Validate;

/// Which images the gateway pulls. Native only.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct PolicySection {
    /// References that may be pulled, as patterns such as `docker:registry.site/*`. Default: all.
    pub allow: Vec<Glob>,
    /// References that may not, after `allow`.
    pub deny: Vec<Glob>,
}
