//! HOOK rules about processes, locks, directories and texts that a script shares with others.

use crate::diagnostic::{Category::*, Severity::*};
use crate::lint::Check;
use crate::lint::rule::{Impact, id, rule};
use crate::profile::section::ScriptRole;
use crate::script::{Kind, Part, Script};

rule! {
    /// Processes are started and left alone.
    ///
    /// # What it checks
    /// A script that starts commands with `&` has `wait`, or keeps `$!`.
    ///
    /// # Why is this bad
    /// Nobody learns that they ended, and nobody can end them: a gateway without its workers goes on answering (L22 lines 16 to 20).
    ///
    /// # Bad
    /// ```toml
    /// [[script]]
    /// file = "start"
    /// role = "service"
    /// ```
    ///
    /// ```sh start
    /// #!/bin/sh
    /// /opt/shifter/bin/worker --queue tiny &
    /// /opt/shifter/bin/api --port 5000 &
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [[script]]
    /// file = "start"
    /// role = "service"
    /// ```
    ///
    /// ```sh start
    /// #!/bin/sh
    /// /opt/shifter/bin/worker --queue tiny &
    /// echo $! > /run/shifter/worker.pid
    /// exec /opt/shifter/bin/api --port 5000
    /// ```
    pub(crate) static BACKGROUND_WITHOUT_WAIT = {
        id: id("HOOK019", "background-without-wait", Warn, Correctness),
        source: "POSIX 2.9.3.1; L22 lines 16 to 20",
        check: Check::View(|view, out| {
            for carried in view.carried() {
                let script = carried.script();
                let started: Vec<_> = script.simple().filter(|command| command.setting.in_background && !command.setting.in_text).collect();
                let Some(first) = started.first() else { continue };
                if script.called("wait").next().is_some() || mentions(script, "!") {
                    continue;
                }
                let count = match started.len() {
                    1 => "a process is".to_owned(),
                    many => format!("{many} processes are"),
                };
                out.in_script_with(&carried, first.span.clone(), format!("{count} started and nobody waits for it"), "let the init system run each as a service of its own, or keep `$!` and `wait`", |finding| {
                    started.iter().skip(1).fold(finding, |finding, command| finding.label(carried.second(command.span.clone(), "and this")))
                });
            }
        }),
    }
}

/// Whether a parameter stands anywhere in the script.
fn mentions(script: &Script, wanted: &str) -> bool {
    let is_it = |part: &Part| matches!(part, Part::Parameter { name, .. } if name == wanted);
    let in_words = script.commands.iter().flat_map(|command| &command.words).flat_map(|word| &word.parts).any(is_it);
    in_words || script.text.contains(&format!("${wanted}"))
}

rule! {
    /// Others may look for files by name where only root should.
    ///
    /// # What it checks
    /// In scripts of root's, no `umask` takes reading from group or others and leaves them searching (066, 044) where the script makes
    /// directories.
    ///
    /// # Why is this bad
    /// Directories get mode 0711: nobody can list them, and everybody who guesses a name can open what lies there with other rights, such
    /// as keys and seeds of a job (L31 lines 98 to 101).
    ///
    /// # Bad
    /// ```toml
    /// [[script]]
    /// file = "prologue"
    /// role = "prologue"
    /// ```
    ///
    /// ```sh prologue
    /// #!/bin/sh
    /// umask 066
    /// mkdir -p /var/run/shifter/jobs
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [[script]]
    /// file = "prologue"
    /// role = "prologue"
    /// ```
    ///
    /// ```sh prologue
    /// #!/bin/sh
    /// umask 077
    /// mkdir -p /var/run/shifter/jobs
    /// ```
    pub(crate) static UMASK_KEEPS_SEARCH = {
        id: id("HOOK022", "umask-keeps-search", Warn, Security),
        impact: Impact::Exposure,
        source: "umask(2); L31 lines 98 to 101",
        check: Check::View(|view, out| {
            for carried in view.carried_of_root() {
                let script = carried.script();
                for command in script.called("umask") {
                    let Some(mask) = command.operands().first().and_then(|word| word.literal()) else { continue };
                    let searches = |digit: char| digit.to_digit(8).is_some_and(|bits| bits & 4 != 0 && bits & 1 == 0);
                    let makes = script.called("mkdir").any(|make| make.span.start > command.span.end);
                    if mask.chars().all(|c| c.is_digit(8)) && mask.chars().rev().take(2).any(searches) && makes {
                        out.in_script(&carried, command.span.clone(), format!("with umask {mask} directories can be searched by all"), "write `umask 077`");
                    }
                }
            }
        }),
    }
}

