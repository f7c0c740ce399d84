//! What may be written in a profile: one file for each table.
//!
//! These types say what a profile *can hold*, not what it means. Every key is optional here, so that a profile
//! with one bad key still decodes without it and every finding comes out of one run; what is missing and what
//! contradicts is for the rules and for `Site`. Doc comments become the JSON Schema's
//! descriptions and the reference manual. Field names are the keys. No tagged, untagged or flattened types: the
//! decoder's errors must keep the path of the key.

mod class;
mod env;
mod etc;
mod extra;
mod fabric;
mod filesystem;
mod gateway;
mod gpu;
mod hooks;
mod identity;
mod images;
mod install;
mod kernel_modules;
mod lint;
mod module;
mod paths;
mod platform;
mod policy;
mod registry;
mod render;
mod runtime;
mod scale;
mod script;
mod site;
mod storage;
mod target;
mod wlm;

pub mod scalar;
pub mod secret;

pub use class::{ArtifactKind, ClassSection};
pub use env::{EnvProxy, EnvSection, EnvValue};
pub use etc::{EtcSection, Refresh, Users};
pub use extra::ExtraSection;
pub use fabric::FabricSection;
pub use filesystem::{FilesystemSection, NodeCache, Phase, SymlinkSection, Via};
pub use gateway::{
    Admin, AllProxy, Broker, Database, GatewaySection, ImportUsers, Limits, Munge, Proxy, Ssh, Tls, Workers,
};
pub use gpu::{Accelerator, GpuSection};
pub use hooks::{Hook, HooksSection, Script};
pub use identity::{ContainerUsers, IdentitySection, IdentitySource, ResolveAt};
pub use images::{Contents, ImagesSection, KeepOrDrop, Lustre, Modes, Ownership, Quota, ReadableBy, Retention};
pub use install::{InstallFile, InstallSection};
pub use kernel_modules::KernelModulesSection;
pub use lint::{FailOn, LintSection, Tier};
pub use module::{Deprecated, ModuleHooks, ModuleSection, ModuleVersion};
pub use paths::{PathsSection, Tools};
pub use platform::PlatformSection;
pub use policy::PolicySection;
pub use registry::RegistrySection;
pub use render::RenderSection;
pub use runtime::{PerNodeCache, PopulateEtc, RuntimeSection, UserNamespaces};
pub use scale::ScaleSection;
pub use script::{ScriptRole, ScriptSection};
pub use site::{Role, SiteSection, Twin};
pub use storage::StorageSection;
pub use target::{Init, Shifter, TargetSection};
pub use wlm::{Cgroup, Need, Nscd, OnSetupFailure, PullAtSubmit, Services, Slurm, Sshd, WlmKind, WlmSection};

use scalar::TextOrList;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
use validator::Validate;

/// A site described once: one system, or one gateway that serves several.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["schema"]))]
pub struct Profile {
    /// The version of this format. 1.
    #[schemars(range(min = 1, max = 1))]
    pub schema: Option<u32>,
    /// What is described: a `system` (the default) or a `gateway` of its own.
    pub kind: Option<Kind>,
    /// The profiles of the systems that a gateway serves, relative to this one.
    pub serves: Vec<String>,
    /// The profile or profiles that this one begins with, relative to it, first to last.
    pub extends: Option<TextOrList>,
    /// The preset or presets below all layers: what is usual for a kind of system.
    pub preset: Option<TextOrList>,
    /// The versions of `shifter-site` that may read this profile, such as `>=0.2`.
    #[schemars(regex(
        pattern = r"^\s*(>=|<=|==|=|>|<)\s*[0-9]+(\.[0-9]+){0,2}\s*(,\s*(>=|<=|==|=|>|<)\s*[0-9]+(\.[0-9]+){0,2}\s*)*$"
    ))]
    pub requires: Option<String>,
    /// Who this system is.
    #[validate(nested)]
    pub site: Option<SiteSection>,
    /// Which Shifter is installed, and on what.
    #[validate(nested)]
    pub target: Option<TargetSection>,
    /// How large jobs are.
    #[validate(nested)]
    pub scale: Option<ScaleSection>,
    /// Where Shifter is installed and where it mounts.
    #[validate(nested)]
    pub paths: Option<PathsSection>,
    /// Where images are, what they are, and how long they stay.
    #[validate(nested)]
    pub images: Option<ImagesSection>,
    /// How a container is built.
    #[validate(nested)]
    pub runtime: Option<RuntimeSection>,
    /// The files of `/etc` that containers get.
    #[validate(nested)]
    pub etc: Option<EtcSection>,
    /// What the kernel of a node must have loaded.
    #[validate(nested)]
    pub kernel_modules: Option<KernelModulesSection>,
    /// What the site does to the environment of containers.
    #[validate(nested)]
    pub env: Option<EnvSection>,
    /// What of the host containers show.
    #[validate(nested)]
    pub filesystem: Vec<FilesystemSection>,
    /// Symbolic links that containers have.
    #[validate(nested)]
    pub symlink: Vec<SymlinkSection>,
    /// Scripts that root runs while a container is built.
    #[validate(nested)]
    pub hooks: Option<HooksSection>,
    /// Scripts around jobs and services, carried as they are.
    #[validate(nested)]
    pub script: Vec<ScriptSection>,
    /// Accelerators.
    #[validate(nested)]
    pub gpu: Option<GpuSection>,
    /// The high-speed network.
    #[validate(nested)]
    pub fabric: Option<FabricSection>,
    /// Modules, by name.
    #[validate(nested)]
    pub module: BTreeMap<String, ModuleSection>,
    /// The service that pulls images.
    #[validate(nested)]
    pub gateway: Option<GatewaySection>,
    /// The systems that a gateway of its own serves, by their `site.name`.
    #[validate(nested)]
    pub platform: BTreeMap<String, PlatformSection>,
    /// Where images come from, by host name.
    #[validate(nested)]
    pub registry: BTreeMap<String, RegistrySection>,
    /// What the host's file systems are, by mount point.
    #[validate(nested)]
    pub storage: BTreeMap<String, StorageSection>,
    /// Where users come from.
    #[validate(nested)]
    pub identity: Option<IdentitySection>,
    /// The workload manager.
    #[validate(nested)]
    pub wlm: Option<WlmSection>,
    /// Kinds of nodes, by name.
    #[validate(nested)]
    pub class: BTreeMap<String, ClassSection>,
    /// Which images the site takes.
    #[validate(nested)]
    pub policy: Option<PolicySection>,
    /// Where rendered files go and who owns them.
    pub install: Option<InstallSection>,
    /// Choices of `shifter-site render`.
    #[validate(nested)]
    pub render: Option<RenderSection>,
    /// How strict `shifter-site check` is.
    #[validate(nested)]
    pub lint: Option<LintSection>,
    /// Keys of the rendered files that this tool does not model.
    #[validate(nested)]
    pub extra: Option<ExtraSection>,
}

/// What a profile describes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A system with its nodes, and perhaps its own gateway.
    #[default]
    System,
    /// A gateway that serves other systems.
    Gateway,
}

#[cfg(test)]
mod tests;
