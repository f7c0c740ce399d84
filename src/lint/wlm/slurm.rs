//! WLM rules about Slurm and the SPANK plugin.

use crate::diagnostic::{Category::*, Edit, Fix, KeyPath, Severity::*};
use crate::lint::rule::{Impact, Repair, Targets, id, rule};
use crate::lint::{Check, Findings, View};
use crate::profile::section::scalar::Version;
use crate::profile::section::{Cgroup, Need};
use crate::target::Target;

rule! {
    /// Slurm does not run the prologue when the plugin needs it.
    ///
    /// # What it checks
    /// Where `wlm.slurm.prolog_flags` is written, it holds `alloc`, and `contain` with `extern_cgroup`. No flag has a blank.
    ///
    /// # Why is this bad
    /// Without `alloc` the container is built by the first srun, and without `contain` there is no extern step to put it into (manual 6.2.1). Slurm takes
    /// a blank for part of the flag.
    ///
    /// # Bad
    /// ```toml
    /// [wlm]
    /// kind = "slurm"
    /// slurm = { prolog_flags = ["contain"] }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [wlm]
    /// kind = "slurm"
    /// slurm = { prolog_flags = ["alloc", "contain"] }
    /// ```
    ///
    /// # Fix
    /// `--fix` writes what is needed.
    pub(crate) static SLURM_PROLOG_FLAGS = {
        id: id("WLM012", "slurm-prolog-flags", Error, Correctness),
        impact: Impact::OneStart,
        fix: Repair::Safe,
        source: "manual 6.2.1; slurm.conf(5)",
        check: Check::View(prolog_flags),
    }
}

fn prolog_flags(view: &View<'_>, out: &mut Findings<'_>) {
    let Some(slurm) = view.wlm().slurm.as_ref().filter(|slurm| !slurm.prolog_flags.is_empty()) else { return };
    let mut flags: Vec<String> = slurm
        .prolog_flags
        .iter()
        .flat_map(|flags| flags.split(','))
        .map(|flag| flag.trim().to_owned())
        .filter(|flag| !flag.is_empty())
        .collect();
    let needed: &[&str] = if slurm.extern_cgroup == Some(true) { &["alloc", "contain"] } else { &["alloc"] };
    for flag in needed {
        if !flags.iter().any(|known| known.eq_ignore_ascii_case(flag)) {
            flags.push((*flag).to_owned());
        }
    }
    if flags != slurm.prolog_flags {
        let at = KeyPath::from("wlm.slurm.prolog_flags");
        out.report(format!("PrologFlags has to be `{}`", flags.join(",")), |finding| {
            finding
                .at(at.clone(), "")
                .help("change slurm.conf as well: this list is only compared with it")
                .fix(Fix::safe("write what is needed", vec![Edit::set(at, flags)]))
        });
    }
}

rule! {
    /// Cluster compatibility mode is offered, and what it needs is not there.
    ///
    /// # What it checks
    /// `wlm.slurm.ccm` comes with `wlm.sshd` enabled and `runtime.allow_local_chroot`.
    ///
    /// # Why is this bad
    /// `--ccm` starts the host's own root as an image and an ssh daemon in it (manual 6.2). Without either the job fails.
    ///
    /// # Bad
    /// ```toml
    /// [wlm]
    /// kind = "slurm"
    /// slurm = { ccm = true }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [wlm]
    /// kind = "slurm"
    /// slurm = { ccm = true, memory_cgroup = "/sys/fs/cgroup/memory" }
    /// sshd = { enable = true }
    ///
    /// [runtime]
    /// allow_local_chroot = true
    ///
    /// [paths]
    /// opt_udi_image = "/opt/shifter/udiImage"
    /// ```
    ///
    /// # Fix
    /// `--unsafe-fixes` sets both. It is not safe: users may then take any directory of the host as an image.
    pub(crate) static CCM_REQUIRES = {
        id: id("WLM014", "ccm-requires", Error, Correctness),
        impact: Impact::OneStart,
        fix: Repair::Unsafe,
        source: "manual 6.2",
        check: Check::View(ccm_requires),
    }
}

