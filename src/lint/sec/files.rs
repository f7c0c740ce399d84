//! SEC rules about who owns what is installed, and where root writes.

use crate::diagnostic::{Category::*, Edit, Fix, KeyPath, Severity::*};
use crate::lint::mounts::Mount;
use crate::lint::paths::is_or_lies_in;
use crate::lint::rule::{Fact, Impact, Repair, id, rule};
use crate::lint::storage::Storage;
use crate::lint::{Check, Findings, View};
use crate::profile::section::InstallFile;
use crate::profile::section::scalar::AbsPath;
use crate::script::{Command, Script};

/// Rendered files that hold secrets.
const SECRET_FILES: [&str; 2] = ["imagemanager.json", "redis.conf"];

fn installed<'a>(view: &View<'a>, file: &str) -> Option<(KeyPath, &'a InstallFile)> {
    let entry = view.install().files.get(file)?;
    Some((KeyPath::from(["install", file]), entry))
}

rule! {
    /// A file with secrets can be read by everybody.
    ///
    /// # What it checks
    /// `install."imagemanager.json".mode` and `install."redis.conf".mode` give others nothing and the group no right to write.
    ///
    /// # Why is this bad
    /// These files hold the passwords of the database and the broker (L26).
    ///
    /// # Bad
    /// ```toml
    /// [install."imagemanager.json"]
    /// owner = "root"
    /// group = "shifter"
    /// mode = "0644"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [install."imagemanager.json"]
    /// owner = "root"
    /// group = "shifter"
    /// mode = "0640"
    /// ```
    ///
    /// # Fix
    /// `--fix` writes 0640.
    pub(crate) static SECRET_ARTIFACT_MODE = {
        id: id("SEC003", "secret-artifact-mode", Error, Security),
        impact: Impact::Exposure,
        fix: Repair::Safe,
        source: "L26",
        check: Check::View(|view, out| {
            for file in SECRET_FILES {
                let Some((at, entry)) = installed(view, file) else { continue };
                if let Some(mode) = entry.mode.as_ref().filter(|mode| mode.bits() & 0o007 != 0) {
                    let at = at.key("mode");
                    out.report(format!("everybody can read `{file}`, which holds secrets (mode {mode})"), |finding| {
                        finding
                            .at(at.clone(), "")
                            .help("write 0640")
                            .fix(Fix::safe("write 0640", vec![Edit::set(at, "0640")]))
                    });
                }
            }
        }),
    }
}

rule! {
    /// A service may write its own configuration.
    ///
    /// # What it checks
    /// imagemanager.json does not belong to the gateway's user, nor redis.conf to `redis`, and their group may not write them.
    ///
    /// # Why is this bad
    /// Who takes over the service keeps it: he changes what it does at the next start, and where images come from (L26 has `shifter:root 660`).
    ///
    /// # Bad
    /// ```toml
    /// [install."imagemanager.json"]
    /// owner = "shifter"
    /// group = "root"
    /// mode = "0640"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [install."imagemanager.json"]
    /// owner = "root"
    /// group = "shifter"
    /// mode = "0640"
    /// ```
    ///
    /// # Fix
    /// `--fix` gives it to root.
    pub(crate) static SERVICE_WRITES_CONFIG = {
        id: id("SEC004", "service-writes-config", Warn, Security),
        impact: Impact::Exposure,
        fix: Repair::Safe,
        source: "L26",
        check: Check::View(service_writes),
    }
}

fn service_writes(view: &View<'_>, out: &mut Findings<'_>) {
    let user = view.gateway().user.as_ref().map_or("shifter", |user| user.as_str());
    for (file, service) in [("imagemanager.json", user), ("redis.conf", "redis")] {
        let Some((at, entry)) = installed(view, file) else { continue };
        let is_the_owner = entry.owner.as_ref().is_some_and(|owner| owner.as_str() == service);
        let group_writes = entry.mode.as_ref().is_some_and(|mode| mode.bits() & 0o020 != 0);
        if is_the_owner || group_writes {
            let edits = vec![
                Edit::set(at.clone().key("owner"), "root"),
                Edit::set(at.clone().key("group"), service),
                Edit::set(at.clone().key("mode"), "0640"),
            ];
            out.report(format!("the service that reads `{file}` may change it"), |finding| {
                finding
                    .at(at.key(if is_the_owner { "owner" } else { "mode" }), "")
                    .help(format!("let it belong to root, group `{service}`, mode 0640"))
                    .fix(Fix::safe("give it to root", edits))
            });
        }
    }
}

