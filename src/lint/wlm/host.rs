//! WLM rules about what Slurm really is on nodes.

use crate::diagnostic::{Category::*, Severity::*};
use crate::facts::{Facts, Slurm};
use crate::lint::host::{Seen, each_host};
use crate::lint::paths::is_or_lies_in;
use crate::lint::rule::{Fact, Impact, id, rule};
use crate::lint::{Check, Findings, View};
use crate::profile::section::{Cgroup, WlmKind};

/// Asks about Slurm on every node that has it, where the profile is about Slurm.
fn each_slurm(view: &View<'_>, out: &mut Findings<'_>, mut look: impl FnMut(&Facts, &Slurm, &mut Vec<Seen>)) {
    if view.wlm().kind == Some(WlmKind::Slurm) {
        each_host(view, out, |facts, seen| {
            if let Some(slurm) = &facts.slurm {
                look(facts, slurm, seen);
            }
        });
    }
}

/// The main and minor number: `23.11` of `23.11.4`.
fn release(version: &str) -> String {
    version.split('.').take(2).collect::<Vec<_>>().join(".")
}

rule! {
    /// The SPANK plugin was compiled for another Slurm.
    ///
    /// # What it checks
    /// On nodes that facts are known of, the library of `wlm.plugin` says the same main and minor version as Slurm.
    ///
    /// # Why is this bad
    /// Slurm does not load such a plugin ("Incompatible Slurm plugin version"). With `optional` jobs run without their containers, with `required` nothing runs.
    ///
    /// # Bad
    /// ```toml
    /// [wlm]
    /// kind = "slurm"
    /// plugin = "/usr/lib64/shifter/shifter_slurm.so"
    /// ```
    /// ```json facts.json
    /// { "slurm": { "source": "scontrol", "version": "24.05.3", "plugin_for": "23.11", "prolog_flags": ["alloc"] } }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [wlm]
    /// kind = "slurm"
    /// plugin = "/usr/lib64/shifter/shifter_slurm.so"
    /// ```
    /// ```json facts.json
    /// { "slurm": { "source": "scontrol", "version": "24.05.3", "plugin_for": "24.05", "prolog_flags": ["alloc"] } }
    /// ```
    pub(crate) static SPANK_ABI = {
        id: id("WLM025", "spank-abi", Error, Compatibility),
        impact: Impact::OneStart,
        needs: &[Fact::Host],
        source: "spank(7); plugin.c of Slurm, which compares SLURM_VERSION_NUMBER",
        check: Check::View(|view, out| each_slurm(view, out, |_, slurm, seen| {
            let (Some(runs), Some(compiled)) = (&slurm.version, &slurm.plugin_for) else { return };
            if release(runs) != *compiled {
                let message = format!("Slurm is {runs}, and the plugin was compiled for {compiled}");
                seen.push(Seen::new("wlm.plugin", message, "compile the plugin with this Slurm's spank.h"));
            }
        })),
    }
}

rule! {
    /// Slurm gives each job directories of its own where containers need the node's.
    ///
    /// # What it checks
    /// On nodes that facts are known of and that have `job_container/tmpfs`, no mount point, source or spool of the profile lies in a directory that each job has for itself; and `job_container.conf` says
    /// `Shared=true` where containers are made before the job (`wlm.setup_root`) or a source is automounted.
    ///
    /// # Why is this bad
    /// A job has a mount namespace of its own. What the node mounts later does not reach it without `Shared=true`, and in a private `/tmp` it does not find what lies in the node's (job_container.conf(5)).
    ///
    /// # Bad
    /// ```toml
    /// [wlm]
    /// kind = "slurm"
    ///
    /// [[filesystem]]
    /// source = "/tmp/site"
    /// target = "/site"
    /// ```
    /// ```json facts.json
    /// {
    ///   "slurm": {
    ///     "source": "scontrol", "prolog_flags": ["alloc", "contain"],
    ///     "job_container": "job_container/tmpfs", "job_container_dirs": ["/tmp", "/dev/shm"], "job_container_shared": false
    ///   }
    /// }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [wlm]
    /// kind = "slurm"
    ///
    /// [[filesystem]]
    /// source = "/opt/site"
    /// target = "/site"
    /// ```
    /// ```json facts.json
    /// {
    ///   "slurm": {
    ///     "source": "scontrol", "prolog_flags": ["alloc", "contain"],
    ///     "job_container": "job_container/tmpfs", "job_container_dirs": ["/tmp", "/dev/shm"], "job_container_shared": false
    ///   }
    /// }
    /// ```
    pub(crate) static JOB_CONTAINER_TMPFS = {
        id: id("WLM026", "job-container-tmpfs", Warn, Compatibility),
        impact: Impact::OneStart,
        needs: &[Fact::Host],
        source: "job_container.conf(5)",
        check: Check::View(job_container),
    }
}