fn ccm_requires(view: &View<'_>, out: &mut Findings<'_>) {
    if view.wlm().slurm.as_ref().is_none_or(|slurm| slurm.ccm != Some(true)) {
        return;
    }
    let needed = [
        ("wlm.sshd.enable", view.has_sshd()),
        ("runtime.allow_local_chroot", view.runtime().allow_local_chroot == Some(true)),
    ];
    let missing: Vec<&str> = needed.iter().filter(|(_, is_set)| !is_set).map(|(key, _)| *key).collect();
    if !missing.is_empty() {
        out.report(format!("`--ccm` needs {}", missing.join(" and ")), |finding| {
            finding
                .at("wlm.slurm.ccm", "")
                .help("set them, or do not offer `--ccm`")
                .fix(Fix::risky("set them", missing.iter().map(|key| Edit::set(*key, true)).collect()))
        });
    }
}

rule! {
    /// This Slurm and this Shifter do not work together.
    ///
    /// # What it checks
    /// Slurm is 15.08.2 or later, 16.05.3 or later with `extern_cgroup`, and before 17.11 with Shifter 16.08.
    ///
    /// # Why is this bad
    /// Earlier versions lack the calls that the plugin uses; 17.11 changed one, and only 16.08.5 and later know it (manual 6.2, release notes).
    ///
    /// # Bad
    /// ```toml
    /// [wlm]
    /// kind = "slurm"
    /// slurm = { version = "14.11.8" }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [wlm]
    /// kind = "slurm"
    /// slurm = { version = "17.11" }
    /// ```
    pub(crate) static SLURM_VERSION = {
        id: id("WLM015", "slurm-version", Error, Compatibility),
        impact: Impact::OneStart,
        source: "manual 6.2; release notes of 16.08.5",
        check: Check::View(slurm_version),
    }
}

fn slurm_version(view: &View<'_>, out: &mut Findings<'_>) {
    let Some(slurm) = &view.wlm().slurm else { return };
    let Some(version) = &slurm.version else { return };
    let is_before = |other: &str| other.parse::<Version>().is_ok_and(|other| version.order() < other.order());
    let why = if is_before("15.08.2") {
        "the plugin needs 15.08.2 or later"
    } else if slurm.extern_cgroup == Some(true) && is_before("16.05.3") {
        "the extern step needs 16.05.3 or later"
    } else if view.target == Some(Target::V1608) && !is_before("17.11") {
        "Slurm 17.11 and later need Shifter 16.08.5 or later"
    } else {
        return;
    };
    out.at("wlm.slurm.version", format!("Slurm {version}: {why}"), "change one of the two versions");
}

rule! {
    /// What runs through the container's ssh daemon is not charged to the job.
    ///
    /// # What it checks
    /// With the original's ssh daemon on nodes with control groups of version 1, `wlm.slurm.memory_cgroup` is set.
    ///
    /// # Why is this bad
    /// The daemon is started outside the job's control group. Its processes can use more memory than the job may (manual 6.2.2).
    ///
    /// # Bad
    /// ```toml
    /// [wlm]
    /// kind = "slurm"
    /// slurm = { cgroup = "v1" }
    /// sshd = { enable = true }
    ///
    /// [paths]
    /// opt_udi_image = "/opt/shifter/udiImage"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [wlm]
    /// kind = "slurm"
    /// slurm = { cgroup = "v1", memory_cgroup = "/sys/fs/cgroup/memory" }
    /// sshd = { enable = true }
    ///
    /// [paths]
    /// opt_udi_image = "/opt/shifter/udiImage"
    /// ```
    ///
    /// # Fix
    /// `--fix` writes the usual mount point.
    pub(crate) static MEMORY_CGROUP = {
        id: id("WLM016", "memory-cgroup", Warn, Scale),
        impact: Impact::Slow,
        targets: Targets::Except(&[Target::Native]),
        fix: Repair::Safe,
        source: "manual 6.2.2",
        check: Check::View(|view, out| {
            let Some(slurm) = view.wlm().slurm.as_ref().filter(|slurm| slurm.cgroup != Some(Cgroup::V2)) else { return };
            if view.has_sshd() && slurm.memory_cgroup.is_none() {
                let at = KeyPath::from("wlm.slurm.memory_cgroup");
                out.report("what runs through the container's ssh daemon is not charged to the job", |finding| {
                    finding
                        .at(at.clone(), "not set")
                        .also("wlm.sshd.enable", "started outside the job's control group")
                        .help("write `memory_cgroup = \"/sys/fs/cgroup/memory\"`")
                        .fix(Fix::safe("name the usual mount point", vec![Edit::set(at, "/sys/fs/cgroup/memory")]))
                });
            }
        }),
    }
}

