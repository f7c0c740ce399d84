//! The table of `module_<name>_<key>`, and nothing but the table.

use std::path::PathBuf;

use super::spec::{NATIVE, SINCE_1803};
use super::{PathPattern, Text, Trust};
use crate::env::{Assignment, NamePattern};
use crate::volume::VolumeMap;

super::table::key_table! {
    /// One module: what containers get that load it.
    ///
    /// In a repeated line the later list replaces the earlier one, except for `siteFs`, which adds up.
    pub struct ModuleConf {}
    /// Every key of a module, in the order of printing.
    pub const MODULE_KEYS;

    /// 0 keeps the module from being loaded.
    enabled = "enabled": Option<bool> { default: Some("1"), targets: SINCE_1803 },
    /// One line about it for those who choose modules: `shifter --modules` shows it.
    description = "description": Option<Text> { targets: NATIVE },
    /// Modules of one family exclude each other, as in Lmod.
    family = "family": Option<String> { targets: NATIVE },
    /// The version that is loaded when the user names none.
    version = "version": Option<String> { targets: NATIVE },
    /// The last day, as YYYY-MM-DD, on which users should load it; shown by `shifter --modules`.
    deprecated_until = "deprecatedUntil": Option<String> { targets: NATIVE },
    /// The version that users should load instead; shown by `shifter --modules`.
    replaced_by = "replacedBy": Option<String> { targets: NATIVE },
    /// Modules that are loaded before this one.
    requires = "requires": Vec<String> { targets: NATIVE, replaces: true },
    /// Modules that cannot be loaded together with this one. Each must be configured.
    conflict = "conflict": Vec<String> { replaces: true, targets: SINCE_1803 },
    /// 1 skips what the node does not have instead of failing.
    optional = "optional": Option<bool> { default: Some("0"), targets: NATIVE },
    /// Directories of the host that the container gets.
    site_fs = "siteFs": VolumeMap { targets: SINCE_1803 },
    /// Devices that must be there, as patterns.
    devices = "devices": Vec<PathPattern> { targets: NATIVE, replaces: true },
    /// Files of the host, as patterns, that appear read-only at the same path.
    globs = "globs": Vec<PathPattern> { targets: NATIVE, replaces: true },
    /// A directory whose content appears in the container as `/opt/udiImage/modules/NAME`. The native runtime mounts
    /// it read-only, entry by entry; the original copies it at every start.
    copy_path = "copyPath": Option<PathBuf> { trust: Trust::RootReads, targets: SINCE_1803 },
    /// A script that root runs with /bin/sh in the container's root while it is built.
    roothook = "roothook": Option<PathBuf> { trust: Trust::RootExecutes, targets: SINCE_1803 },
    /// A script of the container that the user runs with /bin/sh before the command.
    userhook = "userhook": Option<PathBuf> { targets: SINCE_1803 },
    /// Variables set.
    site_env = "siteEnv": Vec<Assignment> { replaces: true, targets: SINCE_1803 },
    /// Variables lengthened at the end, after a colon.
    site_env_append = "siteEnvAppend": Vec<Assignment> { replaces: true, targets: SINCE_1803 },
    /// Variables lengthened in front, before a colon.
    site_env_prepend = "siteEnvPrepend": Vec<Assignment> { replaces: true, targets: SINCE_1803 },
    /// Variables removed.
    site_env_unset = "siteEnvUnset": Vec<NamePattern> { replaces: true, targets: SINCE_1803 },
}
