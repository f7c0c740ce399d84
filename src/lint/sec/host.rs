//! SEC rules about what nodes really have: secrets, munge's key, what root runs and reads.

use std::collections::BTreeMap;

use crate::diagnostic::{Category::*, KeyPath, Severity::*};
use crate::facts::{Facts, Kind, Role};
use crate::lint::host::{Seen, each_host, each_of, listed};
use crate::lint::rule::{Fact, Impact, Targets, id, rule};
use crate::lint::{Check, Findings, View};
use crate::profile::section::scalar::Mode;
use crate::target::Target;

rule! {
    /// A file that holds a secret can be read by others, or is kept by git.
    ///
    /// # What it checks
    /// Where facts were gathered beside the profile, every file that it refers to for a secret has a mode that gives others nothing and the group at most reading, and git does not keep it.
    ///
    /// # Why is this bad
    /// Who reads the file has the password. What git keeps is in every clone, and stays there after it is deleted.
    ///
    /// # Bad
    /// ```toml
    /// [gateway.database]
    /// user = "shifter"
    /// password = { file = "secrets/mongodb" }
    /// ```
    /// ```json facts.json
    /// { "secrets": { "secrets/mongodb": { "present": true, "uid": 0, "mode": "0644", "in_git": false } } }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [gateway.database]
    /// user = "shifter"
    /// password = { file = "secrets/mongodb" }
    /// ```
    /// ```json facts.json
    /// { "secrets": { "secrets/mongodb": { "present": true, "uid": 0, "mode": "0600", "in_git": false } } }
    /// ```
    pub(crate) static SECRET_FILE_EXPOSED = {
        id: id("SEC028", "secret-file-exposed", Error, Security),
        impact: Impact::Exposure,
        needs: &[Fact::Host],
        source: "open(2); gitignore(5)",
        check: Check::View(|view, out| each_of(&view.context.facts.iter().collect::<Vec<_>>(), out, |facts, seen| {
            for (file, found) in facts.secrets.iter().filter(|(_, found)| found.present) {
                let at = || place_of(view, file);
                if let Some(mode) = found.mode.filter(|mode| mode.bits() & 0o037 != 0) {
                    let message = format!("`{file}` holds a secret and has mode {mode}");
                    seen.push(Seen::new(at(), message, format!("run `chmod 0600 {file}`")));
                }
                if found.in_git == Some(true) {
                    let message = format!("`{file}` holds a secret, and git keeps it");
                    seen.push(Seen::new(at(), message, "take it out of the repository, change the secret, and write it with sops if it is to stay there"));
                }
            }
        })),
    }
}

/// The key that refers to a secret's file.
fn place_of(view: &View<'_>, file: &str) -> KeyPath {
    use crate::profile::section::secret::Secret;
    let is_it = |secret: &Secret| matches!(secret, Secret::File(path) if path == file);
    let gateway = view.gateway();
    let database = gateway.database.as_ref().and_then(|database| database.password.as_ref());
    if database.is_some_and(is_it) {
        return "gateway.database.password".into();
    }
    if gateway.broker.as_ref().and_then(|broker| broker.password.as_ref()).is_some_and(is_it) {
        return "gateway.broker.password".into();
    }
    let registries = view.profile.registry.iter();
    let mut owners = registries.filter(|(_, registry)| registry.credential.as_ref().is_some_and(is_it));
    match owners.next() {
        Some((name, _)) => KeyPath::from(["registry", name, "credential"]),
        None => "gateway".into(),
    }
}

rule! {
    /// munge's key can be read by others, or differs between hosts.
    ///
    /// # What it checks
    /// On hosts that facts are known of, `/etc/munge/munge.key` belongs to `munge` or root, has mode 0400 or 0600, and is the same on all hosts of a profile without clusters of their own.
    ///
    /// # Why is this bad
    /// Who has the key can say that he is anybody, root included, to the gateway and to Slurm. Hosts with another key are refused (manual 4.1).
    ///
    /// # Bad
    /// ```json facts.json
    /// { "munge": { "round_trip": true, "key_owner": "munge", "key_mode": "0644", "key_mark": "41c7" } }
    /// ```
    ///
    /// # Good
    /// ```json facts.json
    /// { "munge": { "round_trip": true, "key_owner": "munge", "key_mode": "0400", "key_mark": "41c7" } }
    /// ```
    pub(crate) static MUNGE_KEY = {
        id: id("SEC009", "munge-key", Error, Security),
        impact: Impact::Exposure,
        needs: &[Fact::Host],
        source: "munged(8); manual 4.1; Leong et al. 2018, section II-F",
        check: Check::View(munge_key),
    }
}

