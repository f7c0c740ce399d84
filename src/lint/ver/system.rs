//! VER rules about the system that the software is installed on.

use crate::diagnostic::{Category::*, Edit, Fix, KeyPath, Severity::*};
use crate::lint::rule::{Impact, Repair, Targets, id, rule};
use crate::lint::ver::keys::has_patch;
use crate::lint::{Check, Findings, View};
use crate::profile::section::Init;
use crate::profile::section::scalar::Version;
use crate::target::Target;

/// Patches that this tool knows and the targets they are for.
const PATCHES: [(&str, &[Target]); 2] = [
    ("mount-cmd", &[Target::V1608, Target::V1608Gpu, Target::V1704, Target::V1803, Target::Master]),
    ("kmod-kernel-subdir", &[Target::V1608, Target::V1608Gpu, Target::V1704]),
];

/// Systems without systemd, and those with nothing else.
const WITHOUT_SYSTEMD: [&str; 3] = ["cle5", "el6", "sles11"];
const WITH_SYSTEMD: [&str; 7] = ["cle6", "cle7", "el7", "el8", "el9", "sles12", "sles15"];

rule! {
    /// Shifter 16.08 is installed where it does not look for its own programs.
    ///
    /// # What it checks
    /// For 16.08 and 16.08-gpu, `paths.prefix` lies in `/usr`, or there is the patch `mount-cmd`.
    ///
    /// # Why is this bad
    /// 16.08 has the path of its mount helper compiled in. At another prefix the helper is not found, and no image can be mounted, unless
    /// the runtime was built for that prefix or has the key `mountCmd` (Leong et al. 2018, section II-B).
    ///
    /// # Bad
    /// ```toml
    /// [target]
    /// shifter = "16.08"
    ///
    /// [paths]
    /// prefix = "/opt/shifter/16.08.3"
    ///
    /// [gateway.broker]
    /// uri = "redis://localhost/"
    /// password = { file = "secrets/redis" }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [target]
    /// shifter = "16.08"
    /// patches = ["mount-cmd"]
    ///
    /// [paths]
    /// prefix = "/opt/shifter/16.08.3"
    /// mount_command = "/opt/shifter/16.08.3/libexec/mount"
    ///
    /// [gateway.broker]
    /// uri = "redis://localhost/"
    /// password = { file = "secrets/redis" }
    /// ```
    pub(crate) static RELOCATED_PREFIX = {
        id: id("VER005", "relocated-prefix", Error, Compatibility),
        impact: Impact::OneStart,
        targets: Targets::Only(&[Target::V1608]),
        source: "Leong et al. 2018, section II-B(1)",
        check: Check::View(|view, out| {
            let prefix = view.paths().prefix.as_ref().filter(|prefix| !crate::lint::paths::is_or_lies_in(prefix.as_str(), "/usr"));
            if let Some(prefix) = prefix.filter(|_| !has_patch(view, "mount-cmd")) {
                out.at(
                    "paths.prefix",
                    format!("16.08 looks for its mount helper where it was built for, not in `{prefix}`"),
                    "build it for this prefix and suppress this finding, or apply the patch `mount-cmd`",
                );
            }
        }),
    }
}

rule! {
    /// Services are described for another init than the system has.
    ///
    /// # What it checks
    /// `target.init` suits `target.os`: `sysv` on `cle5`, `el6` and `sles11`, `systemd` on `cle6`, `cle7`, `el7` and later, `sles12` and later.
    ///
    /// # Why is this bad
    /// The rendered files are never read: no service starts at boot.
    ///
    /// # Bad
    /// ```toml
    /// [target]
    /// os = "cle5.2"
    /// init = "systemd"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [target]
    /// os = "cle5.2"
    /// init = "sysv"
    /// ```
    ///
    /// # Fix
    /// `--fix` writes the system's own.
    pub(crate) static INIT_MISMATCH = {
        id: id("VER013", "init-mismatch", Error, Compatibility),
        impact: Impact::EveryStart,
        fix: Repair::Safe,
        source: "Leong et al. 2018, section III-D",
        check: Check::View(init_mismatch),
    }
}

