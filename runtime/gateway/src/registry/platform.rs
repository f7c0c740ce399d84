//! The machine an image is for: `os/architecture[/variant]`, in Go's names.

use std::fmt;
use std::str::FromStr;

/// A platform, as in an index (OCI Image Specification 1.1, "Image Index").
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Platform {
    /// `linux`.
    pub os: String,
    /// `amd64`, `arm64`, `ppc64le`, ...
    pub architecture: String,
    /// `v8`, ... where the architecture has several.
    pub variant: Option<String>,
}

/// A text that is no platform.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a platform: write os/architecture or os/architecture/variant, as linux/arm64")]
pub struct PlatformError(String);

impl Platform {
    /// Linux on `architecture` without a variant.
    pub fn linux(architecture: impl Into<String>) -> Self {
        Self { os: "linux".to_owned(), architecture: architecture.into(), variant: None }
    }

    /// The platform this program runs on.
    pub fn of_this_machine() -> Self {
        Self::linux(match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "x86" => "386",
            "aarch64" => "arm64",
            "powerpc64" if cfg!(target_endian = "little") => "ppc64le",
            "powerpc64" => "ppc64",
            other => other,
        })
    }

    /// Whether `other` names the same system and architecture, whatever the variants.
    pub(crate) fn is_kind_of(&self, other: &Self) -> bool {
        self.os == other.os && self.architecture == other.architecture
    }

    /// The variant as a number; a machine runs its own and lower ones.
    ///
    /// Without a variant, arm64 is v8, amd64 is v1 and arm is v7 (containerd's and Docker's rule).
    pub(crate) fn level(&self) -> u32 {
        let default = match self.architecture.as_str() {
            "arm64" => 8,
            "amd64" => 1,
            "arm" => 7,
            _ => 0,
        };
        let variant = self.variant.as_deref().unwrap_or_default();
        let number = variant.strip_prefix('v').unwrap_or(variant);
        number.parse().unwrap_or(default)
    }
}

impl FromStr for Platform {
    type Err = PlatformError;

    fn from_str(text: &str) -> Result<Self, PlatformError> {
        let parts: Vec<&str> = text.split('/').collect();
        let word =
            |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
        match parts.as_slice() {
            [os, architecture, variant @ ..] if variant.len() < 2 && parts.iter().all(word) => Ok(Self {
                os: (*os).to_owned(),
                architecture: (*architecture).to_owned(),
                variant: variant.first().map(|&variant| variant.to_owned()),
            }),
            _ => Err(PlatformError(text.to_owned())),
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        match &self.variant {
            Some(variant) => write!(f, "/{variant}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_platform_keeps_its_text() {
        for text in ["linux/amd64", "linux/arm64/v8"] {
            assert_eq!(text.parse::<Platform>().unwrap().to_string(), text);
        }
        for text in ["linux", "linux/", "linux/a/b/c", "", "a b/c"] {
            assert!(text.parse::<Platform>().is_err(), "{text:?} was accepted");
        }
    }
}
