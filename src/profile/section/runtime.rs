//! `[runtime]`: how a container is built.

use super::scalar::{AbsPath, Glob, Name, Size};
use schemars::JsonSchema;
use serde::Deserialize;
use validator::Validate;

/// How a container is built.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct RuntimeSection {
    /// The file system of the container's root, `tmpfs` or `ramfs`: `rootfsType`. The native runtime always uses tmpfs.
    pub rootfs: Option<String>,
    /// How much memory the container's root may take: `rootfsSize`. Native only.
    pub rootfs_size: Option<Size>,
    /// Leave the root writable (to root, in effect): `mountUdiRootWritable=1`.
    pub writable_root: Option<bool>,
    /// How many group memberships are written for the user: `maxGroupCount`. Default 31; 0 writes none.
    pub max_groups: Option<u32>,
    /// Look users up through the C library: `allowLibcPwdCalls=1`. Otherwise in `etc.path`/passwd.
    pub libc_passwd_calls: Option<bool>,
    /// Where `/etc` of a container comes from: `static` (`etc.path`) or `dynamic` (`populateEtcDynamically=1`).
    pub populate_etc: Option<PopulateEtc>,
    /// Further users that a dynamic passwd file lists: `usersToImport`.
    pub import_users: Vec<Name>,
    /// Allow any directory of the host as an image: `allowLocalChroot=1`. Only CCM needs it.
    pub allow_local_chroot: Option<bool>,
    /// How later mounts of the host reach containers, `private` or `slave`: `mountPropagationStyle`.
    pub propagation: Option<String>,
    /// Files that give each node a private writable file system.
    #[validate(nested)]
    pub per_node_cache: Option<PerNodeCache>,
    /// Whether programs in containers may make user namespaces. Native only.
    pub user_namespaces: Option<UserNamespaces>,
    /// The home directory in containers: `site`, `image`, `none` or an absolute path. Users choose with `--home`. Native only.
    pub home: Option<String>,
    /// Variables of the caller that survive the image's environment and `--clearenv`: `keepEnv`. Native only.
    pub keep_env: Vec<Glob>,
    /// Modules of users who name none, in the order of loading, when it is not that of the names of the modules
    /// marked `default`: `defaultModules`.
    pub default_modules: Vec<String>,
    /// Paths of containers that users may not mount over: `deny`. Native only.
    pub deny: Vec<AbsPath>,
    /// The file of what is forbidden for the moment, which administrators write by hand: `denyFile`. Without it the
    /// runtime reads `deny` beside udiRoot.conf. Native only.
    pub deny_file: Option<AbsPath>,
}

/// Where `/etc` of a container comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PopulateEtc {
    /// Copied from `etc.path`.
    #[default]
    Static,
    /// Made at each start from the image's files and the caller's identity.
    Dynamic,
}

/// Whether programs in containers may make user namespaces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum UserNamespaces {
    /// As the host does.
    #[default]
    Host,
    /// Never: a seccomp filter answers EPERM.
    Deny,
}

/// Files that give each node a private writable file system.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct PerNodeCache {
    /// Where the backing files are made: `perNodeCachePath`.
    pub path: Option<AbsPath>,
    /// The largest file a user may ask for: `perNodeCacheSizeLimit`.
    pub size_limit: Option<Size>,
    /// The file systems a user may ask for: `perNodeCacheAllowedFsType`.
    pub fs: Vec<String>,
}
