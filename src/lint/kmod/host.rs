//! KMOD rules about what nodes really have: loop devices, file systems, user namespaces.

use crate::diagnostic::{Category::*, Severity::*};
use crate::facts::{Facts, Role, Support};
use crate::lint::host::{Seen, each_host};
use crate::lint::rule::{Fact, Impact, Targets, id, rule};
use crate::lint::{Check, Findings, View};
use crate::profile::section::UserNamespaces;
use crate::target::Target;

rule! {
    /// The number of loop devices is set where it has no effect.
    ///
    /// # What it checks
    /// Where `kernel_modules.max_loop` is written, loop is a module on nodes that facts are known of, or the kernel has as many devices already.
    ///
    /// # Why is this bad
    /// A driver that is part of the kernel takes its parameters from the boot line alone (manual 2.3(3)). What is rendered for modprobe is never read.
    ///
    /// # Bad
    /// ```toml
    /// [kernel_modules]
    /// preload = ["loop", "squashfs"]
    /// max_loop = 128
    /// ```
    /// ```json facts.json
    /// { "kernel": { "loop": { "driver": "built-in", "max_loop": 8, "devices": 8 } } }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [kernel_modules]
    /// preload = ["loop", "squashfs"]
    /// max_loop = 128
    /// ```
    /// ```json facts.json
    /// { "kernel": { "loop": { "driver": "loaded", "max_loop": 128, "devices": 128 } } }
    /// ```
    pub(crate) static LOOP_BUILT_IN = {
        id: id("KMOD010", "loop-built-in", Info, Correctness),
        impact: Impact::OneStart,
        needs: &[Fact::Host],
        source: "manual 2.3(3); the kernel's parameters, `loop.max_loop`",
        check: Check::View(|view, out| {
            let Some(wanted) = view.kernel().max_loop else { return };
            each_host(view, out, |facts, seen| {
                let Some(loops) = &facts.kernel.loops else { return };
                let has = loops.max_loop.max(loops.devices).unwrap_or(0);
                if loops.driver == Some(Support::BuiltIn) && has < wanted {
                    let message = format!("loop is part of the kernel, which has {has} devices");
                    let help = format!("write `loop.max_loop={wanted}` on the boot line");
                    seen.push(Seen::new("kernel_modules.max_loop", message, help));
                }
            });
        }),
    }
}

rule! {
    /// Others than root can change the kernel modules that root loads.
    ///
    /// # What it checks
    /// On nodes that facts are known of, `kernel_modules.base_path` belongs to root, and neither group nor others may write there.
    ///
    /// # Why is this bad
    /// Root loads what lies there into the kernel. Nothing is above that.
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
    /// base_path = "/opt/shifter/modules"
    /// ```
    /// ```json facts.json
    /// { "paths": { "/opt/shifter/modules": { "kind": "directory", "uid": 0, "owner": "root", "mode": "0775" } } }
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
    /// base_path = "/opt/shifter/modules"
    /// ```
    /// ```json facts.json
    /// { "paths": { "/opt/shifter/modules": { "kind": "directory", "uid": 0, "owner": "root", "mode": "0755" } } }
    /// ```
    pub(crate) static MODULE_PATH_WRITABLE = {
        id: id("KMOD012", "module-path-writable", Error, Security),
        impact: Impact::Exposure,
        needs: &[Fact::Host],
        source: "insmod(8)",
        check: Check::View(|view, out| each_host(view, out, |facts, seen| {
            for base in view.named_as(Role::KernelModules) {
                if let Some(found) = facts.path(&base.path).filter(|found| found.is_weak()) {
                    let message = format!("`{}` is {}", base.path, found.ownership());
                    seen.push(Seen::new(base.key.clone(), message, "give it to root with mode 0755"));
                }
            }
        })),
    }
}

rule! {
    /// A node has no user namespaces, and the profile counts on them.
    ///
    /// # What it checks
    /// With `runtime.user_namespaces = "host"` written, nodes that facts are known of let users make user namespaces.
    ///
    /// # Why is this bad
    /// Programs in containers that make namespaces of their own (a nested runtime, a browser's sandbox) fail, and so does the runtime where it is not setuid. `user.max_user_namespaces`, Debian's
    /// `kernel.unprivileged_userns_clone` and Ubuntu's `kernel.apparmor_restrict_unprivileged_userns` decide (user_namespaces(7)).
    ///
    /// # Bad
    /// ```toml
    /// [target]
    /// shifter = "native"
    /// os = "el9"
    ///
    /// [runtime]
    /// user_namespaces = "host"
    /// ```
    /// ```json facts.json
    /// { "kernel": { "user_namespaces": { "max": 0 } } }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [target]
    /// shifter = "native"
    /// os = "el9"
    ///
    /// [runtime]
    /// user_namespaces = "host"
    /// ```
    /// ```json facts.json
    /// { "kernel": { "user_namespaces": { "max": 15000 } } }
    /// ```
    pub(crate) static USERNS_SYSCTL = {
        id: id("KMOD013", "userns-sysctl", Warn, Compatibility),
        impact: Impact::OneStart,
        targets: Targets::Only(&[Target::Native]),
        needs: &[Fact::Host],
        source: "user_namespaces(7)",
        check: Check::View(|view, out| {
            if view.runtime().user_namespaces != Some(UserNamespaces::Host) {
                return;
            }
            each_host(view, out, |facts, seen| {
                let Some(limits) = &facts.kernel.user_namespaces else { return };
                let barrier = if limits.max == Some(0) {
                    "user.max_user_namespaces is 0"
                } else if limits.unprivileged_clone == Some(false) {
                    "kernel.unprivileged_userns_clone is 0"
                } else if limits.apparmor_restricts == Some(true) {
                    "kernel.apparmor_restrict_unprivileged_userns is 1"
                } else {
                    return;
                };
                seen.push(Seen::new("runtime.user_namespaces", barrier, "change it with sysctl, or write `deny`"));
            });
        }),
    }
}

