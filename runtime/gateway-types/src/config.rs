//! `imagemanager.json`, every key of it.
//!
//! The keys of Shifter 16.08 to 18.03 keep their names, their types and their
//! order. Keys the software never reads are accepted as documented no-ops, so
//! that a site's file can be taken over as it is. Keys that only this gateway
//! reads stand beside them. An unknown key is refused with its place and the
//! nearest known name, and so is a value whose loose reading was a trap:
//! `ImportUsers: "ali"` (once a substring test) or `admins: "root"` (likewise).

mod accept;
mod converter;
mod database;
mod duration;
mod error;
mod import_users;
mod limits;
mod listen;
mod location;
mod platform;
mod policy;
mod retention;
mod secret;
mod words;

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::pretty;

pub use converter::Options;
pub use database::{Database, DatabaseError, DatabaseUrl};
pub use duration::{Days, DaysError};
pub use error::ConfigError;
pub use import_users::ImportUsers;
pub use limits::Limits;
pub use listen::{Listen, ListenError};
pub use location::{AuthMethod, Location, RemoteType};
pub use platform::{AccessType, LocalAccess, Platform, PlatformSpec, PlatformSpecError, SshAccess};
pub use policy::{Modes, Ownership, Policy, ReadableBy, SetIdBits, Xattrs};
pub use retention::{Percent, PercentError, Quota, Retention};
pub use secret::{Secret, SecretRef, placeholder_name};
pub use words::{Authentication, ImageFormat, LogLevel};

/// The whole of `imagemanager.json`.
///
/// A field is `None` when the key was not written, so that a file survives
/// reading and printing; the value then in force is in the accessor of the
/// same meaning (`pull_update_timeout`, `worker_threads`, ...).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ImageManager {
    /// Pulls that run at the same time. Default 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker_threads: Option<u32>,
    /// Least severe messages to log, in any case. Default `info`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_level: Option<LogLevel>,
    /// No-op: never read by any version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_lustre_replication: Option<u32>,
    /// Object storage targets of an image file where the image directory is on Lustre (`lfs setstripe -c`); 0 or nothing:
    /// as the directory says. 16.08 to 18.03 never read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_ost_count: Option<u32>,
    /// The key of `Locations` used for references that name none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_image_location: Option<String>,
    /// The format images are converted to. Default `squashfs`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_image_format: Option<ImageFormat>,
    /// Read by 16.08 to 18.03 only to decide whether `PullUpdateTimeout` counts; write both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull_update_time: Option<u64>,
    /// Seconds after which a pull of a known tag asks the registry again. Default 300.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull_update_timeout: Option<u64>,
    /// Unused time after which `autoexpire` lets a tag expire, `days:hours:minutes:seconds`. Default none: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_expiration_timeout: Option<Days>,
    /// Database of 16.08 to 18.03, `mongodb://...`.
    #[serde(default, rename = "MongoDBURI", skip_serializing_if = "Option::is_none")]
    pub mongodb_uri: Option<Secret>,
    /// Name of the database at `MongoDBURI`.
    #[serde(default, rename = "MongoDB", skip_serializing_if = "Option::is_none")]
    pub mongodb: Option<String>,
    /// Native: the store, `sqlite:///path` (embedded) or `postgresql://host/name` (shared by gateways). Wins over `MongoDBURI`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<Secret>,
    /// No-op since 18.03: the Redis of Celery, `redis://...`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broker: Option<Secret>,
    /// Directory of downloaded layers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_directory: Option<PathBuf>,
    /// Directory in which 16.08 to 18.03 unpack images. This gateway unpacks them for the `examiner` alone; without the
    /// key, below `CacheDirectory`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expand_directory: Option<PathBuf>,
    /// Native: where to listen, `unix:/path` or `tcp:host:port`. Default `tcp:0.0.0.0:5000`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listen: Option<Vec<Listen>>,
    /// How callers prove who they are. Default `munge`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authentication: Option<Authentication>,
    /// Whether each lookup is recorded. Default false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metrics: Option<bool>,
    /// Who may import squashfs files: a list of user names, `"all"` or `"none"`. Default `"none"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import_users: Option<ImportUsers>,
    /// Native: directories below which image files may be imported. Default none: nothing is imported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import_directories: Option<Vec<PathBuf>>,
    /// Per image format, further arguments of its writer (`{"squashfs": ["-comp", "zstd"]}`).
    #[serde(default, deserialize_with = "accept::opt_unique_map", skip_serializing_if = "Option::is_none")]
    pub converter_options: Option<BTreeMap<ImageFormat, Options>>,
    /// A program run as `examiner DIRECTORY ID` on each unpacked image before it is converted; a non-zero exit refuses
    /// the image.
    #[serde(default, rename = "examiner", skip_serializing_if = "Option::is_none")]
    pub examiner: Option<PathBuf>,
    /// Native: bounds on what a pull may use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<Limits>,
    /// Native: owners, modes and who may read the files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Policy>,
    /// Native: which images go by themselves, and when their files follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<Retention>,
    /// Native: how many bytes of images there may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota: Option<Quota>,
    /// Native: switches that bring back a habit of 16.08 to 18.03.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compat: Option<Compat>,
    /// The registries, by the name users write before the first `/`.
    #[serde(default, deserialize_with = "accept::unique_map")]
    pub locations: BTreeMap<String, Location>,
    /// The systems served, by the name in `udiRoot.conf`'s `system`.
    #[serde(default, deserialize_with = "accept::unique_map")]
    pub platforms: BTreeMap<String, Platform>,
}

/// Native: switches that bring back a habit of 16.08 to 18.03. All are off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Compat {
    /// Answer requests without a credential, as a user who owns nothing.
    #[serde(default)]
    pub anonymous: bool,
}

impl ImageManager {
    /// Reads the text of an `imagemanager.json`.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let config: Self = serde_json::from_str(text).map_err(|e| ConfigError::from_json(&e))?;
        Ok(config)
    }

    /// The file as it is written: four spaces, keys in their order, short lists on one line.
    #[must_use]
    pub fn print(&self) -> String {
        let value = serde_json::to_value(self).expect("every key is a string");
        pretty::print(&value)
    }

    /// `WorkerThreads` in force.
    #[must_use]
    pub fn worker_threads(&self) -> u32 {
        self.worker_threads.unwrap_or(1).max(1)
    }

    /// `PullUpdateTimeout` in force, in seconds.
    #[must_use]
    pub fn pull_update_timeout(&self) -> u64 {
        self.pull_update_timeout.unwrap_or(300)
    }

    /// The listeners in force: the file's, or what the documented deployments use.
    #[must_use]
    pub fn listen(&self) -> Vec<Listen> {
        self.listen.clone().unwrap_or_else(|| vec![Listen::default_tcp()])
    }

    /// The limits in force.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.limits.unwrap_or_default()
    }

    /// The policy in force.
    #[must_use]
    pub fn policy(&self) -> Policy {
        self.policy.unwrap_or_default()
    }

    /// The format in force.
    #[must_use]
    pub fn image_format(&self) -> ImageFormat {
        self.default_image_format.unwrap_or(ImageFormat::Squashfs)
    }
}
