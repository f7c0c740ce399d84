//! `[render]`: choices of `shifter-site render`.

use schemars::JsonSchema;
use serde::Deserialize;
use validator::Validate;

/// Choices of `shifter-site render`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct RenderSection {
    /// The class whose files lie directly in the output directory; the others lie below `CLASS/`. Default `compute`.
    pub class: Option<String>,
}