rule! {
    /// A node cannot mount what images are made of.
    ///
    /// # What it checks
    /// Nodes that facts are known of have the file system of `images.format`, and the native runtime's overlay, in the kernel or as a module. Where `kernel_modules.preload` does not name a module and the
    /// runtime loads none, it is loaded already.
    ///
    /// # Why is this bad
    /// No image can be mounted, and every container start fails.
    ///
    /// # Bad
    /// ```json facts.json
    /// { "kernel": { "filesystems": { "squashfs": "absent" } } }
    /// ```
    ///
    /// # Good
    /// ```json facts.json
    /// { "kernel": { "filesystems": { "squashfs": "loaded" } } }
    /// ```
    pub(crate) static FILESYSTEM_UNSUPPORTED = {
        id: id("KMOD014", "filesystem-unsupported", Error, Correctness),
        impact: Impact::EveryStart,
        needs: &[Fact::Host],
        source: "filesystems(5); manual 2.3(2)",
        check: Check::View(filesystem_unsupported),
    }
}

fn filesystem_unsupported(view: &View<'_>, out: &mut Findings<'_>) {
    let format = view.images().format.as_deref().unwrap_or("squashfs");
    let needed = [(format, "images.format"), ("overlay", "target.shifter")];
    let needed = &needed[..if view.is_native() { 2 } else { 1 }];
    if view.named_as(Role::UdiRoot).next().is_none() {
        return;
    }
    let loads_itself = view.kernel().autoload == Some(true);
    each_host(view, out, |facts, seen| {
        for (name, key) in needed {
            let is_preloaded = loads_itself || view.kernel().preload.iter().any(|module| module == name);
            match facts.kernel.filesystems.get(*name) {
                Some(Support::Absent) => {
                    let message = format!("the kernel cannot mount {name}");
                    seen.push(Seen::new(
                        *key,
                        message,
                        "install the kernel's further modules (kernel-modules-extra on EL)",
                    ));
                }
                // A mount by root loads the module of its file system (CONFIG_MODULES, request_module).
                Some(Support::Module) if !is_preloaded && !view.is_native() => {
                    let message = format!("{name} is a module that nothing loads");
                    seen.push(Seen::new(*key, message, format!("add \"{name}\" to `kernel_modules.preload`")));
                }
                _ => {}
            }
        }
    });
}

rule! {
    /// A node has no loop device for an image.
    ///
    /// # What it checks
    /// Nodes that facts are known of have the loop driver, and a free device or `/dev/loop-control` to make one.
    ///
    /// # Why is this bad
    /// An image is a file, and is mounted through a loop device (loop(4)). Without one every container start fails.
    ///
    /// # Bad
    /// ```json facts.json
    /// { "kernel": { "loop": { "driver": "loaded", "devices": 8, "in_use": 8, "control": false } } }
    /// ```
    ///
    /// # Good
    /// ```json facts.json
    /// { "kernel": { "loop": { "driver": "loaded", "devices": 8, "in_use": 8, "control": true } } }
    /// ```
    pub(crate) static NO_LOOP_DEVICE = {
        id: id("KMOD015", "no-loop-device", Error, Correctness),
        impact: Impact::EveryStart,
        needs: &[Fact::Host],
        source: "loop(4)",
        check: Check::View(|view, out| {
            if view.named_as(Role::UdiRoot).next().is_some() {
                each_host(view, out, |facts, seen| seen.extend(no_loop_device(facts)));
            }
        }),
    }
}

fn no_loop_device(facts: &Facts) -> Option<Seen> {
    let loops = facts.kernel.loops.as_ref()?;
    let at = "kernel_modules";
    if loops.driver == Some(Support::Absent) {
        return Some(Seen::new(at, "the kernel has no loop devices", "use a kernel with CONFIG_BLK_DEV_LOOP"));
    }
    let (devices, in_use) = (loops.devices?, loops.in_use?);
    let is_loaded = loops.driver.is_none_or(Support::is_ready);
    let message = format!("all {devices} loop devices are in use, and there is no /dev/loop-control to make more");
    let help = "make the device nodes (udev does), or raise `kernel_modules.max_loop`";
    (is_loaded && in_use >= devices && loops.control == Some(false)).then(|| Seen::new(at, message, help))
}
