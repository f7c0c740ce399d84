//! What a user may ask for. Pure: it judges names and facts, and opens nothing.

use std::fmt;
use std::path::{Path, PathBuf};

use shifter_formats::udiroot::Conf;
use shifter_formats::volume::{Author, CacheFilesystem, PerNodeCache, VolumeMap, forbidden_target};

use crate::privilege::Mode;

/// Places, with all below them, that belong to everybody.
const EVERYBODYS: [&str; 2] = ["/tmp", "/var/tmp"];

/// `<linux/magic.h>`: proc, sysfs, cgroup, cgroup2, debugfs, tracefs, securityfs, configfs, efivarfs, bpf, devpts,
/// pstore, selinuxfs, smackfs, nsfs, mqueue, binfmt_misc, resctrl, fusectl, autofs.
const KERNELS: [u32; 20] = [
    0x9fa0,
    0x6265_6572,
    0x0027_e0eb,
    0x6367_7270,
    0x6462_6720,
    0x7472_6163,
    0x7363_6673,
    0x6265_6570,
    0xde5e_81e4,
    0xcafe_4a11,
    0x1cd1,
    0x6165_676c,
    0xf97c_ff8c,
    0x4341_5d53,
    0x6e73_6673,
    0x1980_0202,
    0x4249_4e4d,
    0x0765_5821,
    0x6573_5543,
    0x0187,
];

/// What the site does not allow, or has not said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyError {
    /// A target of a user's mount that is the site's.
    Target(ForbiddenTarget),
    /// A `perNodeCache` that is larger than the site lets it be; the limit in bytes.
    CacheTooLarge(PathBuf, u64),
    /// A `perNodeCache` with a file system that the site does not allow; those that it does.
    CacheFilesystem(PathBuf, CacheFilesystem, Vec<String>),
    /// A `perNodeCache` without privilege, which needs a loop device.
    CacheWithoutPrivilege(PathBuf),
    /// A key that this start needs.
    MissingKey(&'static str),
}

/// A target of a user's mount that is the site's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForbiddenTarget {
    /// What the user asked for, links resolved.
    pub target: PathBuf,
    /// The place it is, or is in.
    pub place: PathBuf,
    /// Why it is the site's.
    pub why: &'static str,
}

impl fmt::Display for ForbiddenTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ForbiddenTarget { target, place, why } = self;
        if target == place {
            write!(f, "nothing may be mounted over `{}`: {why}", place.display())
        } else {
            write!(f, "nothing may be mounted at `{}`, in `{}`: {why}", target.display(), place.display())
        }
    }
}

impl std::error::Error for ForbiddenTarget {}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PolicyError::Target(error) => error.fmt(f),
            PolicyError::CacheTooLarge(target, limit) => write!(
                f,
                "the perNodeCache at `{}` is larger than the {limit} bytes of key perNodeCacheSizeLimit",
                target.display()
            ),
            PolicyError::CacheFilesystem(target, filesystem, allowed) => write!(
                f,
                "the perNodeCache at `{}` may not be {filesystem}; key perNodeCacheAllowedFsType allows {}",
                target.display(),
                allowed.join(", ")
            ),
            PolicyError::CacheWithoutPrivilege(target) => {
                write!(f, "without privilege there is no perNodeCache at `{}`", target.display())
            }
            PolicyError::MissingKey(key) => write!(f, "udiRoot.conf does not say `{key}`"),
        }
    }
}

impl std::error::Error for PolicyError {}

/// Judges all volumes of a user by their names. Where links lead is judged again when they are opened.
///
/// # Errors
/// The first that is not allowed.
pub fn check_volumes(volumes: &VolumeMap, conf: &Conf) -> Result<(), PolicyError> {
    for volume in &volumes.entries {
        check_volume_target(&volume.to, &conf.deny).map_err(PolicyError::Target)?;
    }
    Ok(())
}

/// Whether a `perNodeCache` may be made, for a user or the site. A limit of 0 is none.
///
/// # Errors
/// When it is too large, of a file system that is not allowed, or there is no privilege to make it.
pub fn check_cache(to: &Path, cache: &PerNodeCache, conf: &Conf, mode: Mode) -> Result<(), PolicyError> {
    if mode == Mode::UserNamespace {
        return Err(PolicyError::CacheWithoutPrivilege(to.to_owned()));
    }
    let allowed = &conf.per_node_cache_allowed_fs_type;
    if !allowed.is_empty() && !allowed.iter().any(|name| name == cache.filesystem.as_str()) {
        return Err(PolicyError::CacheFilesystem(to.to_owned(), cache.filesystem, allowed.clone()));
    }
    match conf.per_node_cache_size_limit.map_or(0, |limit| limit.0) {
        limit if limit != 0 && cache.size.0 > limit => Err(PolicyError::CacheTooLarge(to.to_owned(), limit)),
        _ => Ok(()),
    }
}

/// Whether a user may mount at a path of the container. Names are compared whole: `/etcetera` is not in `/etc`.
///
/// # Errors
/// Names the place of the site that it is in.
pub fn check_volume_target(target: &Path, deny: &[PathBuf]) -> Result<(), ForbiddenTarget> {
    if let Some(place) = deny.iter().find(|place| target.starts_with(place)) {
        let why = "the site's key `deny` names it";
        return Err(ForbiddenTarget { target: target.to_owned(), place: place.clone(), why });
    }
    match forbidden_target(target, Author::User) {
        Some(row) => Err(ForbiddenTarget { target: target.to_owned(), place: row.path.into(), why: row.why }),
        None => Ok(()),
    }
}

/// Whether a type of file system (statfs(2)) is one of the kernel's own, such as proc or sysfs. They ask who opened a
/// file, and through an overlay that is root: `/sys/bus/pci/devices/*/config` would be read whole by everybody.
#[must_use]
pub fn is_of_the_kernel(filesystem: u32) -> bool {
    KERNELS.contains(&filesystem)
}

/// Whether a path is, or is in, a place where every user keeps files.
#[must_use]
pub fn is_for_everybody(target: &Path) -> bool {
    EVERYBODYS.iter().any(|place| target.starts_with(place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_of_the_site_is_named_with_its_reason() {
        let verdict = |target: &str| {
            check_volume_target(Path::new(target), &["/scratch/private".into()]).map_err(|error| error.to_string())
        };
        assert_eq!(
            verdict("/proc").unwrap_err(),
            "nothing may be mounted over `/proc`: the kernel's process tree is there"
        );
        assert_eq!(
            verdict("/scratch/private/x").unwrap_err(),
            "nothing may be mounted at `/scratch/private/x`, in `/scratch/private`: the site's key `deny` names it"
        );
        for target in ["/etcetera", "/data", "/var/tmp", "/tmp/x", "/scratch", "/opt/foo"] {
            assert_eq!(verdict(target), Ok(()), "{target}");
        }
    }
}
