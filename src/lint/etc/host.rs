//! ETC rules about the directory that becomes `/etc` of containers.

use crate::diagnostic::{Category::*, Severity::*};
use crate::facts::{Facts, Kind, Named, Path, Role};
use crate::lint::host::{Seen, each_host};
use crate::lint::rt::host::weak;
use crate::lint::rule::{Fact, Impact, Targets, id, rule};
use crate::lint::{Check, Findings, View};
use crate::profile::section::IdentitySource;
use crate::target::Target;

/// Files that the original needs there.
const NEEDED: [&str; 3] = ["group", "nsswitch.conf", "passwd"];

/// Names that the original makes first, so that copying a file of that name fails.
const MADE_FIRST: [&str; 5] = ["hosts", "resolv.conf", "mtab", "udiImage", "ssh"];

/// Asks about the directory on every node that has it.
fn each_directory(
    view: &View<'_>,
    out: &mut Findings<'_>,
    mut look: impl FnMut(&Facts, &Named, &[String], &mut dyn FnMut(String, &str)),
) {
    each_host(view, out, |facts, seen| {
        for etc in view.named_as(Role::Etc) {
            let Some(names) = facts.path(&etc.path).and_then(|found| found.entries.as_ref()) else { continue };
            look(facts, etc, names, &mut |message, help| seen.push(Seen::new(etc.key.clone(), message, help)));
        }
    });
}

/// A file of the directory.
fn entry<'a>(facts: &'a Facts, etc: &Named, name: &str) -> Option<&'a Path> {
    facts.path(&format!("{}/{name}", etc.path))
}

rule! {
    /// A file is missing that every container gets.
    ///
    /// # What it checks
    /// On nodes that facts are known of, `etc.path` is there and holds `passwd`, `group` and `nsswitch.conf`. With `populate_etc = "dynamic"` the runtime makes the first two.
    ///
    /// # Why is this bad
    /// The original copies these three by name and ends the start when one is not there.
    ///
    /// # Bad
    /// ```json facts.json
    /// { "paths": { "/etc/shifter/etc_files": { "kind": "directory", "entries": ["group", "passwd"] } } }
    /// ```
    ///
    /// # Good
    /// ```json facts.json
    /// { "paths": { "/etc/shifter/etc_files": { "kind": "directory", "entries": ["group", "nsswitch.conf", "passwd"] } } }
    /// ```
    pub(crate) static ETC_MISSING_FILES = {
        id: id("ETC001", "etc-missing-files", Error, Correctness),
        impact: Impact::OneStart,
        targets: Targets::Except(&[Target::Native]),
        needs: &[Fact::Host],
        source: "manual 5.2 etcPath; mandatorySiteEtcFiles in shifter_core.c",
        check: Check::View(missing_files),
    }
}

fn missing_files(view: &View<'_>, out: &mut Findings<'_>) {
    let needed: &[&str] = if view.has_dynamic_etc() { &["nsswitch.conf"] } else { &NEEDED };
    each_host(view, out, |facts, seen| {
        for etc in view.named_as(Role::Etc) {
            if facts.lacks(&etc.path) {
                let message = format!("`{}` is not there", etc.path);
                seen.push(Seen::new(etc.key.clone(), message, format!("make it with {}", needed.join(", "))));
            }
        }
    });
    each_directory(view, out, |_, etc, names, say| {
        let lacks = |name: &&&str| !names.iter().any(|known| known == **name);
        let missing: Vec<String> = needed.iter().filter(lacks).map(|name| format!("`{name}`")).collect();
        if !missing.is_empty() {
            say(format!("`{}` has no {}", etc.path, missing.join(", ")), "add what is missing");
        }
    });
}

