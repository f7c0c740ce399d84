//! WLM rules about what only the native plugin of Slurm does.

use crate::diagnostic::{Category::*, Edit, Fix, Severity::*};
use crate::lint::Check;
use crate::lint::rule::{Impact, Repair, Targets, id, rule};
use crate::profile::section::{Need, OnSetupFailure};
use crate::target::Target;

rule! {
    /// A node is to drain when a container cannot be made, and nobody tells Slurm.
    ///
    /// # What it checks
    /// With `on_setup_failure = "drain"`, `wlm.slurm.plugin` is `"required"`.
    ///
    /// # Why is this bad
    /// Slurm passes over what an optional plugin answers (spank(7)). The prolog fails, the node takes the job and the next ones.
    ///
    /// # Bad
    /// ```toml
    /// [target]
    /// shifter = "native"
    ///
    /// [wlm]
    /// kind = "slurm"
    /// slurm = { plugin = "optional", on_setup_failure = "drain" }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [target]
    /// shifter = "native"
    ///
    /// [wlm]
    /// kind = "slurm"
    /// slurm = { plugin = "optional", on_setup_failure = "fail-job" }
    /// ```
    ///
    /// # Fix
    /// `--unsafe-fixes` has the jobs fail instead, which works in both cases.
    pub(crate) static DRAIN_NEEDS_REQUIRED = {
        id: id("WLM031", "drain-needs-required", Error, Correctness),
        impact: Impact::Silent,
        fix: Repair::Unsafe,
        targets: Targets::Only(&[Target::Native]),
        source: "spank(7); docs/slurm.md",
        check: Check::View(|view, out| {
            let Some(slurm) = &view.wlm().slurm else { return };
            let drains = slurm.on_setup_failure == Some(OnSetupFailure::Drain);
            if drains && slurm.plugin.unwrap_or_default() == Need::Optional {
                let at = "wlm.slurm.on_setup_failure";
                out.report("Slurm passes over the failure of an optional plugin, and no node drains", |finding| {
                    finding
                        .at(at, "")
                        .also("wlm.slurm.plugin", "optional")
                        .help("write `plugin = \"required\"`, or `on_setup_failure = \"fail-job\"`")
                        .fix(Fix::risky("let the job fail", vec![Edit::set(at, "fail-job")]))
                });
            }
        }),
    }
}

rule! {
    /// What is said about jobs without container or image is for another runtime.
    ///
    /// # What it checks
    /// `wlm.slurm.on_setup_failure`, `pull_at_submit` and `pull_timeout` are written for the native runtime only.
    ///
    /// # Why is this bad
    /// The plugins of older releases know none of them: a job whose set-up fails runs on, and one whose image is not there is refused (manual 6.2).
    ///
    /// # Bad
    /// ```toml
    /// [target]
    /// shifter = "18.03"
    ///
    /// [wlm]
    /// kind = "slurm"
    /// slurm = { pull_at_submit = "wait" }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [target]
    /// shifter = "native"
    ///
    /// [wlm]
    /// kind = "slurm"
    /// slurm = { pull_at_submit = "wait" }
    /// ```
    ///
    /// # Fix
    /// `--fix` removes the keys.
    pub(crate) static PLUGIN_KEYS_NATIVE_ONLY = {
        id: id("WLM032", "plugin-keys-native-only", Warn, Compatibility),
        impact: Impact::Silent,
        fix: Repair::Safe,
        targets: Targets::Except(&[Target::Native]),
        source: "manual 6.2.2",
        check: Check::View(|view, out| {
            let Some(slurm) = &view.wlm().slurm else { return };
            let written = [
                ("wlm.slurm.on_setup_failure", slurm.on_setup_failure.is_some()),
                ("wlm.slurm.pull_at_submit", slurm.pull_at_submit.is_some()),
                ("wlm.slurm.pull_timeout", slurm.pull_timeout.is_some()),
            ];
            for (at, _) in written.into_iter().filter(|(_, is_written)| *is_written) {
                out.report("the plugin of this release does not know it", |finding| {
                    finding.at(at, "").help("drop it").fix(Fix::safe("drop it", vec![Edit::remove(at)]))
                });
            }
        }),
    }
}
