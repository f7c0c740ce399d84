//! What a profile means: one class of one system, every default decided.
//!
//! A [`Profile`] says what was written; a [`Site`] says what holds. It is made by [`Site::resolve`] or not at all:
//! what is missing and has no default is a finding. An `Option` that is left means that the thing does not exist,
//! never that somebody else has to decide. Paths are absolute here.
//!
//! A profile of `kind = "gateway"` gives a [`Site`] without [`Node`]: [`Site::resolve_gateway`] takes the profiles
//! of the systems it serves.

mod class;
mod database;
mod env;
mod filesystem;
mod gateway;
mod module;
mod node;
mod platform;
mod registry;
mod resolve;
mod script;

pub use class::{Class, primary_class};
pub use database::{Broker, Database};
pub use env::Env;
pub use filesystem::{Filesystem, Link, NodeCache, mount_order};
pub use gateway::{Bind, Gateway, Proxy};
pub use module::Module;
pub use node::{Etc, Hook, Images, Keeper, KernelModules, Node, Paths, Runtime, Tools};
pub use platform::{Access, Platform};
pub use registry::Registry;
pub use script::Script;

use crate::diagnostic::Finding;
use crate::profile::section::{ArtifactKind, ExtraSection, Init, InstallFile, Kind, Profile};
use crate::target::Target;
use resolve::Resolver;
use std::collections::{BTreeMap, BTreeSet};

/// One class of one system, or one gateway.
#[derive(Clone, Debug, PartialEq)]
pub struct Site {
    /// The system's name. A gateway of its own has one too.
    pub name: String,
    /// The name people use.
    pub title: String,
    /// The installed software.
    pub target: Target,
    /// Local patches of it.
    pub patches: Vec<String>,
    /// The nodes' operating system.
    pub os: String,
    /// What starts services.
    pub init: Init,
    /// The directory of the management host that is the nodes' `/`; empty when it is `/` itself.
    pub root: String,
    /// The class; none when the profile has none.
    pub class: Option<Class>,
    /// What is rendered.
    pub artifacts: BTreeSet<ArtifactKind>,
    /// The configuration directory.
    pub config: String,
    /// The installation prefix.
    pub prefix: String,
    /// What containers on these nodes are like. None for a gateway of its own.
    pub node: Option<Node>,
    /// The service, where the profile describes one.
    pub gateway: Option<Gateway>,
    /// Owners, modes and places that differ from the defaults.
    pub install: BTreeMap<String, InstallFile>,
    /// Directories that containers hold open, by their path on the nodes, and where their content is.
    pub trees: BTreeMap<String, String>,
    /// Whether the mount points are made at boot.
    pub boot_dirs: bool,
    /// Scripts around jobs and services, carried as they are.
    pub scripts: Vec<Script>,
    /// Keys that are not modelled.
    pub extra: ExtraSection,
}

impl Site {
    /// What `profile` means for `class`, whose overrides have been applied to it. Without a class, what it means for
    /// the class whose files lie directly in the output directory.
    ///
    /// # Errors
    /// Every required key that is missing, every path that is not absolute, and a class that is not declared.
    pub fn resolve(profile: &Profile, class: Option<&str>) -> Result<Self, Vec<Finding>> {
        Self::build(profile, class, &[])
    }

    /// What a profile of `kind = "gateway"` means, with the profiles of the systems it serves, in order.
    ///
    /// # Errors
    /// As [`Site::resolve`], and a served system that is named twice or has no image directory.
    pub fn resolve_gateway(profile: &Profile, served: &[Profile]) -> Result<Self, Vec<Finding>> {
        Self::build(profile, None, served)
    }

    fn build(profile: &Profile, class: Option<&str>, served: &[Profile]) -> Result<Self, Vec<Finding>> {
        let mut resolver = Resolver::new(profile);
        let class = resolver.class(class);
        let artifacts = class::artifacts(profile, class.as_ref(), resolver.target);
        let is_gateway = profile.kind == Some(Kind::Gateway);
        let name = resolver.name();
        let site = Self {
            title: profile.site.as_ref().and_then(|s| s.title.clone()).unwrap_or_else(|| name.clone()),
            target: resolver.target,
            patches: resolver.patches(),
            os: resolver.os().to_owned(),
            init: profile.target.as_ref().and_then(|t| t.init).unwrap_or_default(),
            root: resolver.root(),
            config: resolver.config(),
            prefix: resolver.prefix(),
            node: if is_gateway { None } else { Some(resolver.node(&name, class.as_ref())) },
            gateway: resolver.gateway(&name, served),
            install: profile.install.as_ref().map(|i| i.files.clone()).unwrap_or_default(),
            trees: resolver.trees(),
            boot_dirs: profile.install.as_ref().and_then(|i| i.boot_dirs).unwrap_or(false),
            scripts: resolver.scripts(class.as_ref()),
            extra: profile.extra.clone().unwrap_or_default(),
            name,
            class,
            artifacts,
        };
        resolver.finish(site)
    }

    /// Whether a kind of file is rendered for this class.
    #[must_use]
    pub fn renders(&self, kind: ArtifactKind) -> bool {
        self.artifacts.contains(&kind)
    }

    /// Whether the files of this class lie directly in the output directory.
    #[must_use]
    pub fn is_primary(&self) -> bool {
        self.class.as_ref().is_none_or(|class| class.is_primary)
    }
}

#[cfg(test)]
mod tests;
