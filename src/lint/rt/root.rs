//! RT rules about the container's root: its file system, what is copied into it, what may replace it.

use crate::diagnostic::{Category::*, Edit, Fix, Severity::*};
use crate::lint::paths::{is_or_lies_in, lies_in};
use crate::lint::rule::{Impact, Repair, Targets, Tier, id, rule};
use crate::lint::{Check, Findings, View};
use crate::target::Target;

rule! {
    /// The container's root is on tmpfs, on nodes where that does not work.
    ///
    /// # What it checks
    /// On CLE 5.2 and 6.0, `runtime.rootfs` is `ramfs` on compute nodes: in the profile itself, in a class named `compute`, and in
    /// classes whose `cray_class` is `default` or `compute`.
    ///
    /// # Why is this bad
    /// The kernel of these compute nodes cannot mount tmpfs for a container's root, and every start fails (manual 5.2). Service
    /// nodes can.
    ///
    /// # Bad
    /// ```toml
    /// [target]
    /// os = "cle6.0"
    ///
    /// [runtime]
    /// rootfs = "tmpfs"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [target]
    /// os = "cle6.0"
    ///
    /// [runtime]
    /// rootfs = "ramfs"
    /// ```
    ///
    /// # Fix
    /// `--fix` writes `ramfs`.
    pub(crate) static ROOTFS_TMPFS_ON_CLE = {
        id: id("RT006", "rootfs-tmpfs-on-cle", Error, Compatibility),
        impact: Impact::OneStart,
        targets: Targets::Except(&[Target::Native]),
        fix: Repair::Safe,
        source: "manual 5.2 rootfsType",
        check: Check::View(|view, out| {
            let is_tmpfs = view.runtime().rootfs.as_deref() == Some("tmpfs");
            if is_tmpfs && (view.is_cle(5) || view.is_cle(6)) && view.has_compute_nodes() {
                out.report("compute nodes of CLE cannot have the container's root on tmpfs", |finding| {
                    finding
                        .at("runtime.rootfs", "")
                        .help("write `ramfs`")
                        .fix(Fix::safe("use ramfs", vec![Edit::set("runtime.rootfs", "ramfs")]))
                });
            }
        }),
    }
}

rule! {
    /// The container's root is to be on a file system that cannot be one.
    ///
    /// # What it checks
    /// `runtime.rootfs` is `tmpfs` or `ramfs`.
    ///
    /// # Why is this bad
    /// The runtime mounts it without a device. Anything else fails at every start.
    ///
    /// # Bad
    /// ```toml
    /// [runtime]
    /// rootfs = "ext4"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [runtime]
    /// rootfs = "tmpfs"
    /// ```
    pub(crate) static ROOTFS_TYPE = {
        id: id("RT007", "rootfs-type", Error, Correctness),
        impact: Impact::OneStart,
        source: "manual 5.2 rootfsType",
        check: Check::View(|view, out| {
            if let Some(rootfs) = view.runtime().rootfs.as_deref().filter(|rootfs| !matches!(*rootfs, "tmpfs" | "ramfs")) {
                out.at("runtime.rootfs", format!("`{rootfs}` cannot hold the container's root"), "use `tmpfs` or `ramfs`");
            }
        }),
    }
}

rule! {
    /// Nothing bounds how much memory the container's root takes.
    ///
    /// # What it checks
    /// With `rootfs = "ramfs"` nothing is copied into the root: `paths.opt_udi_image` and `copy_from` of modules are unset.
    ///
    /// # Why is this bad
    /// A ramfs grows until the node has no memory left, and it cannot be swapped out (Linux, ramfs-rootfs-initramfs). What is
    /// copied is there once for each container of the node.
    ///
    /// # Bad
    /// ```toml
    /// [runtime]
    /// rootfs = "ramfs"
    ///
    /// [paths]
    /// opt_udi_image = "/opt/shifter/udiImage"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [runtime]
    /// rootfs = "tmpfs"
    ///
    /// [paths]
    /// opt_udi_image = "/opt/shifter/udiImage"
    /// ```
    pub(crate) static RAMFS_UNBOUNDED = {
        id: id("RT008", "ramfs-unbounded", Info, Scale),
        impact: Impact::Slow,
        targets: Targets::Except(&[Target::Native]),
        tier: Tier::Strict,
        source: "copyUdiImage in shifter_core.c; Linux documentation of ramfs",
        check: Check::View(ramfs),
    }
}

