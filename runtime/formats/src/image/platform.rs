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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlatformError(String);

impl fmt::Display for PlatformError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a platform: write os/architecture or os/architecture/variant, as linux/arm64", self.0)
    }
}

impl std::error::Error for PlatformError {}

impl Platform {
    /// Linux on `architecture` without a variant.
    #[must_use]
    pub fn linux(architecture: impl Into<String>) -> Self {
        Self { os: "linux".to_owned(), architecture: architecture.into(), variant: None }
    }

    /// The platform this program runs on, with the best variant that the processor has: `linux/amd64/v3`.
    ///
    /// The levels of amd64 are those of the x86-64 psABI, 3.1.1; other architectures have the usual variant.
    #[must_use]
    pub fn of_this_node() -> Self {
        Self { variant: level_of_processor().map(|level| format!("v{level}")), ..Self::of_this_machine() }
    }

    /// Whether an image for `image` runs on this platform: of its own variant or a lower one.
    #[must_use]
    pub fn runs(&self, image: &Self) -> bool {
        image.is_kind_of(self) && image.level() <= self.level()
    }

    /// The platform this program was built for, without a variant.
    #[must_use]
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
    #[must_use]
    pub fn is_kind_of(&self, other: &Self) -> bool {
        self.os == other.os && self.architecture == other.architecture
    }

    /// The variant as a number; a machine runs its own and lower ones.
    ///
    /// Without a variant, arm64 is v8, amd64 is v1 and arm is v7 (containerd's and Docker's rule).
    #[must_use]
    pub fn level(&self) -> u32 {
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

#[cfg(target_arch = "x86_64")]
fn level_of_processor() -> Option<u32> {
    macro_rules! has_all {
        ($($feature:tt)*) => { true $(&& std::arch::is_x86_feature_detected!($feature))* };
    }
    let levels = [
        has_all!("sse3" "ssse3" "sse4.1" "sse4.2" "popcnt" "cmpxchg16b"),
        has_all!("avx" "avx2" "bmi1" "bmi2" "f16c" "fma" "lzcnt" "movbe"),
        has_all!("avx512f" "avx512bw" "avx512cd" "avx512dq" "avx512vl"),
    ];
    Some((2..).zip(levels).take_while(|(_, has)| *has).last().map_or(1, |(level, _)| level))
}

#[cfg(not(target_arch = "x86_64"))]
fn level_of_processor() -> Option<u32> {
    None
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

    #[test]
    fn a_node_runs_its_own_variant_and_lower_ones() {
        let platform = |text: &str| text.parse::<Platform>().unwrap();
        let node = platform("linux/amd64/v3");
        for text in ["linux/amd64", "linux/amd64/v2", "linux/amd64/v3"] {
            assert!(node.runs(&platform(text)), "{text}");
        }
        for text in ["linux/amd64/v4", "linux/arm64", "windows/amd64"] {
            assert!(!node.runs(&platform(text)), "{text}");
        }
        assert!(Platform::of_this_node().runs(&Platform::of_this_machine()));
    }
}
