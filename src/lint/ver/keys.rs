//! VER rules about keys of udiRoot.conf that the installed runtime does not know.

use shifter_formats::udiroot::{KEYS, KeySpec, MODULE_KEYS};

use crate::diagnostic::{Category::*, Edit, Fix, KeyPath, Severity::*};
use crate::lint::rule::{Impact, Repair, Targets, id, rule};
use crate::lint::{Check, Findings, View};
use crate::target::Target;

/// Keys of a profile and the key of udiRoot.conf that each becomes, where not every target has it and no rule of its
/// own speaks of it.
const BECOMES: [(&str, &str); 9] = [
    ("gateway.ca_certificate", "imageGatewayCa"),
    ("images.owner", "imageOwner"),
    ("runtime.rootfs_size", "rootfsSize"),
    ("runtime.propagation", "mountPropagationStyle"),
    ("runtime.user_namespaces", "userNamespaces"),
    ("runtime.home", "home"),
    ("runtime.keep_env", "keepEnv"),
    ("runtime.deny", "deny"),
    ("runtime.deny_file", "denyFile"),
];

/// The same for the table of a module.
const MODULE_BECOMES: [(&str, &str); 8] = [
    ("description", "description"),
    ("deprecated", "deprecatedUntil"),
    ("family", "family"),
    ("requires", "requires"),
    ("optional", "optional"),
    ("devices", "devices"),
    ("files", "globs"),
    ("version", "version"),
];

/// Tables that become modules, and the keys of each that do not become keys of every target.
const TABLES: [&str; 4] = ["fabric", "gpu.nvidia", "gpu.amd", "gpu.intel"];

/// Keys that every original accepts and no longer uses.
const DEPRECATED: [&str; 3] = ["kmodCacheFile", "nodeContextPrefix", "batchType"];

rule! {
    /// A setting belongs to another version than the installed one.
    ///
    /// # What it checks
    /// Every key of `[extra.udiroot]` is known to the target, and no setting is written that becomes a key which the target does not
    /// know, such as `runtime.home` or a module's `version` for anything but the native runtime. Settings with a rule of their own
    /// (VER002 to VER004, GPU004) are left to it.
    ///
    /// # Why is this bad
    /// The original answers an unknown key with "Couldn't understand key" and starts no container on the node. What a profile sets for
    /// another version is not rendered, and nothing happens.
    ///
    /// # Bad
    /// ```toml
    /// [extra.udiroot]
    /// siteResources = "/opt/shifter/site-resources"
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
    /// [extra.udiroot]
    /// siteResources = "/opt/shifter/site-resources"
    /// ```
    pub(crate) static KEY_NOT_IN_TARGET = {
        id: id("VER001", "key-not-in-target", Error, Compatibility),
        impact: Impact::EveryStart,
        source: "the key table, from the tags and run against each version",
        check: Check::View(key_not_in_target),
    }
}

fn key_not_in_target(view: &View<'_>, out: &mut Findings<'_>) {
    let Some(target) = view.target else { return };
    let mut unknown = |at: KeyPath, key: &str| {
        let known_to = targets_of(key);
        let help = if known_to.is_empty() {
            "drop it, or name the patch that adds it".to_owned()
        } else {
            format!("known to {known_to}")
        };
        out.at(at, format!("{target} does not know the key `{key}`"), help);
    };
    for key in view.extra().udiroot.keys().filter(|key| !is_accepted(key, target) && *key != "mountCmd") {
        unknown(KeyPath::from(["extra", "udiroot", key.as_str()]), key);
    }
    for (path, key) in BECOMES.iter().filter(|(path, key)| !is_accepted(key, target) && view.is_written(*path)) {
        unknown((*path).into(), key);
    }
    let keeps = TABLES.map(|table| KeyPath::from(table).key("keep_env"));
    for at in keeps.into_iter().filter(|at| !is_accepted("keepEnv", target) && view.is_written(at)) {
        unknown(at, "keepEnv");
    }
    if !is_accepted("module_", target) {
        return;
    }
    for table in TABLES.map(KeyPath::from) {
        for (own, key) in [("devices", "devices"), ("files", "globs")] {
            let at = table.clone().key(own);
            if !knows(MODULE_KEYS, key, target) && view.is_written(&at) {
                unknown(at, &format!("module_{}_{key}", table.last().unwrap_or_default()));
            }
        }
    }
    for module in view.modules() {
        for (own, key) in MODULE_BECOMES {
            let at = module.at().key(own);
            if !knows(MODULE_KEYS, key, target) && view.is_written(&at) {
                unknown(at, &format!("module_{}_{key}", module.name));
            }
        }
    }
}

fn knows(table: &[KeySpec], key: &str, target: Target) -> bool {
    table.iter().any(|spec| spec.name == key && spec.targets.contains(&target))
}

/// Whether the target accepts a line with `key`. Keys of modules are taken apart.
fn is_accepted(key: &str, target: Target) -> bool {
    match key.strip_prefix("module_") {
        Some("") => knows(MODULE_KEYS, "copyPath", target),
        Some(rest) => rest.split_once('_').is_some_and(|(_, key)| knows(MODULE_KEYS, key, target)),
        None => knows(KEYS, key, target) || DEPRECATED.contains(&key) || key == "optionalSshdAsRoot",
    }
}

