//! The kernel of a node and what it can do.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The kernel and what it can do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Kernel {
    /// `uname -r`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    /// Whether it has a call that the native runtime uses, by the call's name: `openat2`, `mount_setattr`, `LOOP_CONFIGURE`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub calls: BTreeMap<String, bool>,
    /// Whether overlayfs can be mounted in a user namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overlay_in_user_namespace: Option<bool>,
    /// Whether it can mount a file system, by its type.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub filesystems: BTreeMap<String, Support>,
    /// Loop devices.
    #[serde(rename = "loop", skip_serializing_if = "Option::is_none")]
    pub loops: Option<Loop>,
    /// Control groups.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cgroup: Option<Cgroup>,
    /// What limits user namespaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_namespaces: Option<UserNamespaces>,
    /// SELinux.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selinux: Option<Selinux>,
    /// The version of the loaded NVIDIA driver.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nvidia: Option<String>,
}

/// Where the kernel has something from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Support {
    /// It is part of the kernel.
    BuiltIn,
    /// A module that is loaded.
    Loaded,
    /// A module that lies on disk and is not loaded.
    Module,
    /// Neither.
    Absent,
}

/// Loop devices.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Loop {
    /// Where the driver is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver: Option<Support>,
    /// Its parameter `max_loop`: devices made when it is loaded, and with 0 as many as are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_loop: Option<u32>,
    /// Devices there are now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub devices: Option<u32>,
    /// Devices that hold a file now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_use: Option<u32>,
    /// Whether `/dev/loop-control` is there, through which more are made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control: Option<bool>,
}

/// Control groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Cgroup {
    /// One tree a controller.
    V1,
    /// One tree.
    V2,
    /// Both.
    Hybrid,
}

/// What limits user namespaces.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct UserNamespaces {
    /// `user.max_user_namespaces`; with 0 there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<u64>,
    /// `kernel.unprivileged_userns_clone` of Debian's kernels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unprivileged_clone: Option<bool>,
    /// `kernel.apparmor_restrict_unprivileged_userns` of Ubuntu's kernels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub apparmor_restricts: Option<bool>,
}

/// SELinux.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Selinux {
    /// What the policy forbids fails.
    Enforcing,
    /// What the policy forbids is logged.
    Permissive,
    /// Not there.
    Disabled,
}

impl Support {
    /// Whether it works, perhaps after a module is loaded.
    #[must_use]
    pub fn is_there(self) -> bool {
        self != Self::Absent
    }

    /// Whether it works now.
    #[must_use]
    pub fn is_ready(self) -> bool {
        matches!(self, Self::BuiltIn | Self::Loaded)
    }
}
