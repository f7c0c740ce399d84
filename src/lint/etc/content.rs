//! ETC rules about what the files hold that containers get.

use crate::diagnostic::{Category::*, Severity::*};
use crate::facts::{Etc, Role};
use crate::lint::host::{Seen, each_host};
use crate::lint::rule::{Fact, Impact, Targets, id, rule};
use crate::lint::{Check, Findings, View};
use crate::target::Target;

/// Asks about the files on every node where they could be read.
fn each_etc(view: &View<'_>, out: &mut Findings<'_>, mut look: impl FnMut(&Etc, &mut dyn FnMut(String, &str))) {
    each_host(view, out, |facts, seen| {
        let named: Vec<_> = view.named_as(Role::Etc).collect();
        if let (Some(etc), Some(named)) = (&facts.etc, named.first()) {
            look(etc, &mut |message, help| seen.push(Seen::new(named.key.clone(), message, help)));
        }
    });
}

rule! {
    /// Containers are told to ask a name service that they do not have.
    ///
    /// # What it checks
    /// On nodes that facts are known of, nsswitch.conf in `etc.path` names only `files`, `compat` and `altfiles` for `passwd` and `group`.
    ///
    /// # Why is this bad
    /// Images have no `libnss_ldap` or `libnss_sss`, or another version of it, and no daemon to talk to. Each lookup waits or fails (manual 5.2).
    ///
    /// # Bad
    /// ```json facts.json
    /// { "etc": { "nsswitch": { "passwd": ["files", "ldap"] } } }
    /// ```
    ///
    /// # Good
    /// ```json facts.json
    /// { "etc": { "nsswitch": { "passwd": ["files"] } } }
    /// ```
    ///
    /// # No fix
    /// The file lies on the nodes, not in the profile.
    pub(crate) static ETC_NSSWITCH_REMOTE = {
        id: id("ETC006", "etc-nsswitch-remote", Warn, Correctness),
        impact: Impact::OneStart,
        needs: &[Fact::Host],
        source: "manual 5.2 maxGroupCount; nsswitch.conf(5)",
        check: Check::View(|view, out| each_etc(view, out, |etc, say| {
            for database in ["passwd", "group"] {
                let services = etc.nsswitch.as_ref().map(|nsswitch| nsswitch.services(database)).unwrap_or_default();
                let is_local = |service: &String| ["files", "compat", "altfiles", "db"].contains(&service.as_str());
                let remote: Vec<&str> = services.iter().filter(|service| !is_local(service)).map(String::as_str).collect();
                if !remote.is_empty() {
                    let message = format!("nsswitch.conf of containers asks {} for `{database}`", remote.join(", "));
                    say(message, "write `files` alone: the runtime puts the users there");
                }
            }
        })),
    }
}

rule! {
    /// Containers get hashes of passwords.
    ///
    /// # What it checks
    /// On nodes that facts are known of, the second field of `passwd` and `group` in `etc.path` is `x`, `*` or a lock.
    ///
    /// # Why is this bad
    /// Every user can read the files of a container, and try passwords against a hash at leisure.
    ///
    /// # Bad
    /// ```json facts.json
    /// { "etc": { "passwd": { "entries": 2, "root": true, "hashes": ["old"] } } }
    /// ```
    ///
    /// # Good
    /// ```json facts.json
    /// { "etc": { "passwd": { "entries": 2, "root": true } } }
    /// ```
    ///
    /// # No fix
    /// The file lies on the nodes, not in the profile, and a password that could be read is to be changed as well.
    pub(crate) static ETC_HAS_HASHES = {
        id: id("ETC009", "etc-has-hashes", Error, Security),
        impact: Impact::Exposure,
        needs: &[Fact::Host],
        source: "passwd(5)",
        check: Check::View(|view, out| each_etc(view, out, |etc, say| {
            for (file, accounts) in [("passwd", &etc.passwd), ("group", &etc.group)] {
                let names = accounts.as_ref().map(|accounts| accounts.hashes.as_slice()).unwrap_or_default();
                if !names.is_empty() {
                    let message = format!("`{file}` of containers holds the hash of a password for {}", names.join(", "));
                    say(message, "write `x` in the second field, and change the password");
                }
            }
        })),
    }
}

rule! {
    /// The users of containers are empty or not to be read.
    ///
    /// # What it checks
    /// On nodes that facts are known of, `passwd` and `group` in `etc.path` have accounts, root among them, and no line that is none.
    ///
    /// # Why is this bad
    /// A file like that is what a refresh leaves behind when LDAP failed (L43). Programs in containers find no name for their user.
    ///
    /// # Bad
    /// ```json facts.json
    /// { "etc": { "passwd": { "entries": 0 } } }
    /// ```
    ///
    /// # Good
    /// ```json facts.json
    /// { "etc": { "passwd": { "entries": 41, "root": true } } }
    /// ```
    pub(crate) static ETC_EMPTY = {
        id: id("ETC010", "etc-empty", Error, Correctness),
        impact: Impact::OneStart,
        needs: &[Fact::Host],
        source: "passwd(5); L43",
        check: Check::View(|view, out| each_etc(view, out, |etc, say| {
            for (file, accounts) in [("passwd", &etc.passwd), ("group", &etc.group)] {
                let Some(accounts) = accounts else { continue };
                let help = "make the file anew, beside the directory, and rename it when it is whole";
                if accounts.entries == 0 {
                    say(format!("`{file}` of containers has no entries"), help);
                } else if !accounts.root {
                    say(format!("`{file}` of containers has no root"), help);
                }
                if let Some(first) = accounts.bad_lines.first() {
                    say(format!("line {first} of `{file}` of containers is no entry"), help);
                }
            }
        })),
    }
}

rule! {
    /// A group without a password field is lost.
    ///
    /// # What it checks
    /// On nodes that facts are known of, no line of `group` in `etc.path` is `name::gid:`.
    ///
    /// # Why is this bad
    /// The original splits the line with strtok(3), which joins empty fields. It reads the number as the password and the first member as the number, and drops the group.
    ///
    /// # Bad
    /// ```json facts.json
    /// { "etc": { "group": { "entries": 2, "root": true, "empty_passwords": ["staff"] } } }
    /// ```
    ///
    /// # Good
    /// ```json facts.json
    /// { "etc": { "group": { "entries": 2, "root": true } } }
    /// ```
    ///
    /// # No fix
    /// The file lies on the nodes, not in the profile.
    pub(crate) static ETC_GROUP_EMPTY_PASSWORD = {
        id: id("ETC011", "etc-group-empty-password", Error, Correctness),
        impact: Impact::Silent,
        targets: Targets::Except(&[Target::Native]),
        needs: &[Fact::Host],
        source: "filterEtcGroup in shifter_core.c; strtok(3)",
        check: Check::View(|view, out| each_etc(view, out, |etc, say| {
            let names = etc.group.as_ref().map(|group| group.empty_passwords.as_slice()).unwrap_or_default();
            if !names.is_empty() {
                say(format!("`group` of containers has an empty second field for {}", names.join(", ")), "write `x` there");
            }
        })),
    }
}