rule! {
    /// A file has a name that the runtime refuses to copy.
    ///
    /// # What it checks
    /// On nodes that facts are known of, names in `etc.path` are made of letters, digits and `_ : . + -`.
    ///
    /// # Why is this bad
    /// The original copies every file of the directory and ends the start at a name with another character ("illegal characters").
    ///
    /// # Bad
    /// ```json facts.json
    /// { "paths": { "/etc/shifter/etc_files": { "kind": "directory", "entries": ["group", "nsswitch.conf", "passwd", "passwd.bak#"] } } }
    /// ```
    ///
    /// # Good
    /// ```json facts.json
    /// { "paths": { "/etc/shifter/etc_files": { "kind": "directory", "entries": ["group", "nsswitch.conf", "passwd", "services"] } } }
    /// ```
    pub(crate) static ETC_BAD_NAME = {
        id: id("ETC002", "etc-bad-name", Error, Correctness),
        impact: Impact::OneStart,
        targets: Targets::Except(&[Target::Native]),
        needs: &[Fact::Host],
        source: "prepareSiteModifications in shifter_core.c",
        check: Check::View(|view, out| each_directory(view, out, |_, etc, names, say| {
            let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"_:.+-".contains(&b);
            for name in names.iter().filter(|name| !name.bytes().all(is_plain)) {
                say(format!("`{}/{name}` has a character that is refused", etc.path), "delete or rename it");
            }
        })),
    }
}

rule! {
    /// A directory lies among the files of `/etc`.
    ///
    /// # What it checks
    /// On nodes that facts are known of, `etc.path` holds files only.
    ///
    /// # Why is this bad
    /// The original copies files, and ends the start at a directory ("is a directory. Will not copy").
    ///
    /// # Bad
    /// ```json facts.json
    /// {
    ///   "paths": {
    ///     "/etc/shifter/etc_files": { "kind": "directory", "entries": ["group", "nsswitch.conf", "opt", "passwd"] },
    ///     "/etc/shifter/etc_files/opt": { "kind": "directory" }
    ///   }
    /// }
    /// ```
    ///
    /// # Good
    /// ```json facts.json
    /// {
    ///   "paths": {
    ///     "/etc/shifter/etc_files": { "kind": "directory", "entries": ["group", "nsswitch.conf", "passwd", "services"] },
    ///     "/etc/shifter/etc_files/services": { "kind": "file" }
    ///   }
    /// }
    /// ```
    pub(crate) static ETC_SUBDIRECTORY = {
        id: id("ETC003", "etc-subdirectory", Error, Correctness),
        impact: Impact::OneStart,
        targets: Targets::Except(&[Target::Native]),
        needs: &[Fact::Host],
        source: "_shifterCore_copyFile in shifter_core.c",
        check: Check::View(|view, out| each_directory(view, out, |facts, etc, names, say| {
            for name in names {
                if entry(facts, etc, name).is_some_and(|found| found.kind == Kind::Directory) {
                    say(format!("`{}/{name}` is a directory", etc.path), "show it by `[[filesystem]]` instead");
                }
            }
        })),
    }
}

rule! {
    /// A file has the name of one that the runtime makes itself.
    ///
    /// # What it checks
    /// On nodes that facts are known of, `etc.path` holds none of `hosts`, `resolv.conf`, `mtab`, `udiImage`, `ssh`, `shadow` and `group.orig`.
    ///
    /// # Why is this bad
    /// The first five are made before the copies, and a copy over one of them fails the start. `shadow` is emptied and `group.orig` replaced, so neither is what
    /// the site put there.
    ///
    /// # Bad
    /// ```json facts.json
    /// { "paths": { "/etc/shifter/etc_files": { "kind": "directory", "entries": ["group", "nsswitch.conf", "passwd", "resolv.conf"] } } }
    /// ```
    ///
    /// # Good
    /// ```json facts.json
    /// { "paths": { "/etc/shifter/etc_files": { "kind": "directory", "entries": ["group", "nsswitch.conf", "passwd"] } } }
    /// ```
    pub(crate) static ETC_RESERVED_NAME = {
        id: id("ETC004", "etc-reserved-name", Error, Correctness),
        impact: Impact::OneStart,
        targets: Targets::Except(&[Target::Native]),
        needs: &[Fact::Host],
        source: "prepareSiteModifications in shifter_core.c",
        check: Check::View(|view, out| each_directory(view, out, |_, etc, names, say| {
            for name in names {
                if MADE_FIRST.contains(&name.as_str()) {
                    say(format!("`{}/{name}` stands in the way: the runtime makes that file itself", etc.path), "delete it");
                } else if matches!(name.as_str(), "shadow" | "group.orig") {
                    say(format!("`{}/{name}` is replaced by the runtime's own", etc.path), "delete it");
                }
            }
        })),
    }
}

