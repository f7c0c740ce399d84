//! Modules: those of the profile, one for each version, and those that accelerators and the fabric become.

use super::class::{Class, applies};
use super::env::Env;
use super::filesystem::Filesystem;
use super::resolve::Resolver;
use crate::diagnostic::KeyPath;
use crate::profile::section::{Accelerator, Deprecated, EnvSection, ModuleSection, ModuleVersion};
use std::collections::BTreeMap;

/// Site software that is added to a container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Module {
    /// The name users write.
    pub name: String,
    /// One line for those who choose modules.
    pub description: Option<String>,
    /// The last day it may be used.
    pub deprecated_until: Option<String>,
    /// The version to use instead.
    pub replaced_by: Option<String>,
    /// The version, when this is one of several.
    pub version: Option<String>,
    /// The version that the bare name means.
    pub default_version: Option<String>,
    /// Whether it may be loaded, where that is written.
    pub enabled: Option<bool>,
    /// A directory copied into the container.
    pub copy_from: Option<String>,
    /// The mounts it adds, in order.
    pub filesystems: Vec<Filesystem>,
    /// What it does to the environment.
    pub env: Env,
    /// A script run as the user in the container.
    pub user_hook: Option<String>,
    /// A script run as root while the container is built.
    pub root_hook: Option<String>,
    /// Modules that cannot be loaded with it.
    pub conflict: Vec<String>,
    /// Modules that are loaded before it.
    pub requires: Vec<String>,
    /// At most one module of a family is loaded.
    pub family: Option<String>,
    /// Left out where its files are not.
    pub optional: bool,
    /// Devices it adds.
    pub devices: Vec<String>,
    /// Files of the host it adds.
    pub files: Vec<String>,
}

impl Resolver<'_> {
    /// The modules of `class`: those of the profile by name, each followed by its versions, then fabric and accelerators.
    pub(super) fn modules(&mut self, class: Option<&Class>) -> Vec<Module> {
        let profile = self.profile;
        let mut modules = Vec::new();
        for (name, written) in &profile.module {
            if !applies(&written.classes, class) {
                continue;
            }
            let base = self.module(name, written, class);
            let versions: Vec<Module> = written
                .version
                .iter()
                .filter(|(_, version)| applies(&version.classes, class))
                .map(|(number, version)| self.version(name, number, version, class))
                .collect();
            modules.push(Module { default_version: default_version(written), ..base });
            modules.extend(versions);
        }
        // A table that gives only what facts are compared with is no module: it leaves no line in udiRoot.conf.
        let says_something =
            |module: &Module| !module.devices.is_empty() || !module.files.is_empty() || !module.env.set.is_empty();
        if let Some(fabric) = profile.fabric.as_ref().filter(|fabric| applies(&fabric.classes, class)) {
            let module = Some(Module {
                name: "fabric".to_owned(),
                devices: texts(&fabric.devices),
                files: texts(&fabric.files),
                env: Env { set: fabric.env.clone(), ..Env::default() },
                ..Module::default()
            });
            modules.extend(module.filter(says_something));
        }
        let vendors = profile.gpu.as_ref().map(|gpu| gpu.vendors()).unwrap_or_default();
        for (vendor, accelerator) in vendors.into_iter().filter(|(_, a)| applies(&a.classes, class)) {
            modules.extend(Some(accelerator_module(vendor, accelerator)).filter(says_something));
        }
        modules
    }

    fn module(&mut self, name: &str, written: &ModuleSection, class: Option<&Class>) -> Module {
        let at = KeyPath::from(["module", name]);
        let hooks = written.hooks.clone().unwrap_or_default();
        let conflict = self.conflicts(name, written);
        Module {
            name: name.to_owned(),
            description: written.description.clone(),
            deprecated_until: last_day(written.deprecated.as_ref()),
            replaced_by: replacement(written.deprecated.as_ref()),
            enabled: written.enabled,
            copy_from: written.copy_from.as_ref().map(|path| self.absolute(at.clone().key("copy_from"), path)),
            filesystems: self.filesystems(&at.clone().key("filesystem"), &written.filesystem, class),
            env: Env::with_proxy(self.profile, written.env.as_ref()),
            user_hook: hooks.user.as_ref().map(|path| self.absolute(at.clone().key("hooks").key("user"), path)),
            root_hook: hooks.root.as_ref().map(|path| self.absolute(at.key("hooks").key("root"), path)),
            conflict,
            requires: written.requires.clone(),
            family: written.family.clone(),
            optional: written.optional.unwrap_or(false),
            devices: texts(&written.devices),
            files: texts(&written.files),
            version: None,
            default_version: None,
        }
    }

    /// Both ways: what this module names, and every module that names it.
    fn conflicts(&self, name: &str, written: &ModuleSection) -> Vec<String> {
        let mut all = written.conflict.clone();
        for (other, section) in &self.profile.module {
            if section.conflict.iter().any(|c| c == name) && !all.contains(other) {
                all.push(other.clone());
            }
        }
        all
    }

    /// What a version adds: the runtime loads what the module says first.
    fn version(&mut self, name: &str, number: &str, written: &ModuleVersion, class: Option<&Class>) -> Module {
        let at = KeyPath::from(["module", name, "version", number]);
        let mut filesystems = Vec::new();
        let mut libraries = EnvSection::default();
        if let Some(from) = &written.from {
            let from = self.absolute(at.clone().key("from"), from);
            let default = || written.abi.iter().map(|_| "lib".to_owned()).collect();
            let dirs: Vec<String> = written.libraries.clone().unwrap_or_else(default);
            let dirs: Vec<String> = dirs.iter().map(|dir| format!("{from}/{dir}")).collect();
            if !dirs.is_empty() {
                libraries.prepend.insert("LD_LIBRARY_PATH".to_owned(), dirs);
            }
            filesystems.push(Filesystem::read_only(&from));
        }
        filesystems.extend(self.filesystems(&at.key("filesystem"), &written.filesystem, class));
        Module {
            name: name.to_owned(),
            description: written.description.clone(),
            deprecated_until: last_day(written.deprecated.as_ref()),
            replaced_by: replacement(written.deprecated.as_ref()),
            version: Some(number.to_owned()),
            filesystems: super::mount_order(filesystems),
            env: Env::new(Some(&libraries)).then(Env::with_proxy(self.profile, written.env.as_ref())),
            requires: written.requires.clone(),
            ..Module::default()
        }
    }

    /// The modules of users who name none: in the order written, else those marked `default`, by name.
    pub(super) fn default_modules(&self, modules: &[Module]) -> Vec<String> {
        let written = self.profile.runtime.as_ref().map(|runtime| runtime.default_modules.clone()).unwrap_or_default();
        if !written.is_empty() {
            return written;
        }
        let vendors = self.profile.gpu.as_ref().map(|gpu| gpu.vendors()).unwrap_or_default();
        let marked = |name: &str| {
            self.profile.module.get(name).is_some_and(|module| module.default == Some(true))
                || vendors.iter().any(|(vendor, a)| a.default == Some(true) && module_name(vendor, a) == name)
        };
        modules.iter().filter(|m| m.version.is_none() && marked(&m.name)).map(|m| m.name.clone()).collect()
    }

    /// The caller's variables that survive: the site's, and those of fabric, accelerators and modules of `class`.
    pub(super) fn keep_env(&self, class: Option<&Class>) -> Vec<String> {
        let profile = self.profile;
        let mut all = profile.runtime.as_ref().map(|runtime| texts(&runtime.keep_env)).unwrap_or_default();
        let fabric = profile.fabric.iter().filter(|f| applies(&f.classes, class)).flat_map(|f| texts(&f.keep_env));
        let vendors = profile.gpu.as_ref().map(|gpu| gpu.vendors()).unwrap_or_default();
        let gpu = vendors.iter().filter(|(_, a)| applies(&a.classes, class)).flat_map(|(_, a)| texts(&a.keep_env));
        let modules = profile.module.values().filter(|m| applies(&m.classes, class)).flat_map(|m| texts(&m.keep_env));
        for name in fabric.chain(gpu).chain(modules) {
            if !all.contains(&name) {
                all.push(name);
            }
        }
        all
    }
}