rule! {
    /// The first step of a job may start before its container is ready.
    ///
    /// # What it checks
    /// `wlm.slurm.extern_setup` is not used.
    ///
    /// # Why is this bad
    /// Slurm starts the extern step and the first srun side by side (manual 6.2.2). Whether the program has finished is chance.
    /// With the native runtime the tasks of a job wait for it.
    ///
    /// # Bad
    /// ```toml
    /// [wlm]
    /// kind = "slurm"
    /// slurm = { extern_setup = "/etc/shifter/extern.sh" }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [wlm]
    /// kind = "slurm"
    ///
    /// [hooks.premount]
    /// path = "/etc/shifter/premount.sh"
    /// ```
    pub(crate) static EXTERN_SETUP = {
        id: id("WLM017", "extern-setup", Warn, Correctness),
        impact: Impact::OneStart,
        targets: Targets::Except(&[Target::Native]),
        source: "manual 6.2.2",
        check: Check::View(|view, out| {
            if view.wlm().slurm.as_ref().is_some_and(|slurm| slurm.extern_setup.is_some()) {
                out.at("wlm.slurm.extern_setup", "the first srun does not wait for this program", "do it in the premount hook");
            }
        }),
    }
}

rule! {
    /// A mount point of control groups version 1 is named for nodes with version 2.
    ///
    /// # What it checks
    /// With `cgroup = "v2"`, `wlm.slurm.memory_cgroup` is not written.
    ///
    /// # Why is this bad
    /// Version 2 has one tree and no mount for each controller (cgroups(7)). The path does not exist, and the memory of the ssh daemon is not charged.
    ///
    /// # Bad
    /// ```toml
    /// [wlm]
    /// kind = "slurm"
    /// slurm = { cgroup = "v2", memory_cgroup = "/sys/fs/cgroup/memory" }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [wlm]
    /// kind = "slurm"
    /// slurm = { cgroup = "v2" }
    /// ```
    ///
    /// # Fix
    /// `--fix` removes the path.
    pub(crate) static CGROUP_V1_PATH_ON_V2 = {
        id: id("WLM023", "cgroup-v1-path-on-v2", Warn, Compatibility),
        fix: Repair::Safe,
        source: "cgroups(7)",
        check: Check::View(|view, out| {
            let Some(slurm) = view.wlm().slurm.as_ref().filter(|slurm| slurm.cgroup == Some(Cgroup::V2)) else { return };
            if slurm.memory_cgroup.is_some() {
                let at = KeyPath::from("wlm.slurm.memory_cgroup");
                out.report("control groups of version 2 have no mount for the memory controller", |finding| {
                    finding
                        .at(at.clone(), "")
                        .also("wlm.slurm.cgroup", "version 2")
                        .help("drop it")
                        .fix(Fix::safe("drop it", vec![Edit::remove(at)]))
                });
            }
        }),
    }
}

rule! {
    /// One plugin that does not load stops every job step of the cluster.
    ///
    /// # What it checks
    /// `wlm.slurm.plugin` is not `"required"`.
    ///
    /// # Why is this bad
    /// A required plugin that cannot be loaded, as after an update of Slurm, fails every srun, also those without a container (plugstack.conf, spank(7)).
    ///
    /// # Bad
    /// ```toml
    /// [wlm]
    /// kind = "slurm"
    /// slurm = { plugin = "required" }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [wlm]
    /// kind = "slurm"
    /// slurm = { plugin = "optional" }
    /// ```
    ///
    /// # Fix
    /// `--unsafe-fixes` writes `optional`.
    pub(crate) static SPANK_REQUIRED = {
        id: id("WLM024", "spank-required", Warn, Scale),
        impact: Impact::OneStart,
        fix: Repair::Unsafe,
        source: "spank(7)",
        check: Check::View(|view, out| {
            if view.wlm().slurm.as_ref().is_some_and(|slurm| slurm.plugin == Some(Need::Required)) {
                let at = "wlm.slurm.plugin";
                out.report("if the plugin does not load, no job step of the cluster starts", |finding| {
                    finding
                        .at(at, "")
                        .help("write `optional`")
                        .fix(Fix::risky("make it optional", vec![Edit::set(at, "optional")]))
                });
            }
        }),
    }
}