/// The targets that know the key, in words.
fn targets_of(key: &str) -> String {
    let targets = Target::ALL.into_iter().filter(|target| is_accepted(key, *target));
    targets.map(|target| target.to_string()).collect::<Vec<_>>().join(", ")
}

rule! {
    /// Modules are described for a version that has none.
    ///
    /// # What it checks
    /// No `[module]` is written for 16.08, 16.08-gpu and 17.04.
    ///
    /// # Why is this bad
    /// Modules came with 18.03. Earlier versions refuse the keys and start no container.
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
    /// [module.mpich]
    /// copy_from = "/opt/shifter/mpich"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [target]
    /// shifter = "18.03"
    ///
    /// [module.mpich]
    /// copy_from = "/opt/shifter/mpich"
    /// ```
    pub(crate) static MODULES_NEED_1803 = {
        id: id("VER002", "modules-need-1803", Error, Compatibility),
        impact: Impact::EveryStart,
        targets: Targets::Only(&[Target::V1608, Target::V1608Gpu, Target::V1704]),
        source: "run against 16.08.3",
        check: Check::View(|view, out| {
            for module in view.modules() {
                out.report(format!("the installed version has no modules, so not `{}` either", module.name), |finding| {
                    finding.at_key(module.at(), "").help("modules need 18.03 or later")
                });
            }
        }),
    }
}

rule! {
    /// Users are to be imported by a version that cannot.
    ///
    /// # What it checks
    /// `runtime.import_users` is written only for `master` and `native`.
    ///
    /// # Why is this bad
    /// The key `usersToImport` came in 2019. 18.03 and earlier refuse it and start no container.
    ///
    /// # Bad
    /// ```toml
    /// [runtime]
    /// populate_etc = "dynamic"
    /// libc_passwd_calls = true
    /// import_users = ["sshd"]
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [target]
    /// shifter = "master"
    ///
    /// [runtime]
    /// populate_etc = "dynamic"
    /// libc_passwd_calls = true
    /// import_users = ["sshd"]
    /// ```
    pub(crate) static IMPORT_USERS_NEED_MASTER = {
        id: id("VER003", "import-users-need-master", Error, Compatibility),
        impact: Impact::EveryStart,
        targets: Targets::Except(&[Target::Master, Target::Native]),
        source: "run against 18.03.0",
        check: Check::View(|view, out| {
            if !view.runtime().import_users.is_empty() {
                out.at("runtime.import_users", "the installed version does not know `usersToImport`", "drop it");
            }
        }),
    }
}

rule! {
    /// A mount helper is named, and the installed version has no key for it.
    ///
    /// # What it checks
    /// `paths.mount_command` (or `mountCmd` in `[extra.udiroot]`) comes with the patch `mount-cmd`, or the native runtime.
    ///
    /// # Why is this bad
    /// The key exists only in the patched runtime of Blue Waters (L5 to L7). All others refuse it and start no container.
    ///
    /// # Bad
    /// ```toml
    /// [paths]
    /// mount_command = "/usr/libexec/shifter/mount"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [target]
    /// patches = ["mount-cmd"]
    ///
    /// [paths]
    /// mount_command = "/usr/libexec/shifter/mount"
    /// ```
    pub(crate) static MOUNT_CMD_NEEDS_PATCH = {
        id: id("VER004", "mount-cmd-needs-patch", Error, Compatibility),
        impact: Impact::EveryStart,
        targets: Targets::Except(&[Target::Native]),
        source: "L5, L6, L7; run against 16.08.3 and 18.03",
        check: Check::View(|view, out| {
            let own = view.paths().mount_command.is_some().then(|| KeyPath::from("paths.mount_command"));
            let extra = view.extra().udiroot.contains_key("mountCmd").then(|| KeyPath::from("extra.udiroot.mountCmd"));
            for at in own.into_iter().chain(extra).filter(|_| !has_patch(view, "mount-cmd")) {
                out.at(at, "`mountCmd` is known to a patched runtime only", "name the patch `mount-cmd` in `target.patches`, or drop the key");
            }
        }),
    }
}

/// Whether the site says that it applied the patch.
pub(crate) fn has_patch(view: &View<'_>, patch: &str) -> bool {
    view.installed().patches.iter().any(|name| name == patch)
}

rule! {
    /// A key does nothing any more.
    ///
    /// # What it checks
    /// `[extra.udiroot]` has none of `kmodCacheFile`, `nodeContextPrefix` and `batchType`.
    ///
    /// # Why is this bad
    /// The original still accepts them and ignores them. Who reads the file believes that they matter.
    ///
    /// # Bad
    /// ```toml
    /// [extra.udiroot]
    /// batchType = "slurm"
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
    pub(crate) static DEPRECATED_KEY = {
        id: id("VER012", "deprecated-key", Warn, Style),
        impact: Impact::Untidy,
        fix: Repair::Safe,
        source: "_assign in UdiRootConfig.c",
        check: Check::View(|view, out| {
            for key in view.extra().udiroot.keys().filter(|key| DEPRECATED.contains(&key.as_str())) {
                let at = KeyPath::from(["extra", "udiroot", key.as_str()]);
                out.report(format!("`{key}` does nothing any more"), |finding| {
                    finding.at_key(at.clone(), "").help("drop it").fix(Fix::safe("drop it", vec![Edit::remove(at)]))
                });
            }
        }),
    }
}
