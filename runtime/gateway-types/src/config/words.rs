//! Keys whose value is one of a few words.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

/// How callers prove who they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Authentication {
    /// A munge credential in the header `authentication`; on a Unix socket the kernel's word suffices.
    #[default]
    Munge,
    /// The test double of 16.08 to 18.03. The gateway refuses to start with it.
    Mock,
}

/// The format of image files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ImageFormat {
    /// squashfs, the format of every release.
    Squashfs,
    /// cramfs: 16 MiB a file at most.
    Cramfs,
    /// ext4: named by 16.08 to 18.03, never made by them.
    Ext4,
    /// vfs, an unpacked directory: named in a comment of the original's example alone.
    Vfs,
    /// Native: erofs.
    Erofs,
    /// The original's test double.
    Mock,
}

impl ImageFormat {
    /// The word in the file, which is also the suffix of image files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Squashfs => "squashfs",
            Self::Cramfs => "cramfs",
            Self::Ext4 => "ext4",
            Self::Vfs => "vfs",
            Self::Erofs => "erofs",
            Self::Mock => "mock",
        }
    }
}

impl fmt::Display for ImageFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The least severe messages to log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Everything.
    Debug,
    /// One line per pull and lookup.
    #[default]
    Info,
    /// What went wrong for a user or may go wrong soon.
    Warn,
    /// What went wrong for the site.
    Error,
    /// The same as `error`.
    Critical,
}

impl<'de> Deserialize<'de> for LogLevel {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.to_ascii_lowercase().as_str() {
            "debug" => Ok(Self::Debug),
            "info" => Ok(Self::Info),
            "warn" | "warning" => Ok(Self::Warn),
            "error" => Ok(Self::Error),
            "critical" => Ok(Self::Critical),
            _ => Err(serde::de::Error::unknown_variant(&text, &["debug", "info", "warn", "error", "critical"])),
        }
    }
}