rule! {
    /// A lock is looked at and not taken.
    ///
    /// # What it checks
    /// A script of root's that tests whether a lock file is there also takes one: with `flock`, `mkdir`, `ln` or `set -o noclobber`.
    ///
    /// # Why is this bad
    /// Between the look and the work somebody else begins (L43 lines 7 to 16).
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
    /// [ ! -f /rr/current/.shared/.session-lock ] || exit 1
    /// xtopview -r /rr/current -e true
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
    /// exec 9> /run/lock/shifter-refresh
    /// flock -n 9 || exit 1
    /// [ ! -f /rr/current/.shared/.session-lock ] || exit 1
    /// xtopview -r /rr/current -e true
    /// ```
    pub(crate) static LOCK_NOT_TAKEN = {
        id: id("HOOK026", "lock-not-taken", Warn, Correctness),
        source: "L43 lines 7 to 16; flock(1)",
        check: Check::View(|view, out| {
            for carried in view.carried_of_root() {
                let script = carried.script();
                let takes_one = ["flock", "lockfile", "mkdir", "ln"].iter().any(|name| script.called(name).next().is_some()) || script.text.contains("noclobber");
                if takes_one {
                    continue;
                }
                for command in script.simple().filter(|command| command.words.first().is_some_and(|word| matches!(word.text().as_str(), "[" | "[[" | "test"))) {
                    let lock = command.words.iter().find(|word| script.resolved(word).rsplit('/').next().is_some_and(|name| name.contains("lock")));
                    if let Some(lock) = lock.filter(|lock| script.resolved(lock).contains('/')) {
                        out.in_script(&carried, lock.span.clone(), "the lock is looked at and not taken", "take one with `flock -n` and hold it to the end");
                    }
                }
            }
        }),
    }
}

rule! {
    /// An init script cannot stop what it starts.
    ///
    /// # What it checks
    /// A script with `role = "init"` has a `case` with a branch for `stop`.
    ///
    /// # Why is this bad
    /// The init system calls it with `start` and `stop`. Without the second the old processes hold their ports at the next start (L22).
    ///
    /// # Bad
    /// ```toml
    /// [[script]]
    /// file = "shifter-imagegw"
    /// role = "init"
    /// ```
    ///
    /// ```sh shifter-imagegw
    /// #!/bin/sh
    /// exec /opt/shifter/bin/api --port 5000
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [[script]]
    /// file = "shifter-imagegw"
    /// role = "init"
    /// ```
    ///
    /// ```sh shifter-imagegw
    /// #!/bin/sh
    /// case ${1:-} in
    ///     start) /opt/shifter/bin/api --port 5000 --daemon ;;
    ///     stop) kill "$(cat /run/shifter/api.pid)" ;;
    /// esac
    /// ```
    pub(crate) static INIT_WITHOUT_STOP = {
        id: id("HOOK027", "init-without-stop", Warn, Correctness),
        source: "LSB 5.0, init script actions; L22",
        check: Check::View(|view, out| {
            for carried in view.carried().into_iter().filter(|carried| carried.is(ScriptRole::Init)) {
                let script = carried.script();
                let stops = script.commands.iter().filter(|command| command.kind == Kind::Branch).flat_map(|branch| &branch.words).any(|word| word.text() == "stop");
                if let Some(first) = script.commands.first().filter(|_| !stops) {
                    out.in_script(&carried, first.span.clone(), "there is no branch for `stop`", "let the toolkit render the service, or write `case $1 in start) ...;; stop) ...;; esac`");
                }
            }
        }),
    }
}

rule! {
    /// What a job asked for is guessed from a page for people.
    ///
    /// # What it checks
    /// The output of `qstat` is not searched with `grep`.
    ///
    /// # Why is this bad
    /// `qstat -f` folds long lines in the middle of a value, and a word of a pattern also matches inside another name: `\bshifter16\b`
    /// matches `shifter16-test` and a job's own comment (L28 line 3, L34 line 3).
    ///
    /// # Bad
    /// ```toml
    /// [[script]]
    /// file = "prologue"
    /// role = "prologue"
    /// ```
    ///
    /// ```sh prologue
    /// #!/bin/sh
    /// qstat -f "$1" | grep -q shifter && exec /opt/shifter/prologue
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [[script]]
    /// file = "prologue"
    /// role = "prologue"
    /// ```
    ///
    /// ```sh prologue
    /// #!/bin/sh
    /// asked=$(qstat -f1 "$1" | sed -n 's/^ *Resource_List.gres = //p')
    /// [ "$asked" = shifter ] && exec /opt/shifter/prologue
    /// ```
    pub(crate) static QSTAT_GREPPED = {
        id: id("HOOK028", "qstat-grepped", Warn, Correctness),
        source: "qstat(1B), -f and -1; L28 line 3",
        check: Check::View(|view, out| {
            for carried in view.carried() {
                let script = carried.script();
                // The listing closes its `$(` in front of the pipe, so the two need not be of one pipeline.
                for pair in script.commands.windows(2) {
                    let named = |n: usize, name: &str| script.name_of(&pair[n]).as_deref() == Some(name);
                    if named(0, "qstat") && named(1, "grep") && pair[1].setting.from_pipe {
                        out.in_script(&carried, pair[1].span.clone(), "the page of `qstat` is searched for a word", "read the one key wanted from `qstat -f1`, and compare it whole");
                    }
                }
            }
        }),
    }
}
