//! WLM rules about the ssh daemon in containers.

use crate::diagnostic::{Category::*, Edit, Fix, Severity::*};
use crate::lint::Check;
use crate::lint::rule::{Impact, Repair, Targets, id, rule};
use crate::target::Target;

rule! {
    /// Containers are to have an ssh daemon, and there is no place for its program.
    ///
    /// # What it checks
    /// With the native runtime and `wlm.sshd` enabled, `paths.opt_udi_image` is set.
    ///
    /// # Why is this bad
    /// The native `setupRoot` begins `sbin/shifter-sshd` of that directory, and makes no container without the daemon that was asked
    /// for: every job with a key fails. The daemon of the original, `sbin/sshd`, is not begun by it.
    ///
    /// # Bad
    /// ```toml
    /// [target]
    /// shifter = "native"
    ///
    /// [wlm]
    /// kind = "torque"
    /// setup_root = true
    /// sshd = { enable = true }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [target]
    /// shifter = "native"
    ///
    /// [wlm]
    /// kind = "torque"
    /// setup_root = true
    /// sshd = { enable = true }
    ///
    /// [paths]
    /// opt_udi_image = "/opt/shifter/udiImage"
    /// ```
    ///
    /// # Fix
    /// `--unsafe-fixes` switches it off. It is not safe: users who count on the daemon have to be told.
    pub(crate) static SSHD_ON_NATIVE = {
        id: id("WLM030", "sshd-on-native", Error, Compatibility),
        fix: Repair::Unsafe,
        impact: Impact::OneStart,
        targets: Targets::Only(&[Target::Native]),
        source: "docs/ssh.md",
        check: Check::View(|view, out| {
            if view.has_sshd() && view.paths().opt_udi_image.is_none() {
                out.report("the native runtime has its ssh daemon in `/opt/udiImage`, which stays empty", |finding| {
                    finding
                        .at("wlm.sshd.enable", "refused by `setupRoot`")
                        .also("target.shifter", "installed")
                        .help("set `paths.opt_udi_image` to a directory that has `sbin/shifter-sshd`")
                        .fix(Fix::risky("switch the daemon off", vec![Edit::set("wlm.sshd.enable", false)]))
                });
            }
        }),
    }
}

rule! {
    /// The container's ssh daemon is to use a port that its user may not have.
    ///
    /// # What it checks
    /// `wlm.sshd.port` is 1024 or above.
    ///
    /// # Why is this bad
    /// The daemon runs as the user of the job and cannot listen there (ip(7)). The manual's 204 is a slip for 1204 (6.2).
    ///
    /// # Bad
    /// ```toml
    /// [wlm.sshd]
    /// port = 204
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [wlm.sshd]
    /// port = 1204
    /// ```
    ///
    /// # Fix
    /// `--fix` writes 1204.
    pub(crate) static SSHD_PORT = {
        id: id("SEC019", "sshd-port", Error, Correctness),
        impact: Impact::OneStart,
        fix: Repair::Safe,
        source: "manual 3.4 and 6.2; ip(7)",
        check: Check::View(|view, out| {
            if let Some(port) = view.wlm().sshd.as_ref().and_then(|sshd| sshd.port).filter(|port| *port < 1024) {
                out.report(format!("a user may not listen on port {port}"), |finding| {
                    finding
                        .at("wlm.sshd.port", "")
                        .help("write 1204, the usual port")
                        .fix(Fix::safe("use port 1204", vec![Edit::set("wlm.sshd.port", 1204_i64)]))
                });
            }
        }),
    }
}