fn munge_key(view: &View<'_>, out: &mut Findings<'_>) {
    let at = "gateway.munge_socket";
    each_host(view, out, |facts, seen| {
        let Some(munge) = &facts.munge else { return };
        let is_open = munge.key_mode.is_some_and(|mode| mode.bits() & 0o177 != 0);
        let is_strange =
            munge.key_owner.as_ref().is_some_and(|owner| !matches!(owner.as_str(), "munge" | "root" | "0"));
        if is_open || is_strange {
            let mode = munge.key_mode.map(|mode| format!(" {mode}")).unwrap_or_default();
            let message = format!("munge.key is {}{mode}", munge.key_owner.as_deref().unwrap_or("?"));
            seen.push(Seen::new(
                at,
                message,
                "run `chown munge:munge` and `chmod 0400` on it, and make a new key if others could read it",
            ));
        }
    });
    // Hosts of all classes share one key; a gateway for several clusters has a daemon and a key for each.
    if view.class.is_some() || !view.describes_nodes() {
        return;
    }
    let mut marks: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for facts in view.context.facts {
        if let Some(mark) = facts.munge.as_ref().and_then(|munge| munge.key_mark.as_deref()) {
            marks.entry(mark).or_default().push(&facts.host);
        }
    }
    if marks.len() > 1 {
        let said: Vec<String> = marks.values().map(|hosts| listed(hosts)).collect();
        out.at(at, format!("munge.key differs between {}", said.join(" and ")), "bring one key to all of them");
    }
}

rule! {
    /// The mount helper is not as the runtime wants it.
    ///
    /// # What it checks
    /// On nodes that facts are known of, `paths.mount_command` is a file of root's that may be executed and that neither group nor others may write.
    ///
    /// # Why is this bad
    /// The runtime checks just that before it mounts an image, and ends every start otherwise.
    ///
    /// # Bad
    /// ```toml
    /// [target]
    /// patches = ["mount-cmd"]
    ///
    /// [paths]
    /// mount_command = "/opt/shifter/libexec/mount"
    /// ```
    /// ```json facts.json
    /// { "paths": { "/opt/shifter/libexec/mount": { "kind": "file", "uid": 0, "owner": "root", "mode": "0775" } } }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [target]
    /// patches = ["mount-cmd"]
    ///
    /// [paths]
    /// mount_command = "/opt/shifter/libexec/mount"
    /// ```
    /// ```json facts.json
    /// { "paths": { "/opt/shifter/libexec/mount": { "kind": "file", "uid": 0, "owner": "root", "mode": "0755" } } }
    /// ```
    ///
    /// # No fix
    /// Owners and modes are changed on the nodes, not in the profile.
    pub(crate) static MOUNT_HELPER = {
        id: id("SEC010", "mount-helper", Error, Security),
        impact: Impact::EveryStart,
        targets: Targets::Except(&[Target::Native]),
        needs: &[Fact::Host],
        source: "loopMount in shifter_core.c",
        check: Check::View(|view, out| each_host(view, out, |facts, seen| {
            for helper in view.named_as(Role::MountHelper) {
                let Some(found) = facts.path(&helper.path) else { continue };
                let wrong = match found.kind {
                    Kind::Unknown => continue,
                    Kind::File if found.is_weak() || found.is_executable() == Some(false) => format!("is {}", found.ownership()),
                    Kind::File => continue,
                    _ => "is not there".to_owned(),
                };
                let message = format!("`{}` {wrong}", helper.path);
                seen.push(Seen::new(helper.key.clone(), message, "give it to root with mode 0755"));
            }
        })),
    }
}

