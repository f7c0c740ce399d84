//! The installed software: which release, and what that decides about a site's defaults.
//!
//! The releases themselves are [`Target`], shared with the programs that read the rendered files. Here stands what
//! only the toolkit needs: where an operating system keeps its tools, and which parts a release has.

pub use shifter_formats::Target;

use crate::profile::section::Shifter;

impl From<Shifter> for Target {
    fn from(written: Shifter) -> Self {
        match written {
            Shifter::V1608 => Self::V1608,
            Shifter::V1608Gpu => Self::V1608Gpu,
            Shifter::V1704 => Self::V1704,
            Shifter::V1803 => Self::V1803,
            Shifter::Master => Self::Master,
            Shifter::Native => Self::Native,
        }
    }
}

/// Whether the gateway of this release works through Celery and Redis: until 17.04.
#[must_use]
pub fn has_broker(target: Target) -> bool {
    matches!(target, Target::V1608 | Target::V1608Gpu | Target::V1704)
}

/// Whether the release has modules: from 18.03 on.
#[must_use]
pub fn has_modules(target: Target) -> bool {
    matches!(target, Target::V1803 | Target::Master | Target::Native)
}

/// Whether the runtime loads kernel modules itself: until 17.04.
#[must_use]
pub fn loads_kernel_modules(target: Target) -> bool {
    has_broker(target)
}

/// Whether the release knows `siteResources`: 16.08-gpu and 17.04.
#[must_use]
pub fn has_site_resources(target: Target) -> bool {
    matches!(target, Target::V1608Gpu | Target::V1704)
}

/// Where an operating system keeps the programs that the original runs as root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ToolDirs {
    /// The directory of modprobe and insmod.
    pub system: &'static str,
    /// The directory of cp, mv, chmod and dd.
    pub user: &'static str,
}

/// The directories by `target.os`. SLES until 12, and Cray's CLE on top of it, keep `/bin` apart from `/usr/bin`.
#[must_use]
pub fn tool_dirs(os: &str) -> ToolDirs {
    let split = ["cle", "sles11", "sles12", "el6"].iter().any(|old| os.starts_with(old));
    if split { ToolDirs { system: "/sbin", user: "/bin" } } else { ToolDirs { system: "/usr/sbin", user: "/usr/bin" } }
}

/// The file system of a container's root by `target.os`: tmpfs does not work on Cray's compute nodes (manual 5.2).
#[must_use]
pub fn rootfs(os: &str) -> &'static str {
    if os.starts_with("cle") { "ramfs" } else { "tmpfs" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cray_keeps_cp_in_bin_and_its_root_in_ramfs() {
        assert_eq!(tool_dirs("cle5.2"), ToolDirs { system: "/sbin", user: "/bin" });
        assert_eq!((rootfs("cle6.0"), rootfs("el7")), ("ramfs", "tmpfs"));
        assert_eq!(tool_dirs("el7").user, "/usr/bin");
    }

    #[test]
    fn every_release_of_a_profile_is_a_target_of_the_same_name() {
        for target in Target::ALL {
            let text = format!("target.shifter = '{target}'");
            let profile: crate::profile::Profile = toml::from_str(&text).unwrap();
            assert_eq!(profile.target.unwrap().shifter.map(Target::from), Some(target));
        }
    }
}
