//! Why a gateway does not start with this configuration.

use std::io;
use std::path::PathBuf;

use shifter_gateway_types::config::DatabaseError;

use crate::store::TargetError;

use crate::convert::OptionError;
use crate::registry::PlatformError;

/// A configuration that cannot be used. Names the file or the key, never a secret.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The configuration or a file of a secret.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Somebody else could change or read a file.
    #[error("cannot trust {}: its mode is {mode:04o}, run `chmod {right} {}`", path.display(), path.display())]
    Mode {
        /// The configuration or a file of a secret.
        path: PathBuf,
        /// The mode it has.
        mode: u32,
        /// What would be right, as chmod(1) reads it.
        right: &'static str,
    },
    /// The text is not an `imagemanager.json`.
    #[error("{}: {source}", path.display())]
    Syntax {
        /// The configuration.
        path: PathBuf,
        /// Where and what.
        source: shifter_gateway_types::ConfigError,
    },
    /// A key that is needed is not there.
    #[error("`{key}` is missing: {help}")]
    Missing {
        /// The key with its path.
        key: String,
        /// What to write.
        help: &'static str,
    },
    /// A value that this gateway cannot honour.
    #[error("`{key}` cannot be honoured: {why}")]
    Unsupported {
        /// The key with its path.
        key: String,
        /// Why, and what would be right.
        why: String,
    },
    /// The file was rendered without its secrets.
    #[error("`{key}` holds the placeholder of the secret `{name}`: render with the secrets")]
    Placeholder {
        /// The key with its path.
        key: String,
        /// The secret's name.
        name: String,
    },
    /// `Database` is no URL of a store.
    #[error("`Database`: {0}")]
    Database(#[from] DatabaseError),
    /// `Database` is a URL that cannot be used.
    #[error("`Database`: {0}")]
    Target(#[from] TargetError),
    /// `DefaultImageFormat` or `ConverterOptions`.
    #[error("`ConverterOptions`: {0}")]
    Converter(#[from] OptionError),
    /// `Platforms.<name>.platforms`.
    #[error("`Platforms.{system}.platforms`: {source}")]
    Platform {
        /// The system.
        system: String,
        /// What is wrong with it.
        source: PlatformError,
    },
}

impl ConfigError {
    pub(super) fn missing(key: impl Into<String>, help: &'static str) -> Self {
        Self::Missing { key: key.into(), help }
    }

    pub(super) fn unsupported(key: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Unsupported { key: key.into(), why: why.into() }
    }
}
