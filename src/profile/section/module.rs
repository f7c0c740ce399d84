//! `[module.NAME]`: site software that a user adds to a container with `--module=NAME`.

use super::env::EnvSection;
use super::filesystem::FilesystemSection;
use super::scalar::{AbsPath, Date, Glob, Version};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
use validator::Validate;

/// A module: `module_NAME_*`. From 18.03 on.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct ModuleSection {
    /// One line for those who choose modules: `module_NAME_description`, shown by `shifter --modules`. Native only.
    pub description: Option<String>,
    /// Load it when the user names no modules: `defaultModules`.
    pub default: Option<bool>,
    /// Whether it may be loaded: `module_NAME_enabled`. Default true.
    pub enabled: Option<bool>,
    /// A directory whose content containers see as `/opt/udiImage/modules/NAME`: `module_NAME_copyPath`.
    pub copy_from: Option<AbsPath>,
    /// File systems it adds: `module_NAME_siteFs`.
    #[validate(nested)]
    pub filesystem: Vec<FilesystemSection>,
    /// What it does to the environment: `module_NAME_siteEnv*`.
    #[validate(nested)]
    pub env: Option<EnvSection>,
    /// Scripts it runs.
    #[validate(nested)]
    pub hooks: Option<ModuleHooks>,
    /// Modules that cannot be loaded with it: `module_NAME_conflict`.
    pub conflict: Vec<String>,
    /// Modules that are loaded before it. Native only.
    pub requires: Vec<String>,
    /// At most one module of a family is loaded, as in Lmod. Native only.
    pub family: Option<String>,
    /// Leave it out, instead of failing, on nodes that lack its files. Native only.
    pub optional: Option<bool>,
    /// The node classes that have it. Default: every class.
    pub classes: Vec<String>,
    /// Device files it adds, as patterns. Native only.
    pub devices: Vec<Glob>,
    /// Files of the host it adds at the same path, as patterns. Native only.
    pub files: Vec<Glob>,
    /// Variables of the caller that survive with it. Native only.
    pub keep_env: Vec<Glob>,
    /// Whether and until when it may still be used. Native only.
    #[validate(nested)]
    pub deprecated: Option<Deprecated>,
    /// The version that the bare name means. Native only.
    pub default_version: Option<Version>,
    /// Its versions, asked for as `NAME/VERSION`. Native only.
    #[validate(nested)]
    pub version: BTreeMap<String, ModuleVersion>,
}

/// Scripts of a module.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct ModuleHooks {
    /// Run as the user in the container: `module_NAME_userhook`. A path of the container.
    pub user: Option<AbsPath>,
    /// Run as root while the container is built: `module_NAME_roothook`. A path of the host.
    pub root: Option<AbsPath>,
}

/// One version of a module. What it does not say, the module says.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct ModuleVersion {
    /// One line about this version, shown by `shifter --modules`.
    pub description: Option<String>,
    /// The directory of the host with this version, shown read-only at the same path.
    pub from: Option<AbsPath>,
    /// Directories below `from` that go before `LD_LIBRARY_PATH`. Default: `lib` when `abi` is named.
    pub libraries: Option<Vec<String>>,
    /// The library that an image must link to, such as `libmpi.so.12`.
    pub abi: Option<String>,
    /// Modules that are loaded before it; beside those of the module.
    pub requires: Vec<String>,
    /// How ranks find each other: `pmi2`, `pmix`.
    pub wireup: Vec<String>,
    /// Whether and until when it may still be used.
    #[validate(nested)]
    pub deprecated: Option<Deprecated>,
    /// What it does to the environment, after what the module does.
    #[validate(nested)]
    pub env: Option<EnvSection>,
    /// File systems it adds, after those of the module.
    #[validate(nested)]
    pub filesystem: Vec<FilesystemSection>,
    /// The node classes that have it. Default: those of the module.
    pub classes: Vec<String>,
}

/// A version on its way out.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct Deprecated {
    /// The last day it may be used: `deprecatedUntil`.
    pub until: Option<Date>,
    /// The version to use instead: `replacedBy`.
    pub r#use: Option<Version>,
}
