//! VER rules about the gateway.

use crate::diagnostic::{Category::*, Edit, Fix, Severity::*};
use crate::lint::Check;
use crate::lint::rule::{Impact, Repair, Targets, id, rule};
use crate::target::Target;

/// Versions whose gateway hands work to Celery.
const WITH_CELERY: &[Target] = &[Target::V1608, Target::V1608Gpu, Target::V1704];

rule! {
    /// A message broker is described, and the gateway needs none.
    ///
    /// # What it checks
    /// `gateway.broker` is not written for 18.03 and later.
    ///
    /// # Why is this bad
    /// Celery and Redis went with 18.03 (manual 3.2). A Redis that still runs is one more service to guard.
    ///
    /// # Bad
    /// ```toml
    /// [gateway.broker]
    /// uri = "redis://localhost/"
    /// password = { file = "secrets/redis" }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [gateway]
    /// endpoints = ["http://gateway:5000"]
    /// ```
    ///
    /// # Fix
    /// `--fix` removes the table.
    pub(crate) static BROKER_OBSOLETE = {
        id: id("VER007", "broker-obsolete", Warn, Compatibility),
        impact: Impact::Untidy,
        targets: Targets::Except(WITH_CELERY),
        fix: Repair::Safe,
        source: "manual 3.2",
        check: Check::View(|view, out| {
            if view.gateway().broker.is_some() {
                out.report("the installed gateway has no use for a message broker", |finding| {
                    finding
                        .at_key("gateway.broker", "")
                        .help("drop the table")
                        .fix(Fix::safe("drop the table", vec![Edit::remove("gateway.broker")]))
                });
            }
        }),
    }
}

rule! {
    /// Lookups are to be counted by a gateway that does not count.
    ///
    /// # What it checks
    /// `gateway.metrics = true` is not written for 16.08.
    ///
    /// # Why is this bad
    /// Metrics came after 16.08.3. Nothing is counted, and nothing is said.
    ///
    /// # Bad
    /// ```toml
    /// [target]
    /// shifter = "16.08"
    ///
    /// [gateway]
    /// metrics = true
    ///
    /// [gateway.broker]
    /// uri = "redis://localhost/"
    /// password = { file = "secrets/redis" }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [gateway]
    /// metrics = true
    /// ```
    ///
    /// # Fix
    /// `--fix` removes the key.
    pub(crate) static METRICS_TOO_OLD = {
        id: id("VER008", "metrics-too-old", Warn, Compatibility),
        targets: Targets::Only(&[Target::V1608]),
        fix: Repair::Safe,
        source: "the tag 16.08.3 has no metrics",
        check: Check::View(|view, out| {
            if view.gateway().metrics == Some(true) {
                out.report("16.08 counts nothing", |finding| {
                    finding
                        .at("gateway.metrics", "")
                        .help("drop the key")
                        .fix(Fix::safe("drop the key", vec![Edit::remove("gateway.metrics")]))
                });
            }
        }),
    }
}

rule! {
    /// Image files are to be imported by a gateway that cannot.
    ///
    /// # What it checks
    /// `gateway.import_users` is not written for 16.08, 16.08-gpu and 17.04.
    ///
    /// # Why is this bad
    /// Imports came with 18.03. Users get an error that does not say so.
    ///
    /// # Bad
    /// ```toml
    /// [target]
    /// shifter = "17.04"
    ///
    /// [gateway]
    /// import_users = ["alice"]
    ///
    /// [gateway.broker]
    /// uri = "redis://localhost/"
    /// password = { file = "secrets/redis" }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [gateway]
    /// import_users = ["alice"]
    /// ```
    ///
    /// # Fix
    /// `--fix` removes the key.
    pub(crate) static IMPORT_TOO_OLD = {
        id: id("VER010", "import-too-old", Warn, Compatibility),
        targets: Targets::Only(WITH_CELERY),
        fix: Repair::Safe,
        source: "ImportUsers came with 18.03",
        check: Check::View(|view, out| {
            if view.gateway().import_users.is_some() {
                out.report("the installed gateway imports nothing", |finding| {
                    finding
                        .at("gateway.import_users", "")
                        .help("drop the key")
                        .fix(Fix::safe("drop the key", vec![Edit::remove("gateway.import_users")]))
                });
            }
        }),
    }
}

rule! {
    /// The converter gets an option that its version does not know.
    ///
    /// # What it checks
    /// On `el6` and `cle5`, `gateway.converter_options.squashfs` does not hold `-no-xattrs`.
    ///
    /// # Why is this bad
    /// The squashfs-tools of these systems are older than the option. mksquashfs prints its usage and every pull fails (manual 3.1).
    ///
    /// # Bad
    /// ```toml
    /// [target]
    /// os = "el6"
    /// init = "sysv"
    ///
    /// [gateway.converter_options]
    /// squashfs = ["-no-xattrs"]
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [target]
    /// os = "el7"
    ///
    /// [gateway.converter_options]
    /// squashfs = ["-no-xattrs"]
    /// ```
    pub(crate) static XATTR_OPTION_TOOLS = {
        id: id("VER011", "xattr-option-tools", Warn, Compatibility),
        impact: Impact::OneStart,
        targets: Targets::Except(&[Target::Native]),
        source: "manual 3.1",
        check: Check::View(|view, out| {
            let os = view.installed().os.as_deref().unwrap_or_default();
            let is_old = os == "el6" || view.is_cle(5);
            let options = view.gateway().converter_options.get("squashfs").map(Vec::as_slice).unwrap_or_default();
            if let Some(n) = options.iter().position(|option| option == "-no-xattrs").filter(|_| is_old) {
                out.at(
                    crate::diagnostic::KeyPath::from("gateway.converter_options.squashfs").index(n),
                    format!("mksquashfs of `{os}` does not know `-no-xattrs`"),
                    "install newer squashfs-tools on the gateway, or drop the option",
                );
            }
        }),
    }
}