/// The version written as default, else the only one, else the highest.
fn default_version(written: &ModuleSection) -> Option<String> {
    let highest = || {
        let parsed =
            written.version.keys().filter_map(|text| text.parse::<crate::profile::section::scalar::Version>().ok());
        parsed.max_by_key(crate::profile::section::scalar::Version::order).map(|version| version.to_string())
    };
    written.default_version.as_ref().map(ToString::to_string).or_else(highest)
}

fn last_day(deprecated: Option<&Deprecated>) -> Option<String> {
    deprecated.and_then(|deprecated| deprecated.until.as_ref()).map(ToString::to_string)
}

fn replacement(deprecated: Option<&Deprecated>) -> Option<String> {
    deprecated.and_then(|deprecated| deprecated.r#use.as_ref()).map(ToString::to_string)
}

fn module_name(vendor: &str, accelerator: &Accelerator) -> String {
    accelerator.module.clone().unwrap_or_else(|| vendor.to_owned())
}

fn accelerator_module(vendor: &str, written: &Accelerator) -> Module {
    let set: BTreeMap<String, String> = written.env.clone();
    Module {
        name: module_name(vendor, written),
        devices: texts(&written.devices),
        files: texts(&written.files),
        env: Env { set, ..Env::default() },
        ..Module::default()
    }
}

fn texts<T: ToString>(list: &[T]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}

impl Filesystem {
    /// A directory of the host, read-only at the same path.
    fn read_only(path: &str) -> Self {
        Self {
            source: path.to_owned(),
            target: path.to_owned(),
            read_only: true,
            recursive: false,
            propagation: None,
            unknown: Vec::new(),
            per_node_cache: None,
            automount: Vec::new(),
            optional: false,
            by_hook: false,
        }
    }
}
