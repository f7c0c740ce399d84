//! WLM rules about scripts: what is made is removed, and in which order.

use crate::diagnostic::{Category::*, Severity::*};
use crate::lint::carried::Carried;
use crate::lint::rule::{Impact, id, rule};
use crate::lint::{Check, Findings};
use crate::profile::section::ScriptRole;
use crate::script::{Command, Kind, Part, Script, Word};

rule! {
    /// A script ends before it removed what a job left.
    ///
    /// # What it checks
    /// An epilogue has no `exit` above its `rm`, and a prologue no `exit 0` below the file it makes for a job, unless a `trap` cleans up. An epilogue
    /// may end where it asked for the job's number or for what the job left.
    ///
    /// # Why is this bad
    /// The seeds of the name service hold the identities of every user of the site, and stay where they are (L28 lines 30 and 35, L34 lines 21 to 23).
    ///
    /// # Bad
    /// ```toml
    /// [[script]]
    /// file = "epilogue"
    /// role = "epilogue"
    /// ```
    ///
    /// ```sh epilogue
    /// #!/bin/sh
    /// [ -x /opt/shifter/unsetup ] || exit 0
    /// /opt/shifter/unsetup
    /// rm -f "/var/spool/shifter/passwd.$1"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [[script]]
    /// file = "epilogue"
    /// role = "epilogue"
    /// ```
    ///
    /// ```sh epilogue
    /// #!/bin/sh
    /// trap 'rm -f "/var/spool/shifter/passwd.$1"' EXIT
    /// [ -x /opt/shifter/unsetup ] || exit 0
    /// /opt/shifter/unsetup
    /// ```
    ///
    /// # No fix
    /// A script is its writer's: `--fix` edits profiles only.
    pub(crate) static SEED_CLEANUP = {
        id: id("WLM003", "seed-cleanup", Error, Security),
        impact: Impact::Exposure,
        source: "L28 lines 30 and 35; L34 lines 21 to 23",
        check: Check::View(|view, out| {
            for carried in view.carried().iter().filter(|carried| carried.script().called("trap").next().is_none()) {
                match () {
                    () if carried.is(ScriptRole::Epilogue) => exits_above_rm(carried, out),
                    () if carried.is(ScriptRole::Prologue) => exits_below_seed(carried, out),
                    () => {}
                }
            }
        }),
    }
}

/// A file that belongs to one job: its name holds what the script was given.
fn is_of_a_job(word: &Word) -> bool {
    word.text().contains('/')
        && word.parameters().any(
            |part| matches!(part, Part::Parameter { name, .. } if name.to_uppercase().contains("JOB") || name == "1"),
        )
}

fn exits_above_rm(carried: &Carried<'_>, out: &mut Findings<'_>) {
    let script = carried.script();
    let Some(rm) = script.called("rm").find(|command| command.operands().into_iter().any(is_of_a_job)) else { return };
    let is_early = |exit: &&Command| exit.span.start < rm.span.start && exit.setting.function.is_none();
    for exit in script.called("exit").filter(is_early).filter(|exit| !is_for_want_of_a_job(script, exit)) {
        out.in_script_with(
            carried,
            exit.span.clone(),
            "this way out leaves what the job left",
            "remove it in `trap '...' EXIT` at the top",
            |finding| finding.label(carried.second(rm.span.clone(), "not reached")),
        );
    }
}

/// Whether the test in front of an exit asks for the number of the job, or for a file named after it.
fn is_for_want_of_a_job(script: &Script, exit: &Command) -> bool {
    let asks = |command: &&Command| {
        let is_test = matches!(script.name_of(command).as_deref(), Some("[" | "[[" | "test"));
        match command.kind {
            Kind::Case => exit.setting.branch.is_some(),
            _ => is_test && !command.setting.in_substitution,
        }
    };
    let test = script.commands.iter().filter(|command| command.span.start < exit.span.start).rfind(asks);
    let is_of_it = |name: &String| name == "1" || name.to_uppercase().contains("JOB");
    test.is_some_and(|test| test.words.iter().any(|word| script.sources(word).iter().any(is_of_it)))
}

