//! `[lint]`: how strict `shifter-site check` is.

use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
use validator::Validate;

/// How strict `shifter-site check` is.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct LintSection {
    /// The least severity that makes `check` fail. Default `error`.
    pub fail_on: Option<FailOn>,
    /// Which rules run.
    pub tier: Option<Tier>,
    /// Codes, names or code prefixes that are not reported.
    pub ignore: Vec<String>,
    /// The same for files, by pattern of their path.
    pub per_file_ignores: BTreeMap<String, Vec<String>>,
    /// Limits of rules that have one, by code or name.
    pub thresholds: BTreeMap<String, f64>,
}

/// The least severity that makes `check` fail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FailOn {
    /// Errors.
    #[default]
    Error,
    /// Warnings too.
    Warn,
    /// Everything.
    Info,
    /// Nothing.
    Never,
}

/// Which rules run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// What the programs themselves would refuse.
    Min,
    /// All but those for the very careful.
    #[default]
    Default,
    /// All, and warnings fail.
    Strict,
    /// Security rules.
    Security,
}