rule! {
    /// Others than root can change the users of every container.
    ///
    /// # What it checks
    /// On nodes that facts are known of, `etc.path`, its files and every directory above belong to root, and neither group nor others may write there.
    ///
    /// # Why is this bad
    /// Root copies these files into each container (manual 5.2). Who can write `passwd` there says who everybody is.
    ///
    /// # Bad
    /// ```json facts.json
    /// { "paths": { "/etc/shifter/etc_files": { "kind": "directory", "uid": 500, "owner": "shifter", "mode": "0755" } } }
    /// ```
    ///
    /// # Good
    /// ```json facts.json
    /// { "paths": { "/etc/shifter/etc_files": { "kind": "directory", "uid": 0, "owner": "root", "mode": "0755" } } }
    /// ```
    ///
    /// # No fix
    /// Owners and modes are changed on the nodes, not in the profile.
    pub(crate) static ETC_NOT_ROOT_OWNED = {
        id: id("ETC005", "etc-not-root-owned", Error, Security),
        impact: Impact::Exposure,
        needs: &[Fact::Host],
        source: "manual 5.2 etcPath",
        check: Check::View(|view, out| each_host(view, out, |facts, seen| {
            for etc in view.named_as(Role::Etc) {
                let names = facts.path(&etc.path).and_then(|found| found.entries.as_deref()).unwrap_or_default();
                let of_files = || names.iter().find_map(|name| weak(facts, &format!("{}/{name}", etc.path)));
                seen.extend(weak(facts, &etc.path).or_else(of_files).map(|what| {
                    let message = format!("others than root can change what containers get as `/etc`: {what}");
                    Seen::new(etc.key.clone(), message, "run `chown -R root:root` and `chmod -R go-w` on the directory")
                }));
            }
        })),
    }
}

rule! {
    /// The name service of the site is not what the profile says.
    ///
    /// # What it checks
    /// On nodes that facts are known of, nsswitch.conf asks for `passwd` what `identity.source` names: `sss` for `sssd`, `ldap` or `sss` for `ldap`, `slurm` for `nss_slurm`, nothing
    /// but `files` (and `systemd`, `compat`, `altfiles`) for `files`.
    ///
    /// # Why is this bad
    /// Rules about identity and the rendered refresh go by that key.
    ///
    /// # Bad
    /// ```toml
    /// [identity]
    /// source = "sssd"
    /// enumerate = true
    /// ```
    /// ```json facts.json
    /// { "nsswitch": { "passwd": ["files", "ldap"] } }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [identity]
    /// source = "sssd"
    /// enumerate = true
    /// ```
    /// ```json facts.json
    /// { "nsswitch": { "passwd": ["sss", "files"] } }
    /// ```
    pub(crate) static IDENTITY_CONTRADICTED = {
        id: id("ETC013", "identity-contradicted", Warn, Correctness),
        needs: &[Fact::Host, Fact::Identity],
        source: "nsswitch.conf(5)",
        check: Check::View(|view, out| {
            let Some(source) = view.identity().source else { return };
            each_host(view, out, |facts, seen| {
                let services = facts.nsswitch.as_ref().map(|nsswitch| nsswitch.services("passwd")).unwrap_or_default();
                let has = |names: &[&str]| services.iter().any(|service| names.contains(&service.as_str()));
                let local = ["files", "systemd", "compat", "altfiles", "db"];
                let fits = match source {
                    IdentitySource::Files => services.iter().all(|service| local.contains(&service.as_str())),
                    IdentitySource::Sssd => has(&["sss"]),
                    IdentitySource::Ldap => has(&["ldap", "sss"]),
                    IdentitySource::NssSlurm => has(&["slurm"]),
                };
                if !services.is_empty() && !fits {
                    let message = format!("users come from `{}`", services.join(" "));
                    seen.push(Seen::new("identity.source", message, "write the source that the nodes use"));
                }
            });
        }),
    }
}