fn job_container(view: &View<'_>, out: &mut Findings<'_>) {
    let mut private: Vec<(crate::diagnostic::KeyPath, String)> = Vec::new();
    for mount in view.all_mounts() {
        private.push((mount.source_key(), mount.source.to_owned()));
    }
    let paths = view.paths();
    for (key, path) in [("paths.udi_mount", &paths.udi_mount), ("paths.loop_mount", &paths.loop_mount)] {
        private.extend(path.as_ref().map(|path| (key.into(), path.as_str().to_owned())));
    }
    private.extend(view.wlm().spool.as_ref().map(|spool| ("wlm.spool".into(), spool.as_str().to_owned())));
    let automounted =
        view.all_mounts().into_iter().find(|mount| view.is_automounted(mount)).map(|mount| mount.source_key());
    let before_the_job = (view.wlm().setup_root == Some(true)).then(|| "wlm.setup_root".into());
    each_slurm(view, out, |_, slurm, seen| {
        if slurm.job_container.as_deref() != Some("job_container/tmpfs") {
            return;
        }
        for (key, path) in &private {
            // `/tmp` itself shown in the container is the job's own, as users want it.
            let holder = slurm.job_container_dirs.iter().find(|dir| is_or_lies_in(path, dir) && path != *dir);
            if let Some(dir) = holder {
                let message = format!("each job has a `{dir}` of its own, without `{path}`");
                seen.push(Seen::new(key.clone(), message, "use a directory that is the same for all jobs of a node"));
            }
        }
        if slurm.job_container_shared == Some(false) {
            for key in automounted.iter().chain(&before_the_job) {
                let message = "what the node mounts later does not reach a job";
                seen.push(Seen::new(key.clone(), message, "write `Shared=true` in job_container.conf"));
            }
        }
    });
}

rule! {
    /// Slurm does not run the prologue when the plugin needs it.
    ///
    /// # What it checks
    /// On nodes that facts are known of and that load the plugin of the original, `PrologFlags` holds `alloc`, and `contain` with `wlm.slurm.extern_cgroup`.
    ///
    /// # Why is this bad
    /// Without `alloc` the container is not made before the first step; without `contain` there is no extern step to put its daemon into (manual 6.2.1).
    ///
    /// # Bad
    /// ```toml
    /// [wlm]
    /// kind = "slurm"
    /// plugin = "/usr/lib64/shifter/shifter_slurm.so"
    /// ```
    /// ```json facts.json
    /// { "slurm": { "source": "scontrol", "prolog_flags": ["x11"] } }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [wlm]
    /// kind = "slurm"
    /// plugin = "/usr/lib64/shifter/shifter_slurm.so"
    /// ```
    /// ```json facts.json
    /// { "slurm": { "source": "scontrol", "prolog_flags": ["alloc", "contain"] } }
    /// ```
    pub(crate) static RUNNING_PROLOG_FLAGS = {
        id: id("WLM027", "running-prolog-flags", Error, Correctness),
        impact: Impact::OneStart,
        needs: &[Fact::Host],
        source: "manual 6.2.1",
        check: Check::View(|view, out| {
            let needs_contain = view.wlm().slurm.as_ref().is_some_and(|slurm| slurm.extern_cgroup == Some(true));
            if view.wlm().plugin.is_none() {
                return;
            }
            each_slurm(view, out, |_, slurm, seen| {
                let Some(flags) = &slurm.prolog_flags else { return };
                // `contain` implies `alloc` (slurm.conf(5)).
                let has = |flag: &str| flags.iter().any(|known| known == flag);
                let missing = match (has("alloc") || has("contain"), needs_contain && !has("contain")) {
                    (_, true) => "contain",
                    (false, _) => "alloc",
                    _ => return,
                };
                let at = if needs_contain { "wlm.slurm.extern_cgroup" } else { "wlm.plugin" };
                let message = format!("PrologFlags is `{}`, without {missing}", flags.join(","));
                seen.push(Seen::new(at, message, format!("add {missing} to PrologFlags in slurm.conf")));
            });
        }),
    }
}

