//! What `imagemanager.json` means: checked, resolved, ready to be used.
//!
//! [`shifter_gateway_types::ImageManager`] is what was written. A [`Config`] is what is meant:
//! every path is there, every secret has been read, every platform has an owner with a number. What
//! this gateway cannot do is refused here, at the start and by its key, instead of being passed over.

mod error;
mod load;
mod location;
mod secret;
mod system;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use shifter_gateway_types::config::{Database, ImportUsers, Limits, Listen, LogLevel, Quota, ReadableBy, Retention};

pub use error::ConfigError;
pub use location::{Password, Registries, Registry};
pub use system::{Owner, System};

use crate::pull::{Conversion, Examiner};

/// A gateway's configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where records are kept.
    pub database: Database,
    /// Where to listen.
    pub listen: Vec<Listen>,
    /// Directory of downloaded layers.
    pub cache: PathBuf,
    /// The systems served, by name.
    pub systems: BTreeMap<String, System>,
    /// Where images come from.
    pub registries: Registries,
    /// Format, compression and the policies within an image.
    pub conversion: Conversion,
    /// Who may read public image files.
    pub readable_by: ReadableBy,
    /// Which images expire by themselves, and when files follow.
    pub retention: Retention,
    /// How many bytes of images there may be.
    pub quota: Quota,
    /// What `autoexpire` takes for unused where `retention` does not say; `None`: no image.
    pub expire_after: Option<Duration>,
    /// Who may import image files.
    pub import_users: ImportUsers,
    /// Below which directories they lie.
    pub import_directories: Vec<PathBuf>,
    /// Whether lookups are recorded.
    pub metrics: bool,
    /// Bounds on a pull.
    pub limits: Limits,
    /// What looks at images before they are converted.
    pub examiner: Option<Examiner>,
    /// Pulls at the same time.
    pub workers: usize,
    /// How long a pulled tag is taken to be current.
    pub pull_update: Duration,
    /// Whether callers without a credential are let in, as nobody.
    pub anonymous: bool,
    /// Least severe messages logged.
    pub log_level: LogLevel,
    /// What is written and has no effect, to be logged at the start.
    pub notices: Vec<&'static str>,
}

#[cfg(test)]
mod tests;