rule! {
    /// The runtime refuses its configuration, or users' clients cannot read it.
    ///
    /// # What it checks
    /// `install."udiRoot.conf"` belongs to root and has mode 0644.
    ///
    /// # Why is this bad
    /// The setuid runtime starts nothing when others than root may write its configuration ("must not be writable"). The client is not setuid and has
    /// to read it as the user.
    ///
    /// # Bad
    /// ```toml
    /// [install."udiRoot.conf"]
    /// mode = "0664"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [install."udiRoot.conf"]
    /// mode = "0644"
    /// ```
    ///
    /// # Fix
    /// `--fix` writes root and 0644.
    pub(crate) static UDIROOT_CONF_MODE = {
        id: id("SEC005", "udiroot-conf-mode", Error, Security),
        impact: Impact::EveryStart,
        fix: Repair::Safe,
        source: "_validateConfigFile in UdiRootConfig.c; run",
        check: Check::View(|view, out| {
            let Some((at, entry)) = installed(view, "udiRoot.conf") else { return };
            let owner = entry.owner.as_ref().filter(|owner| owner.as_str() != "root");
            let mode = entry.mode.as_ref().filter(|mode| mode.bits() != 0o644);
            if owner.is_some() || mode.is_some() {
                let edits =
                    vec![Edit::set(at.clone().key("owner"), "root"), Edit::set(at.clone().key("mode"), "0644")];
                out.report("udiRoot.conf has to belong to root with mode 0644", |finding| {
                    finding
                        .at(at.key(if owner.is_some() { "owner" } else { "mode" }), "")
                        .help("write `owner = \"root\"` and `mode = \"0644\"`")
                        .fix(Fix::safe("write root and 0644", edits))
                });
            }
        }),
    }
}

rule! {
    /// Users can change what root will believe.
    ///
    /// # What it checks
    /// `wlm.spool` does not lie in `/tmp`, `/var/tmp`, `/dev/shm`, or at a place where `[storage]` says `users_write = true`. No script of root's copies
    /// tables of the name service to or from such a place, or a file system that containers show writable, unless it asked `stat` who owns them, or
    /// their directory.
    ///
    /// # Why is this bad
    /// The prologue leaves name service caches there, and the nodes install them as root. Who can write the directory decides who is who on the nodes of
    /// the next job (L28).
    ///
    /// # Bad
    /// ```toml
    /// [wlm]
    /// kind = "torque"
    /// spool = "/tmp/shifter"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [wlm]
    /// kind = "torque"
    /// spool = "/shared/spool/shifter"
    /// ```
    ///
    /// # No fix
    /// Which directory of the site belongs to root alone, only the site knows.
    pub(crate) static SPOOL_TAMPER = {
        id: id("SEC012", "spool-tamper", Error, Security),
        impact: Impact::Exposure,
        source: "L28 line 25",
        check: Check::View(|view, out| {
            seeds(view, out);
            let Some(spool) = view.wlm().spool.as_ref() else { return };
            if let Some(place) = view.users_write_to(spool.as_str()) {
                out.at("wlm.spool", format!("root installs what lies in `{spool}`, and users write in `{place}`"), "use a directory of root's with mode 0700");
            }
        }),
    }
}

/// The copies of the name service's tables in scripts of root's, to and from where users reach.
fn seeds(view: &View<'_>, out: &mut Findings<'_>) {
    for carried in view.carried_of_root() {
        let script = carried.script();
        for copy in script.called("cp") {
            let paths: Vec<_> = copy.operands().into_iter().map(|word| (word, script.resolved(word))).collect();
            if !paths.iter().any(|(_, path)| path.contains("/nscd/")) {
                continue;
            }
            let reached = paths.iter().find_map(|(word, path)| Some((word, path, users_reach(view, path)?)));
            if let Some((word, path, place)) = reached.filter(|(_, path, _)| !owner_is_asked(script, path, copy)) {
                let message = format!("root installs what lies in `{path}`, where users can reach");
                out.in_script_with(
                    &carried,
                    word.span.clone(),
                    message,
                    "use a directory of root's with mode 0700, and `umask 077`",
                    |finding| finding.also(place, "users write there"),
                );
            }
        }
    }
}

/// Whether the script looks at the owner of `path`, or of a directory above it, before it copies.
fn owner_is_asked(script: &Script, path: &str, copy: &Command) -> bool {
    let asked = script.called("stat").filter(|stat| stat.span.start < copy.span.start);
    let mut asked = asked.filter(|stat| stat.words.iter().any(|word| script.resolved(word).contains("%u")));
    asked.any(|stat| stat.words.iter().any(|word| is_or_lies_in(path, &script.resolved(word))))
}

