//! `[paths]`: where Shifter is installed and where it mounts.

use super::scalar::AbsPath;
use schemars::JsonSchema;
use serde::Deserialize;
use validator::Validate;

/// Where Shifter is installed and where it mounts.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct PathsSection {
    /// The installation prefix: `udiRootPath`. Default `/usr`.
    pub prefix: Option<AbsPath>,
    /// The configuration directory. Default `/etc/shifter`.
    pub config: Option<AbsPath>,
    /// Where the container's root is mounted: `udiMount`. Default `/var/udiMount`.
    pub udi_mount: Option<AbsPath>,
    /// Where the image is mounted: `loopMount`. Default `/var/udiLoopMount`.
    pub loop_mount: Option<AbsPath>,
    /// Site software that every container sees as `/opt/udiImage`: `optUdiImage`. Left out when unset, never empty.
    pub opt_udi_image: Option<AbsPath>,
    /// The mount helper: `mountCmd`, with the patch `mount-cmd` or the native target.
    pub mount_command: Option<AbsPath>,
    /// Programs that the original runtime runs as root.
    #[validate(nested)]
    pub tools: Option<Tools>,
}

/// Programs that the original runtime runs as root. Their defaults follow `target.os`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct Tools {
    /// `modprobePath`.
    pub modprobe: Option<AbsPath>,
    /// `insmodPath`.
    pub insmod: Option<AbsPath>,
    /// `cpPath`.
    pub cp: Option<AbsPath>,
    /// `mvPath`.
    pub mv: Option<AbsPath>,
    /// `chmodPath`.
    pub chmod: Option<AbsPath>,
    /// `ddPath`.
    pub dd: Option<AbsPath>,
    /// `mkfsXfsPath`, needed for per-node caches only; no default.
    pub mkfs_xfs: Option<AbsPath>,
    /// `mkfsExt4Path`, needed for per-node caches with ext4 only; native.
    pub mkfs_ext4: Option<AbsPath>,
}
