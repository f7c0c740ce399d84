//! WLM rules about nodes that several jobs use.

use crate::diagnostic::{Category::*, Severity::*};
use crate::lint::Check;
use crate::lint::rule::{Impact, id, rule};

rule! {
    /// Ending what one job left behind ends other jobs of the user.
    ///
    /// # What it checks
    /// `wlm.sshd.kill_strays` is not used where `scale.exclusive_nodes = false`. Scripts of the site do not end processes by user
    /// (`pkill -u`) unless `scale.exclusive_nodes = true`.
    ///
    /// # Why is this bad
    /// What is left is found by its user. On a shared node another job of the same user is found as well (L42).
    ///
    /// # Bad
    /// ```toml
    /// [scale]
    /// exclusive_nodes = false
    ///
    /// [wlm.sshd]
    /// kill_strays = true
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [scale]
    /// exclusive_nodes = true
    ///
    /// [wlm.sshd]
    /// kill_strays = true
    /// ```
    pub(crate) static KILL_ALL_OF_USER = {
        id: id("WLM007", "kill-all-of-user", Error, Correctness),
        source: "L42",
        check: Check::View(|view, out| {
            let kills = view.wlm().sshd.as_ref().is_some_and(|sshd| sshd.kill_strays == Some(true));
            if kills && view.scale().exclusive_nodes == Some(false) {
                out.report("other jobs of the user on the node are ended too", |finding| {
                    finding
                        .at("wlm.sshd.kill_strays", "finds processes by user")
                        .also("scale.exclusive_nodes", "several jobs on a node")
                        .help("leave it to the workload manager's control groups")
                });
            }
            if view.scale().exclusive_nodes == Some(true) {
                return;
            }
            for carried in view.carried() {
                for command in super::shell::kills_by_user(carried.script()) {
                    out.in_script(&carried, command.span.clone(), "other jobs of the user on the node are ended too", "end what is in the job's control group, TERM first and KILL later, or say `scale.exclusive_nodes = true`");
                }
            }
        }),
    }
}

rule! {
    /// A container that is there for one job can be entered from another.
    ///
    /// # What it checks
    /// Where `scale.exclusive_nodes = false`, neither `wlm.sshd` nor `wlm.setup_root` is used.
    ///
    /// # Why is this bad
    /// There is one such container on a node, at one place and one port. The second job finds the first one's (manual 6.2 and 6.6).
    ///
    /// # Bad
    /// ```toml
    /// [scale]
    /// exclusive_nodes = false
    ///
    /// [wlm]
    /// kind = "torque"
    /// setup_root = true
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [scale]
    /// exclusive_nodes = true
    ///
    /// [wlm]
    /// kind = "torque"
    /// setup_root = true
    /// ```
    pub(crate) static SSHD_ON_SHARED_NODES = {
        id: id("WLM021", "sshd-on-shared-nodes", Warn, Security),
        impact: Impact::Exposure,
        source: "manual 6.2 and 6.6",
        check: Check::View(|view, out| {
            if view.scale().exclusive_nodes != Some(false) {
                return;
            }
            let used = [("wlm.sshd.enable", view.has_sshd()), ("wlm.setup_root", view.wlm().setup_root == Some(true))];
            for (at, _) in used.into_iter().filter(|(_, is_used)| *is_used) {
                out.report("there is one such container on a node, and several jobs", |finding| {
                    finding.at(at, "").also("scale.exclusive_nodes", "several jobs").help("give such jobs whole nodes")
                });
            }
        }),
    }
}
