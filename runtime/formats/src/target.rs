//! The Shifter releases whose files are read and written.
//!
//! A target is the *installed* software, not the machine: the same site may keep 16.08 on one cluster
//! and the native runtime on another.

use std::fmt;
use std::str::FromStr;

/// One dialect of `udiRoot.conf`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// 16.08.3 as tagged in September 2016.
    V1608,
    /// The master branch of 2016-11 to 2017-10, which still called itself 16.08.3 and had `siteResources`.
    V1608Gpu,
    /// The 17.04 release line, which had `siteResources` too.
    V1704,
    /// 18.03: modules instead of `siteResources`; kernel modules are no longer loaded.
    V1803,
    /// The last state of the original's master branch (22.02).
    Master,
    /// The runtime in this repository.
    Native,
}

impl Target {
    /// Every target, oldest first.
    pub const ALL: [Self; 6] = [Self::V1608, Self::V1608Gpu, Self::V1704, Self::V1803, Self::Master, Self::Native];

    /// [`Target::ALL`] as a slice.
    pub(crate) const ALL_SLICE: &'static [Self] = &Self::ALL;

    /// The name a profile uses, such as `16.08-gpu`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1608 => "16.08",
            Self::V1608Gpu => "16.08-gpu",
            Self::V1704 => "17.04",
            Self::V1803 => "18.03",
            Self::Master => "master",
            Self::Native => "native",
        }
    }

    /// Whether this is the runtime in this repository.
    #[must_use]
    pub const fn is_native(self) -> bool {
        matches!(self, Self::Native)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The text names no target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownTarget(pub String);

impl fmt::Display for UnknownTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no target; write one of ", self.0)?;
        for (nth, target) in Target::ALL.iter().enumerate() {
            let separator = if nth == 0 { "" } else { ", " };
            write!(f, "{separator}{target}")?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownTarget {}

impl FromStr for Target {
    type Err = UnknownTarget;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|target| target.as_str() == text).ok_or_else(|| UnknownTarget(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_reads_back_from_its_name() {
        for target in Target::ALL {
            assert_eq!(target.to_string().parse(), Ok(target));
        }
    }

    #[test]
    fn an_unknown_target_lists_the_known_ones() {
        let error = "15.12".parse::<Target>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "`15.12` is no target; write one of 16.08, 16.08-gpu, 17.04, 18.03, master, native"
        );
    }
}
