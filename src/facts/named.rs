//! The paths of a node that a profile names, each with the key that names it and what it is for.

use crate::diagnostic::KeyPath;
use crate::profile::section::{ArtifactKind, FilesystemSection, Profile};
use crate::render;
use crate::site::{Access, Hook, Node, Site};
use crate::target::Target;
use shifter_formats::deny;

/// A path that a profile names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The path.
    pub path: String,
    /// The key that names it, or whose default it is.
    pub key: KeyPath,
    /// What it is for.
    pub role: Role,
}

/// What a path is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A program that the original runs as root at each start.
    Tool,
    /// The helper of a patched original that mounts images, as root.
    MountHelper,
    /// A script that root runs while a container is built.
    Hook,
    /// The directory of configuration files, which root reads.
    Config,
    /// `udiRoot.conf`.
    UdiRoot,
    /// The file of what is forbidden for the moment, which root reads at each start.
    Deny,
    /// `imagemanager.json`.
    ImageManager,
    /// The directory whose files become `/etc` of containers.
    Etc,
    /// The directory of images.
    Images,
    /// What is copied into each container.
    Copied,
    /// A directory that containers show.
    Source,
    /// The same, which may be missing.
    OptionalSource,
    /// A single file or library that a module shows.
    File,
    /// The directory of kernel modules that root loads.
    KernelModules,
    /// A directory that the gateway writes.
    GatewayDir,
    /// The certificates of an authority.
    Certificate,
    /// A directory in which the driver's programs are looked for.
    Driver,
    /// A shared library that slurmd loads.
    Plugin,
    /// Where programs are installed.
    Prefix,
    /// A socket or file that services use.
    Service,
}

/// The paths that `profile`, which means `site`, names for its nodes. What other classes of nodes have is left out.
#[must_use]
pub fn named(profile: &Profile, site: &Site) -> Vec<Named> {
    let mut list = List { profile, site, found: Vec::new() };
    list.add(&site.prefix, "paths.prefix", Role::Prefix);
    list.add(&site.config, "paths.config", Role::Config);
    if let Some(node) = site.node.as_ref().filter(|_| site.renders(ArtifactKind::Udiroot)) {
        list.runtime(node);
        list.containers();
        list.workload_manager();
    }
    if site.renders(ArtifactKind::Imagemanager) {
        list.gateway();
    }
    list.found
}

/// Whether an entry for these classes is there on the site's nodes.
fn applies(site: &Site, classes: &[String]) -> bool {
    let is_a = |name: &String| site.class.as_ref().is_some_and(|class| class.is_a.contains(name));
    classes.is_empty() || classes.iter().any(is_a)
}

struct List<'p> {
    profile: &'p Profile,
    site: &'p Site,
    found: Vec<Named>,
}