rule! {
    /// Root writes a log where users can reach.
    ///
    /// # What it checks
    /// `wlm.log` does not lie in a file system that containers show writable, below a symlink of the site, or where `[storage]` says
    /// `users_write = true`; nor does any file that a script of root's writes.
    ///
    /// # Why is this bad
    /// A user who may write the directory puts a symlink in the log's place, and root appends to any file of the system (L28, L42).
    ///
    /// # Bad
    /// ```toml
    /// [[filesystem]]
    /// source = "/scratch"
    ///
    /// [wlm]
    /// kind = "torque"
    /// log = "/scratch/system/shifter.log"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [[filesystem]]
    /// source = "/scratch"
    ///
    /// [wlm]
    /// kind = "torque"
    /// log = "/var/log/shifter.log"
    /// ```
    ///
    /// # Fix
    /// `--unsafe-fixes` removes the key: the scripts then use the system's log. It is not safe, because whoever reads the file
    /// would miss it.
    pub(crate) static ROOT_LOG_IN_SCRATCH = {
        id: id("SEC015", "root-log-in-scratch", Warn, Security),
        impact: Impact::Exposure,
        fix: Repair::Unsafe,
        source: "L28 line 5; L42",
        check: Check::View(root_log),
    }
}

/// What lets users reach `path`: a file system that containers show writable, a symlink of the site, or `[storage]`.
fn users_reach(view: &View<'_>, path: &str) -> Option<KeyPath> {
    if !path.starts_with('/') {
        return None;
    }
    let mounts = view.mounts();
    let links = view.symlinks();
    let mount = mounts.iter().find(|mount| !mount.has("ro") && is_or_lies_in(path, mount.source));
    let link = links.iter().find(|link| is_or_lies_in(path, link.link));
    let told = view.storage_of(path).filter(Storage::users_write);
    mount.map(Mount::source_key).or(link.map(|link| link.at.clone())).or(told.map(|place| place.at()))
}

fn root_log(view: &View<'_>, out: &mut Findings<'_>) {
    for carried in view.carried_of_root() {
        let script = carried.script();
        for redirect in script.commands.iter().flat_map(Command::writes) {
            let path = script.resolved(&redirect.target);
            if let Some(place) = users_reach(view, &path) {
                let message = format!("root writes `{path}`, where users can reach");
                out.in_script_with(
                    &carried,
                    redirect.span.clone(),
                    message,
                    "use `logger`, or a directory of root's below `/var/log`",
                    |finding| finding.also(place, "users write there"),
                );
            }
        }
    }
    let Some(log) = view.wlm().log.as_ref().map(AbsPath::as_str) else { return };
    let place = users_reach(view, log);
    if let Some(place) = place {
        out.report(format!("root appends to `{log}`, where users can reach"), |finding| {
            finding
                .at("wlm.log", "")
                .also(place, "users write there")
                .help("leave the key out and use the system's log, or name a file below `/var/log`")
                .fix(Fix::risky("use the system's log", vec![Edit::remove("wlm.log")]))
        });
    }
}

rule! {
    /// The setuid runtime lies on a file system that takes its right away.
    ///
    /// # What it checks
    /// The file system that `[storage]` names for `paths.prefix` has no `nosuid = true`.
    ///
    /// # Why is this bad
    /// `shifter` then runs as the user and cannot mount anything (mount(8), nosuid).
    ///
    /// # Bad
    /// ```toml
    /// [storage]
    /// "/opt" = { type = "nfs4", nosuid = true }
    ///
    /// [paths]
    /// prefix = "/opt/shifter"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [storage]
    /// "/opt" = { type = "nfs4" }
    ///
    /// [paths]
    /// prefix = "/opt/shifter"
    /// ```
    pub(crate) static SETUID_ON_NOSUID = {
        id: id("RT028", "setuid-on-nosuid", Error, Correctness),
        impact: Impact::EveryStart,
        needs: &[Fact::Storage],
        source: "mount(8), nosuid; execve(2)",
        check: Check::View(|view, out| {
            let prefix = view.paths().prefix.as_ref().map_or("/usr", |prefix| prefix.as_str());
            if let Some(storage) = view.storage_of(prefix).filter(|storage| storage.facts.nosuid == Some(true)) {
                out.report(format!("`{prefix}` is mounted nosuid: the runtime has no rights there"), |finding| {
                    finding.at("paths.prefix", "").also(storage.at(), "told here").help("install it on another file system")
                });
            }
        }),
    }
}
