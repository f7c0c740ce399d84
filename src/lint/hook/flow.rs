//! HOOK rules about results that nobody looks at, or too late.

use crate::diagnostic::{Category::*, Severity::*};
use crate::lint::carried::Carried;
use crate::lint::rule::{Impact, id, rule};
use crate::lint::{Check, Findings};
use crate::profile::section::ScriptRole;
use crate::script::{Command, Kind, Part, Script, Value, Word};

rule! {
    /// A script works in whatever directory it is in when `cd` fails.
    ///
    /// # What it checks
    /// In scripts of root's without errexit, somebody looks at the status of `cd`.
    ///
    /// # Why is this bad
    /// What follows is done in the directory of the caller (L22 line 13).
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
    /// cd /opt/shifter
    /// . imagegw_venv/bin/activate
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
    /// cd /opt/shifter || exit 1
    /// . imagegw_venv/bin/activate
    /// ```
    pub(crate) static UNCHECKED_CD = {
        id: id("HOOK018", "unchecked-cd", Warn, Correctness),
        source: "POSIX cd; L22 line 13",
        check: Check::View(|view, out| {
            for carried in view.carried_of_root() {
                let script = carried.script();
                for command in script.called("cd").filter(|command| is_unlooked_at(script, command)) {
                    out.in_script(&carried, command.span.clone(), "when this fails the script goes on where it is", "write `cd DIRECTORY || exit 1`");
                }
            }
        }),
    }
}

/// Whether nobody looks at the status of a command: no `if`, `&&` or `||`, no `$?` behind it, no errexit.
pub(crate) fn is_unlooked_at(script: &Script, command: &Command) -> bool {
    let is_status = |part: &Part| matches!(part, Part::Parameter { name, .. } if name == "?");
    let behind = script.commands.iter().find(|other| other.span.start >= command.span.end);
    let mut words: Vec<&Word> = Vec::new();
    for other in behind.into_iter().filter(|_| command.kind == Kind::Simple) {
        words.extend(&other.words);
        let values = other.assignments.iter().filter_map(|one| match &one.value {
            Value::Word(word) => Some(word),
            Value::Array(_) => None,
        });
        words.extend(values);
    }
    let is_asked = words.iter().flat_map(|word| &word.parts).any(is_status);
    !command.setting.is_tested && !command.setting.in_text && !is_asked && !script.has_errexit_at(command.span.start)
}

rule! {
    /// A service is started, or an identity put in place, and nobody asks whether it worked.
    ///
    /// # What it checks
    /// In prologues, epilogues and scripts for services without errexit, somebody looks at the status of `/etc/init.d/NAME start`,
    /// `service NAME start`, `systemctl start` and `cp`.
    ///
    /// # Why is this bad
    /// The job starts without munge, or with the name service's tables of another job, and fails on some of its nodes with a message
    /// about something else (L28 lines 50 to 56).
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
    /// /etc/init.d/munge start
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
    /// /etc/init.d/munge start || exit 1
    /// ```
    pub(crate) static RESULT_IGNORED = {
        id: id("HOOK025", "result-ignored", Warn, Correctness),
        impact: Impact::OneStart,
        source: "L28 lines 50 to 56",
        check: Check::View(|view, out| {
            let roles = [ScriptRole::Prologue, ScriptRole::Epilogue, ScriptRole::Service];
            for carried in view.carried_of_root().filter(|carried| roles.iter().any(|role| carried.is(*role))) {
                let script = carried.script();
                for command in script.simple().filter(|command| is_worth_a_look(script, command) && is_unlooked_at(script, command)) {
                    out.in_script(&carried, command.span.clone(), "nobody looks whether this worked", "write `|| exit 1` behind it, or begin with `set -e`");
                }
            }
        }),
    }
}

fn is_worth_a_look(script: &Script, command: &Command) -> bool {
    let starts = |at: usize| command.words.get(at).is_some_and(|word| word.text() == "start");
    let path = command.words.first().map(|word| script.resolved(word)).unwrap_or_default();
    match script.name_of(command).as_deref() {
        Some("cp") => true,
        Some("service") => starts(2),
        Some("systemctl") => starts(1),
        _ => path.contains("/init.d/") && starts(1),
    }
}

