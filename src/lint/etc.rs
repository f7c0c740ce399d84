//! ETC: the files of /etc in containers.

pub(crate) mod content;
pub(crate) mod host;

use crate::diagnostic::{Category::*, Edit, Fix, KeyPath, Severity::*};
use crate::lint::rule::{Fact, Impact, Repair, id, rule};
use crate::lint::{Check, Findings, View};
use crate::profile::section::{ContainerUsers, Users};
use crate::script::{Command, Script};

const A_DAY: f64 = 86_400.0;

rule! {
    /// New users wait for days until containers know them.
    ///
    /// # What it checks
    /// `etc.refresh.every` is at most a day. A number of seconds under `ETC007` in `[lint.thresholds]` replaces it.
    ///
    /// # Why is this bad
    /// Until the next refresh a new user has no name and no groups in containers, and a user who left still has (Leong et al. 2018, section VII-C; L43 is
    /// weekly).
    ///
    /// # Bad
    /// ```toml
    /// [etc]
    /// refresh = { every = "7d" }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [etc]
    /// refresh = { every = "1h" }
    /// ```
    ///
    /// # Fix
    /// `--unsafe-fixes` writes an hour.
    pub(crate) static ETC_STALE = {
        id: id("ETC007", "etc-stale", Warn, Correctness),
        fix: Repair::Unsafe,
        source: "Leong et al. 2018, section VII-C; L43",
        check: Check::View(|view, out| {
            let Some(every) = view.etc().refresh.as_ref().and_then(|refresh| refresh.every.as_ref()) else { return };
            #[expect(clippy::cast_precision_loss, reason = "an interval in seconds is a small number")]
            if every.seconds() as f64 > out.threshold(A_DAY) {
                let at = KeyPath::from("etc.refresh.every");
                out.report(format!("new users are unknown in containers for up to {every}"), |finding| {
                    finding
                        .at(at.clone(), "")
                        .help("refresh every hour")
                        .fix(Fix::risky("refresh every hour", vec![Edit::set(at, "1h")]))
                });
            }
        }),
    }
}

rule! {
    /// The tables that containers get are empty while they are written, and stay so when the directory does not answer.
    ///
    /// # What it checks
    /// No script writes the output of `getent` into a file called `passwd` or `group`; it writes another file, looks at it and renames it.
    /// A file of that name in a directory that `mktemp` made, or that the script moves to its place later, is such another file.
    ///
    /// # Why is this bad
    /// The shell empties the file before `getent` asks. Without an answer every container on every node knows nobody (L43 lines 16 and 17).
    ///
    /// # Bad
    /// ```toml
    /// [[script]]
    /// file = "refresh"
    /// role = "cron"
    /// ```
    ///
    /// ```sh refresh
    /// #!/bin/sh
    /// getent passwd > /etc/shifter/etc_files/passwd
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [[script]]
    /// file = "refresh"
    /// role = "cron"
    /// ```
    ///
    /// ```sh refresh
    /// #!/bin/sh
    /// set -e
    /// new=$(mktemp /etc/shifter/.passwd.XXXXXX)
    /// getent passwd > "$new"
    /// grep -q '^root:' "$new"
    /// mv "$new" /etc/shifter/etc_files/passwd
    /// ```
    ///
    /// # No fix
    /// A script is its writer's: `--fix` edits profiles only.
    pub(crate) static ETC_REFRESH_NOT_ATOMIC = {
        id: id("ETC008", "etc-refresh-not-atomic", Error, Correctness),
        source: "L43 lines 16 and 17",
        check: Check::View(|view, out| {
            for carried in view.carried() {
                let script = carried.script();
                for command in script.called("getent") {
                    for redirect in command.writes() {
                        let path = script.resolved(&redirect.target);
                        if matches!(path.rsplit('/').next(), Some("passwd" | "group")) && !is_staged(script, command, &path) {
                            out.in_script(&carried, redirect.span.clone(), format!("`{path}` is empty until `getent` has answered, or for good"), "write beside the directory, look at the result and rename it: `etc.refresh` renders that");
                        }
                    }
                }
            }
        }),
    }
}

/// Whether nobody reads the file yet: it lies in a directory of the script's own, or is moved from there later.
fn is_staged(script: &Script, written: &Command, path: &str) -> bool {
    let is_moved = |command: &Command| {
        let operands = command.operands();
        let sources = operands.iter().take(operands.len().saturating_sub(1));
        command.span.start > written.span.start && sources.into_iter().any(|word| script.resolved(word) == path)
    };
    path.starts_with("$(mktemp") || path.starts_with("`mktemp") || script.called("mv").any(is_moved)
}

rule! {
    /// A list of all users is asked for where nobody gives one.
    ///
    /// # What it checks
    /// Where `identity.enumerate = false`, users do not come from `getent` (`etc.refresh.users`), nor is `identity.container_users` `"dump"`.
    ///
    /// # Why is this bad
    /// `getent passwd` then prints local accounts only, and says nothing: the refreshed file has lost every user (sssd.conf(5), enumerate).
    ///
    /// # Bad
    /// ```toml
    /// [identity]
    /// source = "sssd"
    /// enumerate = false
    ///
    /// [etc]
    /// refresh = { every = "1h", users = "getent" }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [identity]
    /// source = "sssd"
    /// enumerate = false
    /// container_users = "job"
    /// ```
    pub(crate) static GETENT_NO_ENUMERATION = {
        id: id("ETC012", "getent-no-enumeration", Error, Correctness),
        impact: Impact::OneStart,
        needs: &[Fact::Identity],
        source: "sssd.conf(5), enumerate; getent(1)",
        check: Check::View(no_enumeration),
    }
}

fn no_enumeration(view: &View<'_>, out: &mut Findings<'_>) {
    let identity = view.identity();
    if identity.enumerate != Some(false) {
        return;
    }
    let refresh = view.etc().refresh.as_ref();
    let by_getent = refresh.is_some_and(|refresh| refresh.users.unwrap_or_default() == Users::Getent);
    let dumps = identity.container_users == Some(ContainerUsers::Dump);
    for (at, _) in
        [("etc.refresh", by_getent), ("identity.container_users", dumps)].into_iter().filter(|(_, asks)| *asks)
    {
        out.report("a list of all users would hold nobody", |finding| {
            finding
                .at(at, "asks for everybody")
                .also("identity.enumerate", "nobody is listed")
                .help("use `container_users = \"job\"`: only who is needed is looked up")
        });
    }
}
