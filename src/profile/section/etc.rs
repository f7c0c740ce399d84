//! `[etc]`: the passwd, group and nsswitch.conf that containers get.

use super::scalar::{AbsPath, Duration};
use schemars::JsonSchema;
use serde::Deserialize;
use validator::Validate;

/// The files of `/etc` that containers get.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct EtcSection {
    /// The directory they are copied from: `etcPath`. Default `shifter_etc_files` in the configuration directory.
    pub path: Option<AbsPath>,
    /// How passwd and group are kept up to date.
    #[validate(nested)]
    pub refresh: Option<Refresh>,
}

/// How passwd and group are kept up to date.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct Refresh {
    /// How often.
    pub every: Option<Duration>,
    /// Where users come from: `getent` lists the name services, `files` copies the host's files.
    pub users: Option<Users>,
    /// The host that runs the refresh.
    pub host: Option<String>,
    /// A file whose presence means that somebody edits the shared root: the refresh then waits for its next turn.
    pub lock: Option<AbsPath>,
}

/// Where the users of a refreshed passwd file come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Users {
    /// `getent passwd` and `getent group`.
    #[default]
    Getent,
    /// The host's `/etc/passwd` and `/etc/group`.
    Files,
}