fn ramfs(view: &View<'_>, out: &mut Findings<'_>) {
    if view.runtime().rootfs.as_deref() != Some("ramfs") {
        return;
    }
    let own = view.paths().opt_udi_image.is_some().then(|| "paths.opt_udi_image".into());
    let modules = view.modules().into_iter().filter(|module| module.table.copy_from.is_some());
    let copied = own.into_iter().chain(modules.map(|module| module.at().key("copy_from")));
    let copied: Vec<_> = copied.collect();
    if !copied.is_empty() {
        out.report("what is copied into a ramfs takes memory without bound", |finding| {
            let finding = finding.at("runtime.rootfs", "has no size").help("keep what is copied small, or bind it");
            copied.into_iter().fold(finding, |finding, at| finding.also(at, "copied into each container"))
        });
    }
}

rule! {
    /// Users may start containers from any directory of the host.
    ///
    /// # What it checks
    /// `runtime.allow_local_chroot` is true only where Slurm's `ccm` needs it.
    ///
    /// # Why is this bad
    /// A user can name a directory with programs of his own as an image, and the checks that the gateway makes when it
    /// converts an image never happen (manual 5.2 and 6.2).
    ///
    /// # Bad
    /// ```toml
    /// [runtime]
    /// allow_local_chroot = true
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [runtime]
    /// allow_local_chroot = false
    /// ```
    ///
    /// # Fix
    /// `--unsafe-fixes` removes the key.
    pub(crate) static LOCAL_CHROOT_ENABLED = {
        id: id("RT016", "local-chroot-enabled", Warn, Security),
        impact: Impact::Exposure,
        fix: Repair::Unsafe,
        source: "manual 5.2 allowLocalChroot and 6.2",
        check: Check::View(|view, out| {
            let ccm = view.wlm().slurm.as_ref().is_some_and(|slurm| slurm.ccm == Some(true));
            if view.runtime().allow_local_chroot == Some(true) && !ccm {
                out.report("users may use any directory of the host as an image", |finding| {
                    finding
                        .at("runtime.allow_local_chroot", "only CCM needs this")
                        .help("remove the key")
                        .fix(Fix::risky("remove the key", vec![Edit::remove("runtime.allow_local_chroot")]))
                });
            }
        }),
    }
}

rule! {
    /// The directory to copy is the empty path, and the whole host is copied.
    ///
    /// # What it checks
    /// `paths.opt_udi_image` is not empty.
    ///
    /// # Why is this bad
    /// The original appends `/` to the value and copies from there, as root: the host's root directory goes into the memory of
    /// every container.
    ///
    /// # Bad
    /// ```toml
    /// [paths]
    /// opt_udi_image = ""
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [paths]
    /// opt_udi_image = "/opt/shifter/udiImage"
    /// ```
    ///
    /// # Fix
    /// `--fix` removes the key.
    pub(crate) static EMPTY_COPY_SOURCE = {
        id: id("RT017", "empty-copy-source", Error, Security),
        impact: Impact::Exposure,
        fix: Repair::Safe,
        source: "shifter_core.c of 16.08.3 line 429",
        check: Check::View(|view, out| {
            if view.paths().opt_udi_image.as_ref().is_some_and(|path| path.as_str().is_empty()) {
                out.report("an empty `opt_udi_image` copies the host's root into every container", |finding| {
                    finding
                        .at("paths.opt_udi_image", "")
                        .help("leave the key out")
                        .fix(Fix::safe("remove the key", vec![Edit::remove("paths.opt_udi_image")]))
                });
            }
        }),
    }
}

rule! {
    /// Something of `/opt/udiImage` is used, and nothing is put there.
    ///
    /// # What it checks
    /// With the original software, `paths.opt_udi_image` is set where the container's ssh daemon is enabled or the site's environment
    /// names a path of `/opt/udiImage` outside `modules`.
    ///
    /// # Why is this bad
    /// The directory stays empty. The ssh daemon does not start, and the search path leads nowhere (manual 6.6). The native
    /// installation brings its own.
    ///
    /// # Bad
    /// ```toml
    /// [env.append]
    /// PATH = ["/opt/udiImage/bin"]
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [env.append]
    /// PATH = ["/opt/udiImage/bin"]
    ///
    /// [paths]
    /// opt_udi_image = "/opt/shifter/udiImage"
    /// ```
    pub(crate) static UDI_IMAGE_MISSING = {
        id: id("RT018", "udi-image-missing", Error, Correctness),
        impact: Impact::OneStart,
        targets: Targets::Except(&[Target::Native]),
        source: "manual 6.6",
        check: Check::View(udi_image),
    }
}

