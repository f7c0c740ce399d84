//! `[[script]]`: scripts of the site around jobs and services, carried as they are.

use super::scalar::{AbsPath, Name};
use schemars::JsonSchema;
use serde::Deserialize;
use validator::Validate;

/// A script of the site that is carried as it is: it is checked, and installed where it belongs.
///
/// The scripts that root runs while a container is built are in `[hooks]` instead.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct ScriptSection {
    /// The file, relative to the profile.
    pub file: Option<String>,
    /// The sha256 of its bytes, 64 hexadecimal digits: a changed script is noticed.
    pub sha256: Option<String>,
    /// When it runs.
    pub role: Option<ScriptRole>,
    /// The user that runs it. Default `root`.
    pub runs_as: Option<Name>,
    /// Where it is installed. Without it the script is only checked.
    pub path: Option<AbsPath>,
    /// The node classes that have it. Default: every class.
    pub classes: Vec<String>,
}

/// When a script runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ScriptRole {
    /// Before a job, where jobs are started.
    Prologue,
    /// After a job, where jobs are started.
    Epilogue,
    /// When the host comes up and goes down: an init script.
    Init,
    /// On the nodes of a job, to start and stop what it needs there.
    Service,
    /// At set times.
    Cron,
}

impl ScriptRole {
    /// As a profile writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Prologue => "prologue",
            Self::Epilogue => "epilogue",
            Self::Init => "init",
            Self::Service => "service",
            Self::Cron => "cron",
        }
    }
}