impl List<'_> {
    fn add(&mut self, path: &str, key: impl Into<KeyPath>, role: Role) {
        let path = path.trim_end_matches('/');
        if path.starts_with('/') && !self.found.iter().any(|known| known.path == path && known.role == role) {
            self.found.push(Named { path: path.to_owned(), key: key.into(), role });
        }
    }

    fn add_some(&mut self, path: Option<&String>, key: impl Into<KeyPath>, role: Role) {
        if let Some(path) = path {
            self.add(path, key, role);
        }
    }

    /// What the runtime runs and reads.
    fn runtime(&mut self, node: &Node) {
        if let Some(tools) = &node.tools {
            let named = [
                ("modprobe", &tools.modprobe),
                ("insmod", &tools.insmod),
                ("cp", &tools.cp),
                ("mv", &tools.mv),
                ("chmod", &tools.chmod),
                ("dd", &tools.dd),
            ];
            for (name, path) in named {
                self.add(path, KeyPath::from(["paths", "tools", name]), Role::Tool);
            }
        }
        self.add_some(node.mkfs_xfs.as_ref(), "paths.tools.mkfs_xfs", Role::Tool);
        self.add_some(node.paths.mount_command.as_ref(), "paths.mount_command", Role::MountHelper);
        self.add_some(node.paths.opt_udi_image.as_ref(), "paths.opt_udi_image", Role::Copied);
        self.add(&format!("{}/udiRoot.conf", self.site.config), "paths.config", Role::UdiRoot);
        if self.site.target == Target::Native {
            let beside = format!("{}/{}", self.site.config, deny::FILE);
            self.add(node.runtime.deny_file.as_ref().unwrap_or(&beside), "runtime.deny_file", Role::Deny);
        }
        for (name, hook) in [("premount", &node.premount), ("postmount", &node.postmount)] {
            self.hook(node, name, hook);
        }
        self.add_some(node.etc.path.as_ref(), "etc.path", Role::Etc);
        self.add(&node.images.path, "images.path", Role::Images);
        let base = node.kernel_modules.base_path.as_ref();
        self.add_some(base, "kernel_modules.base_path", Role::KernelModules);
        self.add_some(node.gateway_ca.as_ref(), "gateway.ca_certificate", Role::Certificate);
    }

    fn hook(&mut self, node: &Node, name: &str, hook: &Hook) {
        if let Some(path) = render::hook_path(self.site, node, hook) {
            self.add(path, KeyPath::from(["hooks", name, "path"]), Role::Hook);
        }
    }

    /// What containers show or copy.
    fn containers(&mut self) {
        let (profile, site) = (self.profile, self.site);
        self.sources(&"filesystem".into(), &profile.filesystem, false);
        for (name, module) in profile.module.iter().filter(|(_, module)| applies(site, &module.classes)) {
            let at = KeyPath::from(["module", name]);
            let optional = module.optional == Some(true);
            if let Some(copy) = module.copy_from.as_ref().filter(|_| !optional) {
                self.add(copy.as_str(), at.clone().key("copy_from"), Role::Copied);
            }
            if let Some(hook) = module.hooks.as_ref().and_then(|hooks| hooks.root.as_ref()) {
                self.add(hook.as_str(), at.clone().key("hooks").key("root"), Role::Hook);
            }
            self.sources(&at.clone().key("filesystem"), &module.filesystem, optional);
            for (n, file) in module.files.iter().enumerate().filter(|(_, file)| !file.as_str().contains('*')) {
                self.add(file.as_str(), at.clone().key("files").index(n), Role::File);
            }
            for (number, version) in module.version.iter().filter(|(_, version)| applies(site, &version.classes)) {
                let at = at.clone().key("version").key(number);
                if let Some(from) = &version.from {
                    let role = if optional { Role::OptionalSource } else { Role::Source };
                    self.add(from.as_str(), at.clone().key("from"), role);
                }
                self.sources(&at.key("filesystem"), &version.filesystem, optional);
            }
        }
        for (n, directory) in profile.gpu.iter().flat_map(|gpu| &gpu.driver_path).enumerate() {
            self.add(directory.as_str(), KeyPath::from("gpu.driver_path").index(n), Role::Driver);
        }
    }

    fn sources(&mut self, at: &KeyPath, list: &[FilesystemSection], optional: bool) {
        let site = self.site;
        for (n, entry) in list.iter().enumerate().filter(|(_, entry)| applies(site, &entry.classes)) {
            let Some(source) = &entry.source else { continue };
            let role = if optional || entry.optional == Some(true) { Role::OptionalSource } else { Role::Source };
            self.add(source.as_str(), at.clone().index(n).key("source"), role);
        }
    }

    /// What the workload manager loads and reads.
    fn workload_manager(&mut self) {
        let Some(wlm) = &self.profile.wlm else { return };
        if let Some(plugin) = &wlm.plugin {
            self.add(plugin.as_str(), "wlm.plugin", Role::Plugin);
        }
    }

    /// What the gateway writes and reads.
    fn gateway(&mut self) {
        let Some(gateway) = &self.site.gateway else { return };
        self.add(&format!("{}/imagemanager.json", self.site.config), "paths.config", Role::ImageManager);
        self.add(&gateway.cache_dir, "gateway.cache_dir", Role::GatewayDir);
        self.add_some(gateway.expand_dir.as_ref(), "gateway.expand_dir", Role::GatewayDir);
        for platform in &gateway.platforms {
            if let Access::Local { image_dir } = &platform.access {
                self.add(image_dir, "images.path", Role::Images);
            }
            self.add_some(platform.munge_socket.as_ref(), "gateway.munge_socket", Role::Service);
            self.add_some(platform.policy_file.as_ref(), "gateway.policy_file", Role::Service);
        }
        self.add_some(gateway.python.as_ref(), "gateway.python", Role::Service);
        self.add_some(gateway.examiner.as_ref(), "gateway.examiner", Role::Service);
        for registry in &gateway.registries {
            let at = KeyPath::from(["registry", registry.name.as_str(), "ca_certificate"]);
            self.add_some(registry.ca_certificate.as_ref(), at, Role::Certificate);
        }
    }
}

impl Role {
    /// Whether root runs what is there, or believes it without asking anybody else.
    #[must_use]
    pub fn is_trusted_by_root(self) -> bool {
        matches!(
            self,
            Self::Tool
                | Self::MountHelper
                | Self::Hook
                | Self::Config
                | Self::UdiRoot
                | Self::Deny
                | Self::ImageManager
                | Self::Etc
                | Self::KernelModules
                | Self::Plugin
        )
    }
}
