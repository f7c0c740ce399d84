//! KMOD rules about versions that load kernel modules themselves.

use crate::diagnostic::{Category::*, Edit, Fix, KeyPath, Severity::*};
use crate::lint::rule::{Fact, Impact, Repair, Targets, id, rule};
use crate::lint::ver::keys::has_patch;
use crate::lint::{Check, View};
use crate::target::Target;

/// Versions that load kernel modules themselves.
const LOADING: &[Target] = &[Target::V1608, Target::V1608Gpu, Target::V1704];

fn loads(view: &View<'_>) -> bool {
    view.kernel().autoload == Some(true)
}

rule! {
    /// The runtime is to load kernel modules and does not know from where.
    ///
    /// # What it checks
    /// Before 18.03, `kernel_modules.autoload = true` comes with `base_path`.
    ///
    /// # Why is this bad
    /// When modprobe does not find a module, the runtime looks below `kmodBasePath`. Without one the start fails (udiRoot.conf.example).
    ///
    /// # Bad
    /// ```toml
    /// [target]
    /// shifter = "17.04"
    ///
    /// [gateway.broker]
    /// uri = "redis://localhost/"
    /// password = { file = "secrets/redis" }
    ///
    /// [kernel_modules]
    /// autoload = true
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [target]
    /// shifter = "17.04"
    ///
    /// [gateway.broker]
    /// uri = "redis://localhost/"
    /// password = { file = "secrets/redis" }
    ///
    /// [kernel_modules]
    /// autoload = true
    /// base_path = "/lib/modules"
    /// ```
    ///
    /// # Fix
    /// `--fix` writes `/lib/modules`.
    pub(crate) static BASE_PATH_REQUIRED = {
        id: id("KMOD001", "base-path-required", Error, Correctness),
        impact: Impact::OneStart,
        targets: Targets::Only(LOADING),
        fix: Repair::Safe,
        source: "udiRoot.conf.example of 16.08.3",
        check: Check::View(|view, out| {
            if loads(view) && view.kernel().base_path.is_none() {
                let at = KeyPath::from("kernel_modules.base_path");
                out.report("the runtime does not know where kernel modules are", |finding| {
                    finding
                        .at("kernel_modules.autoload", "")
                        .help("write `base_path = \"/lib/modules\"`")
                        .fix(Fix::safe("write /lib/modules", vec![Edit::set(at, "/lib/modules")]))
                });
            }
        }),
    }
}

rule! {
    /// The path of kernel modules holds the kernel's version twice.
    ///
    /// # What it checks
    /// `kernel_modules.base_path` does not end in a kernel version.
    ///
    /// # Why is this bad
    /// The runtime appends the version of the running kernel itself.
    ///
    /// # Bad
    /// ```toml
    /// [target]
    /// shifter = "17.04"
    ///
    /// [gateway.broker]
    /// uri = "redis://localhost/"
    /// password = { file = "secrets/redis" }
    ///
    /// [kernel_modules]
    /// autoload = true
    /// base_path = "/lib/modules/3.0.101-0.46.1_1.0502.8871-cray_gem_c"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [target]
    /// shifter = "17.04"
    ///
    /// [gateway.broker]
    /// uri = "redis://localhost/"
    /// password = { file = "secrets/redis" }
    ///
    /// [kernel_modules]
    /// autoload = true
    /// base_path = "/lib/modules"
    /// ```
    ///
    /// # Fix
    /// `--fix` cuts the version.
    pub(crate) static BASE_PATH_VERSION = {
        id: id("KMOD002", "base-path-version", Error, Correctness),
        impact: Impact::OneStart,
        targets: Targets::Only(LOADING),
        fix: Repair::Safe,
        source: "loadKernelModule in shifter_core.c of 16.08.3",
        check: Check::View(|view, out| {
            let Some(path) = view.kernel().base_path.as_ref() else { return };
            let Some((parent, last)) = path.as_str().rsplit_once('/') else { return };
            if is_a_kernel_version(last) {
                let at = KeyPath::from("kernel_modules.base_path");
                out.report("the runtime appends the kernel's version itself", |finding| {
                    finding
                        .at(at.clone(), "")
                        .help(format!("write `{parent}`"))
                        .fix(Fix::safe("cut the version", vec![Edit::set(at, parent)]))
                });
            }
        }),
    }
}