fn init_mismatch(view: &View<'_>, out: &mut Findings<'_>) {
    let installed = view.installed();
    let (Some(os), Some(init)) = (installed.os.as_deref(), installed.init) else { return };
    let is_one_of = |list: &[&str]| list.iter().any(|name| os == *name || os.starts_with(&format!("{name}.")));
    let wanted = match init {
        Init::Systemd if is_one_of(&WITHOUT_SYSTEMD) => "sysv",
        Init::Sysv if is_one_of(&WITH_SYSTEMD) => "systemd",
        _ => return,
    };
    out.report(format!("`{os}` starts its services with {wanted}"), |finding| {
        finding
            .at("target.init", "")
            .also("target.os", "the system")
            .help(format!("write `init = \"{wanted}\"`"))
            .fix(Fix::safe(format!("use {wanted}"), vec![Edit::set("target.init", wanted)]))
    });
}

rule! {
    /// A patch is named that this tool does not know, or that the installed version cannot have.
    ///
    /// # What it checks
    /// Each entry of `target.patches` is `mount-cmd` (not for native) or `kmod-kernel-subdir` (16.08 to 17.04).
    ///
    /// # Why is this bad
    /// The name decides which keys are written. A name that is not known decides nothing.
    ///
    /// # Bad
    /// ```toml
    /// [target]
    /// patches = ["mount-command"]
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [target]
    /// patches = ["mount-cmd"]
    /// ```
    pub(crate) static PATCH_UNKNOWN = {
        id: id("VER014", "patch-unknown", Error, Compatibility),
        impact: Impact::EveryStart,
        source: "L5, L6, L7",
        check: Check::View(|view, out| {
            let Some(target) = view.target else { return };
            for (n, patch) in view.installed().patches.iter().enumerate() {
                let at = KeyPath::from("target.patches").index(n);
                match PATCHES.iter().find(|(name, _)| name == patch) {
                    None => out.at(at, format!("there is no patch `{patch}`"), "known are `mount-cmd` and `kmod-kernel-subdir`"),
                    Some((_, targets)) if !targets.contains(&target) => {
                        out.at(at, format!("the patch `{patch}` is not for {target}"), "drop it");
                    }
                    Some(_) => {}
                }
            }
        }),
    }
}

rule! {
    /// The native runtime is to run on a kernel that lacks the calls it needs.
    ///
    /// # What it checks
    /// With the native runtime, `kernel` of a class that runs containers is 5.14 or later, where it is written.
    ///
    /// # Why is this bad
    /// The runtime mounts on file descriptors and sets flags on whole trees (open_tree(2), mount_setattr(2)), which older kernels do not offer. It says so and starts
    /// nothing.
    ///
    /// # Bad
    /// ```toml
    /// [target]
    /// shifter = "native"
    ///
    /// [class.compute]
    /// kernel = "4.18.0"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [target]
    /// shifter = "native"
    ///
    /// [class.compute]
    /// kernel = "5.14.0"
    /// ```
    pub(crate) static NATIVE_KERNEL_TOO_OLD = {
        id: id("VER015", "native-kernel-too-old", Error, Compatibility),
        impact: Impact::EveryStart,
        targets: Targets::Only(&[Target::Native]),
        source: "mount_setattr(2), Linux 5.12; the kernels of EL 9 and SLES 15 SP4",
        check: Check::View(|view, out| {
            let Some(class) = view.class.filter(|_| view.runs_containers()) else { return };
            let Some(kernel) = view.profile.class.get(class).and_then(|section| section.kernel.as_ref()) else { return };
            if "5.14".parse::<Version>().is_ok_and(|oldest| kernel.order() < oldest.order()) {
                out.at(
                    KeyPath::from(["class", class, "kernel"]),
                    format!("the native runtime needs Linux 5.14, not {kernel}"),
                    "update these nodes, or keep the original there",
                );
            }
        }),
    }
}