fn exits_below_seed(carried: &Carried<'_>, out: &mut Findings<'_>) {
    let script = carried.script();
    let makes = |command: &&Command| {
        let copies = matches!(script.name_of(command).as_deref(), Some("cp" | "install"))
            && command.operands().last().is_some_and(|word| is_of_a_job(word));
        copies || command.writes().any(|redirect| is_of_a_job(&redirect.target))
    };
    let Some(seed) = script.simple().find(makes) else { return };
    for exit in script.called("exit").filter(|exit| {
        exit.span.start > seed.span.end && exit.arguments().first().is_some_and(|word| word.is_bare("0"))
    }) {
        out.in_script_with(
            carried,
            exit.span.clone(),
            "this way out leaves what was made for the job",
            "decide whether the job needs it first, or remove it in a `trap`",
            |finding| finding.label(carried.second(seed.span.clone(), "made here")),
        );
    }
}

rule! {
    /// Stopping removes what starting never made.
    ///
    /// # What it checks
    /// Each absolute path that `rm` names in the branch `stop` of a script stands elsewhere in it too, if only with a variable for its name.
    ///
    /// # Why is this bad
    /// Either it is somebody else's file, or the branch `start` lacks a line (L28 line 63: `services` is never made).
    ///
    /// # Bad
    /// ```toml
    /// [[script]]
    /// file = "extra-service"
    /// role = "service"
    /// ```
    ///
    /// ```sh extra-service
    /// #!/bin/sh
    /// case $1 in
    ///     start) ln -s /opt/seeds/passwd /var/run/nscd/passwd ;;
    ///     stop) rm -f /var/run/nscd/passwd /var/run/nscd/services ;;
    /// esac
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [[script]]
    /// file = "extra-service"
    /// role = "service"
    /// ```
    ///
    /// ```sh extra-service
    /// #!/bin/sh
    /// case $1 in
    ///     start) ln -s /opt/seeds/passwd /var/run/nscd/passwd ;;
    ///     stop) rm -f /var/run/nscd/passwd ;;
    /// esac
    /// ```
    ///
    /// # No fix
    /// A script is its writer's: `--fix` edits profiles only.
    pub(crate) static STOP_REMOVES_UNSEEDED = {
        id: id("WLM004", "stop-removes-unseeded", Warn, Correctness),
        source: "L28 line 63",
        check: Check::View(|view, out| {
            for carried in view.carried() {
                let script = carried.script();
                let starts = script.commands.iter().any(|command| command.setting.branch.as_deref() == Some("start"));
                for rm in script.called("rm").filter(|rm| starts && rm.setting.branch.as_deref() == Some("stop")) {
                    for word in rm.operands() {
                        let path = script.resolved(word);
                        let elsewhere = script.commands.iter().filter(|other| other.span != rm.span).flat_map(|other| &other.words);
                        if path.starts_with('/') && !elsewhere.into_iter().any(|other| can_name(&script.resolved(other), &path)) {
                            out.in_script(&carried, word.span.clone(), format!("`{path}` is removed and nothing here makes it"), "take it out, or make it in `start`");
                        }
                    }
                }
            }
        }),
    }
}

/// Whether a text holds `path`, or is a path of the same directory whose name only a run tells.
fn can_name(text: &str, path: &str) -> bool {
    let is_told_late = |(directory, name): (&str, &str)| {
        name.starts_with('$') && path.rsplit_once('/').is_some_and(|own| own.0 == directory)
    };
    text.contains(path) || text.rsplit_once('/').is_some_and(is_told_late)
}

rule! {
    /// Identities are asked for after their cache was stopped.
    ///
    /// # What it checks
    /// In an epilogue, no command that names a user stands below the one that stops nscd, or the service that does.
    ///
    /// # Why is this bad
    /// Every node of the job then asks the directory itself, at the same moment (L34 lines 32 to 37).
    ///
    /// # Bad
    /// ```toml
    /// [[script]]
    /// file = "epilogue"
    /// role = "epilogue"
    /// ```
    ///
    /// ```sh epilogue
    /// #!/bin/sh
    /// USERNAME=$2
    /// /etc/init.d/nscd stop
    /// ps -u "$USERNAME"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [[script]]
    /// file = "epilogue"
    /// role = "epilogue"
    /// ```
    ///
    /// ```sh epilogue
    /// #!/bin/sh
    /// USERNAME=$2
    /// ps -u "$USERNAME"
    /// /etc/init.d/nscd stop
    /// ```
    ///
    /// # No fix
    /// A script is its writer's: `--fix` edits profiles only.
    pub(crate) static EPILOGUE_ORDER = {
        id: id("WLM005", "epilogue-order", Error, Scale),
        impact: Impact::Slow,
        source: "L34 lines 32 to 37",
        check: Check::View(|view, out| {
            for carried in view.carried().iter().filter(|carried| carried.is(ScriptRole::Epilogue)) {
                epilogue_order(carried, out);
            }
        }),
    }
}