rule! {
    /// A result is looked at after it was used.
    ///
    /// # What it checks
    /// Where `ret=$?` follows `data=$(command)`, no loop over `$data` stands before somebody looks at `$ret`.
    ///
    /// # Why is this bad
    /// The loop takes the message of a failure for data (L31 lines 72 to 89).
    ///
    /// # Bad
    /// ```toml
    /// [[script]]
    /// file = "prologue"
    /// role = "prologue"
    /// ```
    ///
    /// ```sh prologue
    /// #!/bin/bash
    /// data=$(shifterimg lookup docker:ubuntu)
    /// ret=$?
    /// while read -r item; do
    ///     id=$item
    /// done <<< "$data"
    /// [ "$ret" -eq 0 ] || exit 1
    /// echo "$id"
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
    /// #!/bin/bash
    /// data=$(shifterimg lookup docker:ubuntu) || exit 1
    /// while read -r item; do
    ///     id=$item
    /// done <<< "$data"
    /// echo "$id"
    /// ```
    pub(crate) static STATUS_TESTED_LATE = {
        id: id("HOOK024", "status-tested-late", Warn, Correctness),
        source: "L31 lines 72 to 89",
        check: Check::View(|view, out| {
            for carried in view.carried() {
                late(&carried, out);
            }
        }),
    }
}

/// Whether a word names the variable.
fn names(word: &Word, variable: &str) -> bool {
    word.parameters().any(|part| matches!(part, Part::Parameter { name, .. } if name == variable))
}

fn late(carried: &Carried<'_>, out: &mut Findings<'_>) {
    let script = carried.script();
    let flat: Vec<&Command> = script.commands.iter().filter(|command| !command.setting.in_substitution).collect();
    for pair in flat.windows(2) {
        let (Some(data), Some(status)) = (only_assignment(pair[0]), only_assignment(pair[1])) else { continue };
        let is_output = matches!(&data.value, Value::Word(word) if word.parts.iter().any(|part| matches!(part, Part::Substitution { .. })));
        let is_status = matches!(&status.value, Value::Word(word) if names(word, "?"));
        if !is_output || !is_status {
            continue;
        }
        let behind: Vec<&&Command> = flat.iter().filter(|command| command.span.start > status.span.end).collect();
        let tested = behind.iter().position(|command| command.words.iter().any(|word| names(word, &status.name)));
        let looped = behind.iter().position(|command| {
            let is_loop = matches!(command.kind, Kind::For { .. } | Kind::Group);
            let redirected = command.redirects.iter().any(|redirect| names(&redirect.target, &data.name));
            is_loop && (redirected || command.words.iter().any(|word| names(word, &data.name)))
        });
        let Some(looped) = looped.filter(|looped| tested.is_none_or(|tested| tested > *looped)) else { continue };
        out.in_script_with(
            carried,
            status.span.clone(),
            format!("`${}` is used before anybody looks at `${}`", data.name, status.name),
            "look at it at once: `data=$(command) || exit 1`",
            |finding| finding.label(carried.second(behind[looped].span.clone(), "used here")),
        );
    }
}

/// The one assignment of a command that is nothing else.
fn only_assignment(command: &Command) -> Option<&crate::script::Assignment> {
    match command.assignments.as_slice() {
        [one] if command.words.is_empty() => Some(one),
        _ => None,
    }
}

rule! {
    /// Success is counted in a file that grows from one attempt to the next.
    ///
    /// # What it checks
    /// `grep` does not count in a file that the script only appends to (`>>`) and never empties.
    ///
    /// # Why is this bad
    /// The answers of an earlier attempt are counted with those of this one, so a job starts on nodes that never answered; so is any
    /// output that happens to hold the text (L31 line 153).
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
    /// log=/var/run/shifter/log
    /// setup_nodes >> "$log" 2>&1
    /// grep -c "exit code: 0" "$log"
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
    /// log=/var/run/shifter/log
    /// setup_nodes > "$log" 2>&1
    /// grep -c "exit code: 0" "$log"
    /// ```
    pub(crate) static COUNT_IN_LOG = {
        id: id("HOOK023", "count-in-appended-log", Error, Correctness),
        source: "L31 line 153; L35 line 56",
        check: Check::View(|view, out| {
            for carried in view.carried() {
                count_in_log(&carried, out);
            }
        }),
    }
}

fn count_in_log(carried: &Carried<'_>, out: &mut Findings<'_>) {
    let script = carried.script();
    for grep in script.called("grep") {
        let Some(file) = grep.operands().get(1).map(|word| script.resolved(word)) else { continue };
        let before = || script.commands.iter().filter(|command| command.span.start < grep.span.start);
        let to_it = |operator: &str| {
            before()
                .flat_map(Command::writes)
                .any(|redirect| redirect.operator == operator && script.resolved(&redirect.target) == file)
        };
        let is_removed = before().any(|command| {
            script.name_of(command).as_deref() == Some("rm")
                && command.operands().iter().any(|word| script.resolved(word) == file)
        });
        if to_it(">>") && !to_it(">") && !is_removed {
            out.in_script(
                carried,
                grep.span.clone(),
                format!("`{file}` holds earlier attempts as well"),
                "begin each attempt with an empty file, and compare the answer of each node",
            );
        }
    }
}
