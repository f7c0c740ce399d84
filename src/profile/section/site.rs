//! `[site]`: who this system is.

use super::scalar::Name;
use schemars::JsonSchema;
use serde::Deserialize;
use validator::Validate;

/// Who this system is.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct SiteSection {
    /// The system's name: `system` of udiRoot.conf, the key of `Platforms`, the queue of the workers and
    /// `SHIFTER_SYSTEM_NAME`. Lower case letters, digits, `.`, `_` and `-`.
    pub name: Option<Name>,
    /// The name people use, for documents and headers.
    pub title: Option<String>,
    /// Who runs it.
    pub organization: Option<String>,
    /// `production` or `test`. A test system names its twin.
    pub role: Option<Role>,
    /// The profile this system is meant to equal, and in which keys it may not.
    #[validate(nested)]
    pub twin: Option<Twin>,
}

/// What a system is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Users' jobs run here.
    #[default]
    Production,
    /// Changes are tried here first.
    Test,
}

/// The profile a system is meant to equal.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct Twin {
    /// The other profile, relative to the file that names it.
    pub of: Option<String>,
    /// Key prefixes that may differ, such as `images.path`. Any other difference is a finding.
    pub may_differ: Vec<String>,
}