/// Whether a name begins like `3.0.101`.
fn is_a_kernel_version(name: &str) -> bool {
    let mut parts = name.split(['.', '-']);
    let mut is_number =
        || parts.next().is_some_and(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    is_number() && is_number() && is_number()
}

rule! {
    /// The runtime looks for kernel modules where no kernel puts them.
    ///
    /// # What it checks
    /// 16.08 with `kernel_modules.autoload` and a `base_path` has the patch `kmod-kernel-subdir`.
    ///
    /// # Why is this bad
    /// Unpatched, 16.08 looks for `fs/squashfs/squashfs.ko` below the version, and kernels install it below `kernel/` (L5).
    ///
    /// # Bad
    /// ```toml
    /// [target]
    /// shifter = "16.08"
    ///
    /// [gateway.broker]
    /// uri = "redis://localhost/"
    /// password = { file = "secrets/redis" }
    ///
    /// [kernel_modules]
    /// autoload = true
    /// base_path = "/lib/modules"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [target]
    /// shifter = "16.08"
    /// patches = ["kmod-kernel-subdir"]
    ///
    /// [gateway.broker]
    /// uri = "redis://localhost/"
    /// password = { file = "secrets/redis" }
    ///
    /// [kernel_modules]
    /// autoload = true
    /// base_path = "/lib/modules"
    /// ```
    pub(crate) static KERNEL_SUBDIR = {
        id: id("KMOD003", "kernel-subdir", Error, Compatibility),
        impact: Impact::OneStart,
        targets: Targets::Only(&[Target::V1608, Target::V1608Gpu]),
        source: "L5; loadKernelModule in shifter_core.c",
        check: Check::View(|view, out| {
            if loads(view) && view.kernel().base_path.is_some() && !has_patch(view, "kmod-kernel-subdir") {
                out.at(
                    "kernel_modules.base_path",
                    "unpatched 16.08 leaves out the directory `kernel` below the version",
                    "apply the patch `kmod-kernel-subdir`, or load the modules at boot with `preload`",
                );
            }
        }),
    }
}

rule! {
    /// The runtime is to load kernel modules and no longer does.
    ///
    /// # What it checks
    /// From 18.03 on, `kernel_modules.autoload` and `base_path` are not written.
    ///
    /// # Why is this bad
    /// 18.03 prints IGNORING at every start and loads nothing.
    ///
    /// # Bad
    /// ```toml
    /// [kernel_modules]
    /// autoload = true
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [kernel_modules]
    /// preload = ["loop", "squashfs"]
    /// ```
    ///
    /// # Fix
    /// `--fix` removes the keys.
    pub(crate) static AUTOLOAD_OBSOLETE = {
        id: id("KMOD004", "autoload-obsolete", Warn, Compatibility),
        impact: Impact::Untidy,
        targets: Targets::Except(LOADING),
        fix: Repair::Safe,
        source: "run against 18.03",
        check: Check::View(|view, out| {
            let kernel = view.kernel();
            let written = [("kernel_modules.autoload", loads(view)), ("kernel_modules.base_path", kernel.base_path.is_some())];
            for (at, _) in written.into_iter().filter(|(_, is_written)| *is_written) {
                out.report("the installed runtime loads no kernel modules", |finding| {
                    finding
                        .at(at, "")
                        .help("name them in `preload`")
                        .fix(Fix::safe("drop the key", vec![Edit::remove(at)]))
                });
            }
        }),
    }
}

rule! {
    /// Containers that start at once race to load the loop module.
    ///
    /// # What it checks
    /// Before 18.03, with `kernel_modules.autoload` and several containers on a node, `preload` holds `loop`.
    ///
    /// # Why is this bad
    /// The first starts all load it, and without `max_loop` it makes no devices at once: some of them find none (Leong et al. 2018, section V).
    ///
    /// # Bad
    /// ```toml
    /// [target]
    /// shifter = "17.04"
    ///
    /// [gateway.broker]
    /// uri = "redis://localhost/"
    /// password = { file = "secrets/redis" }
    ///
    /// [scale]
    /// containers_per_node = 32
    ///
    /// [kernel_modules]
    /// autoload = true
    /// base_path = "/lib/modules"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [target]
    /// shifter = "17.04"
    ///
    /// [gateway.broker]
    /// uri = "redis://localhost/"
    /// password = { file = "secrets/redis" }
    ///
    /// [scale]
    /// containers_per_node = 32
    ///
    /// [kernel_modules]
    /// autoload = true
    /// base_path = "/lib/modules"
    /// preload = ["loop", "squashfs"]
    /// ```
    ///
    /// # Fix
    /// `--fix` preloads both modules.
    pub(crate) static AUTOLOAD_RACE = {
        id: id("KMOD005", "autoload-race", Warn, Scale),
        fix: Repair::Safe,
        impact: Impact::OneStart,
        targets: Targets::Only(LOADING),
        needs: &[Fact::Scale],
        source: "Leong et al. 2018, section V",
        check: Check::View(|view, out| {
            let several = view.scale().containers_per_node.is_some_and(|containers| containers > 1);
            if several && loads(view) && !view.kernel().preload.iter().any(|module| module == "loop") {
                let mut all: Vec<&str> = view.kernel().preload.iter().map(String::as_str).collect();
                all.insert(0, "loop");
                if !all.contains(&"squashfs") {
                    all.push("squashfs");
                }
                out.report("the first containers of a node race to load `loop`", |finding| {
                    finding
                        .at("kernel_modules.autoload", "")
                        .help("write `preload = [\"loop\", \"squashfs\"]`")
                        .fix(Fix::safe("preload them", vec![Edit::set("kernel_modules.preload", all)]))
                });
            }
        }),
    }
}
