//! What containers on the nodes of a class are like: all that `udiRoot.conf` says.

use super::class::Class;
use super::env::Env;
use super::filesystem::{Filesystem, Link, parents};
use super::module::Module;
use super::resolve::Resolver;
use crate::diagnostic::KeyPath;
use crate::profile::section::scalar::AbsPath;
use crate::profile::section::{self, Phase, PopulateEtc, ResolveAt, UserNamespaces};
use crate::target;

/// What containers on the nodes of a class are like.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where things are mounted.
    pub paths: Paths,
    /// Programs that root runs. None for the native runtime, which runs no helper.
    pub tools: Option<Tools>,
    /// `mkfs.xfs`, for per-node caches.
    pub mkfs_xfs: Option<String>,
    /// `mkfs.ext4`, for those with ext4.
    pub mkfs_ext4: Option<String>,
    /// Where the users of jobs are, looked up before.
    pub identity_path: Option<String>,
    /// Where images come from.
    pub images: Images,
    /// How a container is built.
    pub runtime: Runtime,
    /// Where `/etc` comes from.
    pub etc: Etc,
    /// Kernel modules.
    pub kernel_modules: KernelModules,
    /// The site's environment.
    pub env: Env,
    /// The mounts, in order.
    pub filesystems: Vec<Filesystem>,
    /// The links, in order.
    pub links: Vec<Link>,
    /// The script before the mounts.
    pub premount: Hook,
    /// The script after the mounts.
    pub postmount: Hook,
    /// The modules, by name and version.
    pub modules: Vec<Module>,
    /// The modules of users who name none.
    pub default_modules: Vec<String>,
    /// The workload manager, as written: its files have no defaults that depend on anything else.
    pub wlm: section::WlmSection,
    /// Whether a node never runs two users' jobs at once.
    pub exclusive: bool,
    /// Where the driver's files appear, for releases that know it.
    pub site_resources: Option<String>,
    /// Where clients find the gateway.
    pub endpoints: Vec<String>,
    /// Seconds a client waits for one of them.
    pub gateway_timeout: Option<u64>,
    /// Who signed the certificates of `https` endpoints.
    pub gateway_ca: Option<String>,
}

/// Where things are mounted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// The container's root.
    pub udi_mount: String,
    /// The image.
    pub loop_mount: String,
    /// Site software for every container.
    pub opt_udi_image: Option<String>,
    /// The mount helper of a patched original.
    pub mount_command: Option<String>,
}

/// Programs that the original runs as root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tools {
    /// modprobe(8)
    pub modprobe: String,
    /// insmod(8)
    pub insmod: String,
    /// cp(1)
    pub cp: String,
    /// mv(1)
    pub mv: String,
    /// chmod(1)
    pub chmod: String,
    /// dd(1)
    pub dd: String,
}

/// Where images are and what they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Images {
    /// The directory.
    pub path: String,
    /// The type of a reference without one.
    pub default_type: String,
    /// Whose files root trusts there. Native only.
    pub owner: Option<String>,
}

/// How a container is built. An option that is none is left to the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runtime {
    /// The file system of the root; none for the native runtime.
    pub rootfs: Option<String>,
    /// Bytes the root may take.
    pub rootfs_size: Option<u64>,
    /// Leave the root writable.
    pub writable_root: Option<bool>,
    /// Group memberships that are written.
    pub max_groups: u32,
    /// Look users up through the C library.
    pub libc_passwd_calls: Option<bool>,
    /// Make `/etc` at each start.
    pub populate_etc_dynamically: Option<bool>,
    /// Further users of a dynamic passwd.
    pub import_users: Vec<String>,
    /// Directories of the host as images.
    pub allow_local_chroot: Option<bool>,
    /// `private` or `slave`.
    pub propagation: Option<String>,
    /// Where per-node caches lie, and their bounds.
    pub per_node_cache: Option<(Option<String>, Option<u64>, Vec<String>)>,
    /// Deny user namespaces.
    pub user_namespaces: Option<UserNamespaces>,
    /// `site`, `image`, `none` or a path.
    pub home: Option<String>,
    /// Variables of the caller that survive.
    pub keep_env: Vec<String>,
    /// Paths that users may not mount over.
    pub deny: Vec<String>,
    /// The file of what is forbidden for the moment.
    pub deny_file: Option<String>,
}

/// Where `/etc` of containers comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Etc {
    /// The directory. None where it is made at each start and the program needs no directory.
    pub path: Option<String>,
    /// How passwd and group are kept up to date.
    pub refresh: Option<section::Refresh>,
}

/// Kernel modules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelModules {
    /// Loaded by the runtime, where it can.
    pub autoload: Option<bool>,
    /// Where it finds them.
    pub base_path: Option<String>,
    /// Loaded at boot or by the prologue.
    pub preload: Vec<String>,
    /// Loop devices.
    pub max_loop: Option<u32>,
}