rule! {
    /// A directory above something that root runs or reads can be changed by others.
    ///
    /// # What it checks
    /// On nodes that facts are known of, every directory above the configuration, the mount helper, the SPANK plugin and the kernel modules belongs to root, and neither group nor others may write there
    /// (a directory with the sticky bit aside).
    ///
    /// # Why is this bad
    /// Who can write in a directory can put another file in the place of what lies there, whoever owns it.
    ///
    /// # Bad
    /// ```toml
    /// [paths]
    /// config = "/opt/site/shifter"
    ///
    /// [etc]
    /// path = "/etc/shifter/etc_files"
    /// ```
    /// ```json facts.json
    /// { "paths": { "/opt/site": { "kind": "directory", "uid": 0, "owner": "root", "mode": "0777" } } }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [paths]
    /// config = "/opt/site/shifter"
    ///
    /// [etc]
    /// path = "/etc/shifter/etc_files"
    /// ```
    /// ```json facts.json
    /// { "paths": { "/opt/site": { "kind": "directory", "uid": 0, "owner": "root", "mode": "0755" } } }
    /// ```
    pub(crate) static WRITABLE_PARENT = {
        id: id("SEC011", "writable-parent", Error, Security),
        impact: Impact::Exposure,
        needs: &[Fact::Host],
        source: "path_resolution(7), unlink(2)",
        check: Check::View(|view, out| each_host(view, out, |facts, seen| {
            // Tools, hooks and the files of `/etc` have rules of their own, which look at the directories too.
            let has_own_rule = |role: Role| matches!(role, Role::Tool | Role::Hook | Role::Etc);
            for named in view.named().iter().filter(|named| named.role.is_trusted_by_root() && !has_own_rule(named.role)) {
                if let Some((place, found)) = facts.weak_parent(&named.path) {
                    let message = format!("`{place}`, above `{}`, is {}", named.path, found.ownership());
                    seen.push(Seen::new(named.key.clone(), message, "give the directory to root with mode 0755"));
                }
            }
        })),
    }
}

rule! {
    /// An installed configuration is not as its reader wants it.
    ///
    /// # What it checks
    /// On nodes that facts are known of, `udiRoot.conf` belongs to root, nobody else may write it and everybody may read it; `imagemanager.json` of the original gives others nothing.
    ///
    /// # Why is this bad
    /// The setuid runtime refuses a configuration that others can write, and users' clients read it as the user. `imagemanager.json` holds the password of the database.
    ///
    /// # Bad
    /// ```json facts.json
    /// { "paths": { "/etc/shifter/udiRoot.conf": { "kind": "file", "uid": 0, "owner": "root", "mode": "0664" } } }
    /// ```
    ///
    /// # Good
    /// ```json facts.json
    /// { "paths": { "/etc/shifter/udiRoot.conf": { "kind": "file", "uid": 0, "owner": "root", "mode": "0644" } } }
    /// ```
    pub(crate) static INSTALLED_MODE = {
        id: id("SEC025", "installed-mode", Error, Security),
        impact: Impact::EveryStart,
        needs: &[Fact::Host],
        source: "_validateConfigFile in UdiRootConfig.c; L26",
        check: Check::View(|view, out| each_host(view, out, |facts, seen| installed_mode(view, facts, seen))),
    }
}

fn installed_mode(view: &View<'_>, facts: &Facts, seen: &mut Vec<Seen>) {
    let there = |role: Role| {
        let found = |path: &str| facts.path(path).filter(|found| found.kind == Kind::File);
        view.named_as(role).find_map(|named| Some((named, found(&named.path)?)))
    };
    if let Some((named, found)) = there(Role::UdiRoot) {
        let is_hidden = found.mode.is_some_and(|mode| mode.bits() & 0o444 != 0o444);
        if found.is_weak() || is_hidden {
            let message = format!("`{}` is {}", named.path, found.ownership());
            seen.push(Seen::new(named.key.clone(), message, "give it to root with mode 0644"));
        }
    }
    if let Some((named, found)) = there(Role::ImageManager) {
        let holds_secrets = !view.is_native();
        if holds_secrets && found.mode.map_or(0, Mode::bits) & 0o007 != 0 {
            let message = format!("`{}` is {}", named.path, found.ownership());
            seen.push(Seen::new(named.key.clone(), message, "give it to root, group of the gateway, with mode 0640"));
        }
    }
}