fn epilogue_order(carried: &Carried<'_>, out: &mut Findings<'_>) {
    let script = carried.script();
    let Some(stop) = script.simple().find(|command| stops_the_cache(script, command)) else { return };
    let asks = |command: &&Command| {
        let users = |word: &Word| {
            word.parameters()
                .any(|part| matches!(part, Part::Parameter { name, .. } if name.to_uppercase().contains("USER")))
        };
        !command.setting.in_text && command.span.start > stop.span.end && command.words.iter().any(users)
    };
    if let Some(late) = script.simple().find(asks) {
        out.in_script_with(
            carried,
            late.span.clone(),
            "each node asks the directory for the user, for its cache is stopped",
            "stop the services last",
            |finding| finding.label(carried.second(stop.span.clone(), "stopped here")),
        );
    }
}

/// `nscd stop` and its forms, on this node or handed to a launcher; and any service of the site's that is told to stop.
fn stops_the_cache(script: &Script, command: &Command) -> bool {
    let text =
        script.slice(&command.span).split_whitespace().map(|word| word.trim_matches(['"', '\''])).collect::<Vec<_>>();
    text.windows(2).any(|pair| {
        pair[1] == "stop" && (pair[0].ends_with("nscd") || pair[0].ends_with("service")) && pair[0] != "service"
    }) || text.windows(3).any(|three| three[1] == "stop" && three[2].starts_with("nscd"))
        || text.windows(3).any(|three| three[1] == "nscd" && three[2] == "stop")
}

rule! {
    /// What setupRoot needs is started after it.
    ///
    /// # What it checks
    /// No script starts munge or nscd, or loads `loop` or `squashfs`, below the line that runs setupRoot; and none fills the tables of nscd
    /// below the line that starts it.
    ///
    /// # Why is this bad
    /// setupRoot mounts an image through loop and squashfs, and asks the gateway with munge: it fails on every node.
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
    /// /opt/shifter/sbin/setupRoot docker ubuntu:14.04 || exit 1
    /// /etc/init.d/munge start || exit 1
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
    /// /etc/init.d/munge start || exit 1
    /// /opt/shifter/sbin/setupRoot docker ubuntu:14.04 || exit 1
    /// ```
    ///
    /// # No fix
    /// A script is its writer's: `--fix` edits profiles only.
    pub(crate) static MISSING_START_ORDER = {
        id: id("WLM011", "missing-start-order", Error, Correctness),
        impact: Impact::OneStart,
        source: "L28 lines 46 to 56; manual 6.6",
        check: Check::View(|view, out| {
            for carried in view.carried() {
                start_order(&carried, out);
            }
        }),
    }
}

fn start_order(carried: &Carried<'_>, out: &mut Findings<'_>) {
    let script = carried.script();
    let text = |command: &Command| command.words.iter().map(|word| script.resolved(word)).collect::<Vec<_>>().join(" ");
    let needs = |command: &Command| {
        let text = text(command);
        let starts = text.ends_with(" start") && (text.contains("munge") || text.contains("nscd"))
            || text.contains("start munge");
        let loads = matches!(script.name_of(command).as_deref(), Some("insmod" | "modprobe"))
            && (text.contains("loop") || text.contains("squashfs"));
        starts || loads
    };
    let setup = script.called("setupRoot").next();
    let late =
        setup.and_then(|setup| script.simple().find(|command| command.span.start > setup.span.end && needs(command)));
    if let (Some(setup), Some(late)) = (setup, late) {
        out.in_script_with(
            carried,
            late.span.clone(),
            "setupRoot has run by now, and needs this",
            "put it above setupRoot",
            |finding| finding.label(carried.second(setup.span.clone(), "runs here")),
        );
    }
    let nscd =
        script.simple().find(|command| text(command).ends_with("nscd start") || text(command).ends_with("start nscd"));
    let fills = |command: &&Command| {
        script.name_of(command).as_deref() == Some("cp")
            && command.operands().last().is_some_and(|word| script.resolved(word).contains("/nscd/"))
    };
    let late =
        nscd.and_then(|nscd| script.simple().find(|command| command.span.start > nscd.span.end && fills(command)));
    if let (Some(nscd), Some(late)) = (nscd, late) {
        out.in_script_with(
            carried,
            late.span.clone(),
            "nscd has mapped its tables by now",
            "copy them before nscd starts",
            |finding| finding.label(carried.second(nscd.span.clone(), "starts here")),
        );
    }
}