/// A script of root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hook {
    /// Before or after the mounts.
    pub phase: Phase,
    /// Where it is installed.
    pub path: String,
    /// Who writes it.
    pub kept_by: Keeper,
    /// Directories it makes, relative to the container's root.
    pub parents: Vec<String>,
    /// A file whose lines follow.
    pub extra: Option<String>,
    /// A file that is carried whole, and the sha256 it must have.
    pub script: Option<(String, Option<String>)>,
}

/// Who writes the script of a hook.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keeper {
    /// It is rendered, or carried with the profile.
    #[default]
    Us,
    /// The site keeps it where it is.
    Site,
    /// There is none, whatever mounts and links call for.
    Nobody,
}

impl Hook {
    /// Whether the site wrote anything for it itself.
    #[must_use]
    pub fn has_own(&self) -> bool {
        self.extra.is_some() || self.script.is_some()
    }
}

impl Resolver<'_> {
    pub(super) fn node(&mut self, name: &str, class: Option<&Class>) -> Node {
        let profile = self.profile;
        let config = self.config();
        let filesystems = self.filesystems(&KeyPath::from("filesystem"), &profile.filesystem, class);
        let links = self.links(class);
        let gateway = profile.gateway.as_ref();
        if gateway.is_none_or(|gateway| gateway.endpoints.is_empty()) && !name.is_empty() {
            self.missing("gateway.endpoints", "endpoints = [\"http://gateway:5000\"]");
        }
        let modules = self.modules(class);
        let site_resources = profile.gpu.as_ref().and_then(|gpu| gpu.site_resources.as_ref());
        Node {
            paths: self.node_paths(),
            tools: if self.target.is_native() { None } else { Some(self.tools()) },
            mkfs_xfs: {
                let tools = profile.paths.as_ref().and_then(|p| p.tools.as_ref());
                self.path("paths.tools.mkfs_xfs", tools.and_then(|t| t.mkfs_xfs.as_ref()))
            },
            mkfs_ext4: {
                let tools = profile.paths.as_ref().and_then(|p| p.tools.as_ref());
                self.path("paths.tools.mkfs_ext4", tools.and_then(|t| t.mkfs_ext4.as_ref()))
            },
            identity_path: self.identity_path(),
            images: self.images(),
            runtime: self.runtime(class),
            etc: self.etc(&config),
            kernel_modules: self.kernel_modules(),
            env: Env::with_proxy(profile, profile.env.as_ref()),
            premount: self.hook(Phase::Premount, &config, &filesystems, &links),
            postmount: self.hook(Phase::Postmount, &config, &filesystems, &links),
            wlm: profile.wlm.clone().unwrap_or_default(),
            exclusive: profile.scale.as_ref().is_some_and(|scale| scale.exclusive_nodes == Some(true)),
            default_modules: self.default_modules(&modules),
            modules,
            filesystems,
            links,
            site_resources: self.path("gpu.site_resources", site_resources),
            endpoints: gateway.map(|g| g.endpoints.iter().map(ToString::to_string).collect()).unwrap_or_default(),
            gateway_timeout: gateway.and_then(|g| g.timeout.as_ref()).map(section::scalar::Duration::seconds),
            gateway_ca: self.path("gateway.ca_certificate", gateway.and_then(|g| g.ca_certificate.as_ref())),
        }
    }

    fn node_paths(&mut self) -> Paths {
        let written = self.profile.paths.clone().unwrap_or_default();
        Paths {
            udi_mount: self.path_or("paths.udi_mount", written.udi_mount.as_ref(), "/var/udiMount"),
            loop_mount: self.path_or("paths.loop_mount", written.loop_mount.as_ref(), "/var/udiLoopMount"),
            opt_udi_image: self.path("paths.opt_udi_image", written.opt_udi_image.as_ref()),
            mount_command: self.path("paths.mount_command", written.mount_command.as_ref()),
        }
    }

    fn tools(&mut self) -> Tools {
        let written = self.profile.paths.as_ref().and_then(|p| p.tools.clone()).unwrap_or_default();
        let dirs = target::tool_dirs(self.os());
        let mut tool = |name: &str, path: &Option<AbsPath>, dir: &str| {
            self.path_or(&format!("paths.tools.{name}"), path.as_ref(), &format!("{dir}/{name}"))
        };
        Tools {
            modprobe: tool("modprobe", &written.modprobe, dirs.system),
            insmod: tool("insmod", &written.insmod, dirs.system),
            cp: tool("cp", &written.cp, dirs.user),
            mv: tool("mv", &written.mv, dirs.user),
            chmod: tool("chmod", &written.chmod, dirs.user),
            dd: tool("dd", &written.dd, dirs.user),
        }
    }

    fn images(&mut self) -> Images {
        let written = self.profile.images.clone().unwrap_or_default();
        Images {
            path: self.image_path(),
            default_type: written.default_type.unwrap_or_else(|| "docker".to_owned()),
            owner: if self.target.is_native() { Some(self.image_owner()) } else { None },
        }
    }

    /// The directory of images, which a system must name.
    pub(super) fn image_path(&mut self) -> String {
        match self.profile.images.as_ref().and_then(|images| images.path.as_ref()) {
            Some(path) => self.absolute("images.path", path),
            None => {
                self.missing("images.path", "path = \"/shared/shifter/images\"");
                String::new()
            }
        }
    }

    /// Who owns image files: what is written, else the gateway's user.
    pub(super) fn image_owner(&self) -> String {
        let written = self.profile.images.as_ref().and_then(|images| images.owner.as_ref());
        let user = self.profile.gateway.as_ref().and_then(|gateway| gateway.user.as_ref());
        written.or(user).map_or("shifter", |name| name.as_str()).to_owned()
    }

    fn runtime(&mut self, class: Option<&Class>) -> Runtime {
        let written = self.profile.runtime.clone().unwrap_or_default();
        let is_native = self.target.is_native();
        let has_etc = self.profile.etc.as_ref().is_some_and(|etc| etc.path.is_some());
        let dynamic = match written.populate_etc {
            Some(how) => Some(how == PopulateEtc::Dynamic),
            None => (is_native && !has_etc).then_some(true),
        };
        let cache = written.per_node_cache.map(|cache| {
            let path = self.path("runtime.per_node_cache.path", cache.path.as_ref());
            (path, cache.size_limit.map(|size| size.bytes()), cache.fs)
        });
        Runtime {
            rootfs: if is_native {
                None
            } else {
                Some(written.rootfs.unwrap_or_else(|| target::rootfs(self.os()).to_owned()))
            },
            rootfs_size: written.rootfs_size.map(|size| size.bytes()),
            writable_root: written.writable_root,
            max_groups: written.max_groups.unwrap_or(31),
            libc_passwd_calls: written.libc_passwd_calls.or_else(|| (dynamic == Some(true)).then_some(true)),
            populate_etc_dynamically: dynamic,
            import_users: written.import_users.iter().map(ToString::to_string).collect(),
            allow_local_chroot: written.allow_local_chroot,
            propagation: written.propagation,
            per_node_cache: cache,
            user_namespaces: written.user_namespaces,
            home: written.home,
            keep_env: self.keep_env(class),
            deny: written
                .deny
                .iter()
                .enumerate()
                .map(|(n, path)| self.absolute(KeyPath::from("runtime.deny").index(n), path))
                .collect(),
            deny_file: self.path("runtime.deny_file", written.deny_file.as_ref()),
        }
    }

    fn etc(&mut self, config: &str) -> Etc {
        let written = self.profile.etc.clone().unwrap_or_default();
        let default = format!("{config}/shifter_etc_files");
        let path = match self.path("etc.path", written.path.as_ref()) {
            None if !self.target.is_native() => Some(default),
            found => found,
        };
        Etc { path, refresh: written.refresh }
    }

    /// Natively, where users are looked up before a job.
    fn identity_path(&mut self) -> Option<String> {
        let written = self.profile.identity.clone().unwrap_or_default();
        let path = self.path("identity.path", written.path.as_ref());
        let is_before = matches!(written.resolve_at, Some(ResolveAt::Submit | ResolveAt::Prolog));
        (is_before && self.target.is_native()).then(|| path.unwrap_or_else(|| "/run/shifter/identity".to_owned()))
    }

    fn kernel_modules(&mut self) -> KernelModules {
        let written = self.profile.kernel_modules.clone().unwrap_or_default();
        KernelModules {
            autoload: written.autoload,
            base_path: self.path("kernel_modules.base_path", written.base_path.as_ref()),
            preload: written.preload,
            max_loop: written.max_loop,
        }
    }

    fn hook(&mut self, phase: Phase, config: &str, mounts: &[Filesystem], links: &[Link]) -> Hook {
        let hooks = self.profile.hooks.as_ref();
        let (name, written) = match phase {
            Phase::Premount => ("premount", hooks.and_then(|hooks| hooks.premount.clone())),
            Phase::Postmount => ("postmount", hooks.and_then(|hooks| hooks.postmount.clone())),
        };
        let written = written.unwrap_or_default();
        let links = links.iter().filter(|link| link.phase == phase).map(|link| link.link.as_str());
        // Before the mounts, their own places need parents too.
        let places: Vec<&str> = match phase {
            Phase::Premount => mounts.iter().map(|mount| mount.target.as_str()).chain(links).collect(),
            Phase::Postmount => links.collect(),
        };
        Hook {
            phase,
            kept_by: match (written.render, &written.path) {
                (Some(false), Some(_)) => Keeper::Site,
                (Some(false), None) => Keeper::Nobody,
                _ => Keeper::Us,
            },
            path: self.path_or(&format!("hooks.{name}.path"), written.path.as_ref(), &format!("{config}/{name}.sh")),
            parents: parents(places.into_iter(), mounts),
            extra: written.extra,
            script: written.script.and_then(|script| Some((script.file?, script.sha256))),
        }
    }
}