fn udi_image(view: &View<'_>, out: &mut Findings<'_>) {
    if view.paths().opt_udi_image.is_some() {
        return;
    }
    let help = "set `paths.opt_udi_image` to the directory that Shifter installs for it";
    if view.has_sshd() {
        out.at("wlm.sshd.enable", "the container's ssh daemon lies in `/opt/udiImage`, which stays empty", help);
    }
    for env in view.environments() {
        for (at, name, value) in env.values() {
            if value.split(':').any(is_of_the_udi_image) {
                out.at(at, format!("`{name}` leads into `/opt/udiImage`, which stays empty"), help);
            }
        }
    }
}

fn is_of_the_udi_image(path: &str) -> bool {
    is_or_lies_in(path, "/opt/udiImage") && !lies_in(path, "/opt/udiImage/modules")
}

rule! {
    /// Private file systems for nodes are announced, and something they need is missing.
    ///
    /// # What it checks
    /// With `runtime.per_node_cache`, or `per_node_cache` of a file system, there is a `path` for the files, `paths.tools.mkfs_xfs` (for the original) and `xfs` in `kernel_modules.preload`
    /// where that list is written.
    ///
    /// # Why is this bad
    /// The runtime makes a file, formats it with mkfs.xfs and mounts it. Without one of the three, each start that asks for it
    /// fails (manual 5.2).
    ///
    /// # Bad
    /// ```toml
    /// [runtime]
    /// per_node_cache = { path = "/shared/backing" }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [runtime]
    /// per_node_cache = { path = "/shared/backing" }
    ///
    /// [paths.tools]
    /// mkfs_xfs = "/sbin/mkfs.xfs"
    /// ```
    pub(crate) static PER_NODE_CACHE_INCOMPLETE = {
        id: id("RT021", "per-node-cache-incomplete", Error, Correctness),
        impact: Impact::OneStart,
        source: "manual 5.2 perNodeCachePath",
        check: Check::View(per_node_cache),
    }
}

fn per_node_cache(view: &View<'_>, out: &mut Findings<'_>) {
    let cache = view.runtime().per_node_cache.as_ref();
    let user = view.all_mounts().into_iter().find(|mount| mount.entry.per_node_cache.is_some());
    let at = match (cache, user) {
        (Some(_), _) => "runtime.per_node_cache".into(),
        (None, Some(mount)) => mount.at.key("per_node_cache"),
        (None, None) => return,
    };
    let tools = view.paths().tools.as_ref();
    let preload = &view.kernel().preload;
    let mut missing = Vec::new();
    if cache.is_none_or(|cache| cache.path.is_none()) {
        missing.push("`runtime.per_node_cache.path`");
    }
    if !view.is_native() && tools.is_none_or(|tools| tools.mkfs_xfs.is_none()) {
        missing.push("`paths.tools.mkfs_xfs`");
    }
    if !preload.is_empty() && !preload.iter().any(|module| module == "xfs") {
        missing.push("`xfs` in `kernel_modules.preload`");
    }
    if !missing.is_empty() {
        let missing = missing.join(" and ");
        out.at(at, format!("private file systems for nodes also need {missing}"), format!("add {missing}"));
    }
}

rule! {
    /// The propagation of mounts is set to something the runtime does not know.
    ///
    /// # What it checks
    /// `runtime.propagation` is `private` or `slave`.
    ///
    /// # Why is this bad
    /// The original refuses the whole configuration, and does not say why. `shared` would let a container mount on the host.
    ///
    /// # Bad
    /// ```toml
    /// [runtime]
    /// propagation = "shared"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [runtime]
    /// propagation = "slave"
    /// ```
    pub(crate) static PROPAGATION_STYLE = {
        id: id("RT022", "propagation-style", Error, Correctness),
        impact: Impact::EveryStart,
        source: "run against 18.03, mountPropagationStyle",
        check: Check::View(|view, out| {
            let propagation = view.runtime().propagation.as_deref();
            if let Some(other) = propagation.filter(|style| !matches!(*style, "private" | "slave")) {
                out.at("runtime.propagation", format!("`{other}` is no propagation that the runtime knows"), "use `private` or `slave`");
            }
        }),
    }
}
