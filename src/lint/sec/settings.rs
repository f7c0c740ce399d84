//! SEC rules about settings that take a guard away.

use crate::diagnostic::{Category::*, Edit, Fix, KeyPath, Severity::*};
use crate::lint::Check;
use crate::lint::rule::{Impact, Repair, Targets, Tier, id, rule};
use crate::target::Target;

rule! {
    /// Images keep extended attributes.
    ///
    /// # What it checks
    /// Where `gateway.converter_options.squashfs` is written for 18.03 and later, it holds `-no-xattrs`.
    ///
    /// # Why is this bad
    /// File capabilities are extended attributes. An image whose files have them gives its users rights that nosuid alone was meant to take (manual 3.1, 7.2;
    /// capabilities(7)).
    ///
    /// # Bad
    /// ```toml
    /// [gateway.converter_options]
    /// squashfs = ["-comp", "gzip"]
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [gateway.converter_options]
    /// squashfs = ["-comp", "gzip", "-no-xattrs"]
    /// ```
    ///
    /// # Fix
    /// `--fix` adds the option.
    pub(crate) static XATTRS_ON = {
        id: id("SEC016", "xattrs-on", Warn, Security),
        impact: Impact::Exposure,
        targets: Targets::Only(&[Target::V1803, Target::Master]),
        fix: Repair::Safe,
        source: "manual 3.1 and 7.2",
        check: Check::View(|view, out| {
            let Some(options) = view.gateway().converter_options.get("squashfs") else { return };
            if !options.iter().any(|option| option == "-no-xattrs") {
                let at = KeyPath::from("gateway.converter_options.squashfs");
                let mut better = options.clone();
                better.push("-no-xattrs".to_owned());
                out.report("images keep extended attributes, file capabilities among them", |finding| {
                    finding
                        .at(at.clone(), "")
                        .help("add `-no-xattrs`")
                        .fix(Fix::safe("add -no-xattrs", vec![Edit::set(at, better)]))
                });
            }
        }),
    }
}

rule! {
    /// Private images can be used by everybody.
    ///
    /// # What it checks
    /// `DISABLE_ACL_METADATA` does not stand in `[extra.imagemanager]`.
    ///
    /// # Why is this bad
    /// The gateway then writes no access list beside the image, and the runtime starts it for anybody who knows its id (manual 3.3).
    ///
    /// # Bad
    /// ```toml
    /// [extra.imagemanager]
    /// DISABLE_ACL_METADATA = true
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [extra]
    /// imagemanager = {}
    /// ```
    ///
    /// # Fix
    /// `--unsafe-fixes` removes the key.
    pub(crate) static ACL_METADATA_OFF = {
        id: id("SEC017", "acl-metadata-off", Warn, Security),
        impact: Impact::Exposure,
        fix: Repair::Unsafe,
        source: "manual 3.3",
        check: Check::View(|view, out| {
            let value = view.extra().imagemanager.get("DISABLE_ACL_METADATA");
            if value.is_some_and(|value| *value != serde_json::Value::Bool(false)) {
                let at = KeyPath::from("extra.imagemanager.DISABLE_ACL_METADATA");
                out.report("private images can be started by everybody", |finding| {
                    finding.at_key(at.clone(), "").help("remove the key").fix(Fix::risky("remove the key", vec![Edit::remove(at)]))
                });
            }
        }),
    }
}

rule! {
    /// The container's ssh daemon is to run as root.
    ///
    /// # What it checks
    /// `optionalSshdAsRoot` does not stand in `[extra.udiroot]`.
    ///
    /// # Why is this bad
    /// A daemon of root's inside an image that a stranger made is a way to root (manual 7(1)). 18.03 ignores the key; earlier versions obey.
    ///
    /// # Bad
    /// ```toml
    /// [extra.udiroot]
    /// optionalSshdAsRoot = "1"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [extra]
    /// udiroot = {}
    /// ```
    ///
    /// # Fix
    /// `--fix` removes the key.
    pub(crate) static SSHD_AS_ROOT = {
        id: id("SEC018", "sshd-as-root", Error, Security),
        impact: Impact::Exposure,
        fix: Repair::Safe,
        source: "manual 7(1); release notes of 18.03",
        check: Check::View(|view, out| {
            if view.extra().udiroot.contains_key("optionalSshdAsRoot") {
                let at = KeyPath::from("extra.udiroot.optionalSshdAsRoot");
                out.report("the ssh daemon of containers must not run as root", |finding| {
                    finding.at_key(at.clone(), "").help("remove the key").fix(Fix::safe("remove the key", vec![Edit::remove(at)]))
                });
            }
        }),
    }
}

rule! {
    /// The kernel cannot keep a program from gaining rights.
    ///
    /// # What it checks
    /// The nodes do not run CLE 5, EL 6 or SLES 11, whose kernels are older than Linux 3.5.
    ///
    /// # Why is this bad
    /// `no_new_privs` came with Linux 3.5 (prctl(2)). Before that, nosuid and dropped capabilities are the only guards (manual 7(1)).
    ///
    /// # Bad
    /// ```toml
    /// [target]
    /// os = "cle5.2"
    /// init = "sysv"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [target]
    /// os = "el7"
    /// ```
    pub(crate) static NO_NEW_PRIVS = {
        id: id("SEC023", "no-new-privs", Info, Security),
        impact: Impact::Exposure,
        tier: Tier::Strict,
        source: "prctl(2), PR_SET_NO_NEW_PRIVS; manual 7(1)",
        check: Check::View(|view, out| {
            let os = view.installed().os.as_deref().unwrap_or_default();
            if view.is_cle(5) || matches!(os, "el6" | "sles11") {
                out.at("target.os", format!("the kernel of `{os}` has no no_new_privs"), "see that every source is mounted nosuid");
            }
        }),
    }
}
