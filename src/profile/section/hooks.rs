//! `[hooks.*]`: scripts that root runs while a container is built.

use super::scalar::AbsPath;
use schemars::JsonSchema;
use serde::Deserialize;
use validator::Validate;

/// Scripts that root runs while a container is built.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct HooksSection {
    /// Before `siteFs` is mounted: `sitePreMountHook`.
    #[validate(nested)]
    pub premount: Option<Hook>,
    /// After `siteFs` is mounted: `sitePostMountHook`.
    #[validate(nested)]
    pub postmount: Option<Hook>,
}

/// One script.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct Hook {
    /// Where the script is installed. Default: its name in the configuration directory.
    pub path: Option<AbsPath>,
    /// Whether the script is rendered where mounts and links call for one. Default true. With false the site keeps the
    /// script at `path` itself; without a `path` no script runs.
    pub render: Option<bool>,
    /// A file, relative to the profile, whose lines follow the rendered ones.
    pub extra: Option<String>,
    /// A whole script that is carried as it is instead of a rendered one.
    #[validate(nested)]
    pub script: Option<Script>,
}

/// A script that is carried as it is.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct Script {
    /// The file, relative to the profile.
    pub file: Option<String>,
    /// The sha256 of its bytes, 64 hexadecimal digits: a changed script is noticed.
    pub sha256: Option<String>,
}