rule! {
    /// Slurm is not what the profile says it is.
    ///
    /// # What it checks
    /// On nodes that facts are known of, Slurm's main and minor version is that of `wlm.slurm.version`, and control groups have the version of `wlm.slurm.cgroup`.
    ///
    /// # Why is this bad
    /// Rules about the plugin go by these keys, and so does what is rendered for it.
    ///
    /// # Bad
    /// ```toml
    /// [wlm]
    /// kind = "slurm"
    /// slurm = { version = "23.02" }
    /// ```
    /// ```json facts.json
    /// { "slurm": { "source": "scontrol", "version": "24.05.3" } }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [wlm]
    /// kind = "slurm"
    /// slurm = { version = "24.05" }
    /// ```
    /// ```json facts.json
    /// { "slurm": { "source": "scontrol", "version": "24.05.3" } }
    /// ```
    pub(crate) static SLURM_CONTRADICTED = {
        id: id("WLM028", "slurm-contradicted", Warn, Correctness),
        needs: &[Fact::Host],
        source: "scontrol(1); cgroups(7)",
        check: Check::View(|view, out| {
            let Some(told) = &view.wlm().slurm else { return };
            each_slurm(view, out, |facts, slurm, seen| {
                if let (Some(told), Some(is)) = (&told.version, &slurm.version)
                    && release(told.as_str()) != release(is)
                {
                    seen.push(Seen::new("wlm.slurm.version", format!("Slurm is {is}, not {told}"), "write the version that runs"));
                }
                let is = facts.kernel.cgroup;
                let wrong = match told.cgroup {
                    Some(Cgroup::V2) => is.is_some_and(|is| is != crate::facts::Cgroup::V2),
                    Some(Cgroup::V1) => is == Some(crate::facts::Cgroup::V2),
                    None => false,
                };
                if wrong {
                    seen.push(Seen::new("wlm.slurm.cgroup", "control groups have the other version", "write the version of the nodes"));
                }
            });
        }),
    }
}

rule! {
    /// The SPANK plugin is not there.
    ///
    /// # What it checks
    /// On nodes that facts are known of, `wlm.plugin` is a file.
    ///
    /// # Why is this bad
    /// With `optional`, jobs run without their containers and srun does not know `--image`; with `required` no step starts.
    ///
    /// # Bad
    /// ```toml
    /// [wlm]
    /// kind = "slurm"
    /// plugin = "/usr/lib64/shifter/shifter_slurm.so"
    /// ```
    /// ```json facts.json
    /// { "paths": { "/usr/lib64/shifter/shifter_slurm.so": { "kind": "absent" } } }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [wlm]
    /// kind = "slurm"
    /// plugin = "/usr/lib64/shifter/shifter_slurm.so"
    /// ```
    /// ```json facts.json
    /// { "paths": { "/usr/lib64/shifter/shifter_slurm.so": { "kind": "file", "uid": 0, "mode": "0755" } } }
    /// ```
    pub(crate) static PLUGIN_MISSING = {
        id: id("WLM029", "plugin-missing", Error, Correctness),
        impact: Impact::OneStart,
        needs: &[Fact::Host],
        source: "spank(7)",
        check: Check::View(|view, out| each_host(view, out, |facts, seen| {
            for plugin in view.named_as(crate::facts::Role::Plugin) {
                if facts.lacks(&plugin.path) {
                    seen.push(Seen::new(plugin.key.clone(), format!("`{}` is not there", plugin.path), "install it on these nodes"));
                }
            }
        })),
    }
}