rule! {
    /// SELinux keeps services from what is installed.
    ///
    /// # What it checks
    /// On nodes that facts are known of and where SELinux enforces, nothing that root runs or reads has a label of a home or of `/tmp`, or none.
    ///
    /// # Why is this bad
    /// Files that are moved, not copied, keep the label of the place where they were made. systemd may not execute them, and confined services may not read them (restorecon(8)).
    ///
    /// # Bad
    /// ```json facts.json
    /// { "kernel": { "selinux": "enforcing" }, "paths": { "/etc/shifter": { "kind": "directory", "selinux_type": "user_home_t" } } }
    /// ```
    ///
    /// # Good
    /// ```json facts.json
    /// { "kernel": { "selinux": "enforcing" }, "paths": { "/etc/shifter": { "kind": "directory", "selinux_type": "etc_t" } } }
    /// ```
    pub(crate) static SELINUX_LABEL = {
        id: id("SEC026", "selinux-label", Warn, Compatibility),
        impact: Impact::OneStart,
        needs: &[Fact::Host],
        source: "restorecon(8); selinux(8)",
        check: Check::View(|view, out| each_host(view, out, |facts, seen| {
            if facts.kernel.selinux != Some(crate::facts::Selinux::Enforcing) {
                return;
            }
            let strange = ["user_home_t", "admin_home_t", "user_tmp_t", "tmp_t", "unlabeled_t", "default_t"];
            for named in view.named().iter().filter(|named| named.role.is_trusted_by_root() || named.role == Role::Prefix) {
                let label = facts.path(&named.path).and_then(|found| found.selinux_type.as_deref());
                if let Some(label) = label.filter(|label| strange.contains(label)) {
                    let message = format!("`{}` is labelled {label}", named.path);
                    seen.push(Seen::new(named.key.clone(), message, format!("run `restorecon -R {}`", named.path)));
                }
            }
        })),
    }
}

rule! {
    /// fapolicyd keeps root from what is installed.
    ///
    /// # What it checks
    /// On nodes that facts are known of and where fapolicyd denies, every hook, plugin and mount helper is in its trust, by a package or by a trust file.
    ///
    /// # Why is this bad
    /// What is not trusted may not be executed or loaded (fapolicyd.rules(5)): "Operation not permitted", as root too.
    ///
    /// # Bad
    /// ```toml
    /// [module.gpu]
    /// hooks.root = "/opt/hooks/gpu.sh"
    /// ```
    /// ```json facts.json
    /// {
    ///   "fapolicyd": { "enforcing": true },
    ///   "paths": { "/opt/hooks/gpu.sh": { "kind": "file", "uid": 0, "mode": "0755", "size": 90 } }
    /// }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [module.gpu]
    /// hooks.root = "/opt/hooks/gpu.sh"
    /// ```
    /// ```json facts.json
    /// {
    ///   "fapolicyd": { "enforcing": true, "trusted": ["/opt/hooks"] },
    ///   "paths": { "/opt/hooks/gpu.sh": { "kind": "file", "uid": 0, "mode": "0755", "size": 90 } }
    /// }
    /// ```
    pub(crate) static FAPOLICYD_UNTRUSTED = {
        id: id("SEC027", "fapolicyd-untrusted", Error, Compatibility),
        impact: Impact::OneStart,
        needs: &[Fact::Host],
        source: "fapolicyd.rules(5), fapolicyd.trust(5)",
        check: Check::View(|view, out| each_host(view, out, |facts, seen| {
            let Some(policy) = facts.fapolicyd.as_ref().filter(|policy| policy.enforcing && facts.is_live()) else { return };
            let is_trusted = |path: &str| policy.trusted.iter().any(|known| crate::lint::paths::is_or_lies_in(path, known));
            let runs = |role: Role| matches!(role, Role::MountHelper | Role::Hook | Role::Plugin);
            for named in view.named().iter().filter(|named| runs(named.role)) {
                if facts.path(&named.path).is_some_and(crate::facts::Path::is_there) && !is_trusted(&named.path) {
                    let message = format!("fapolicyd does not trust `{}`", named.path);
                    let help = format!("run `fapolicyd-cli --file add {}` and `fapolicyd-cli --update`", named.path);
                    seen.push(Seen::new(named.key.clone(), message, help));
                }
            }
        })),
    }
}
