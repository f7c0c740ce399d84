//! HOOK rules about how a script is written.

use crate::diagnostic::{Category::*, Edit, Fix, Severity::*};
use crate::lint::Check;
use crate::lint::carried::Purpose;
use crate::lint::rule::{Impact, Repair, id, rule};
use crate::script::Script;
use std::ops::Range;

rule! {
    /// A hook goes on after a failure.
    ///
    /// # What it checks
    /// A whole script says `set -e`. The lines of `extra` follow a rendered one.
    ///
    /// # Why is this bad
    /// A `mkdir` that fails shows up later as a mount that fails, or not at all.
    ///
    /// # Bad
    /// ```toml
    /// [hooks.premount.script]
    /// file = "premount.sh"
    /// ```
    ///
    /// ```sh premount.sh
    /// #!/bin/sh
    /// PATH=/usr/bin:/bin
    /// [ "$PWD" = /var/udiMount ] || exit 1
    /// mkdir -p global
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [hooks.premount.script]
    /// file = "premount.sh"
    /// ```
    ///
    /// ```sh premount.sh
    /// #!/bin/sh
    /// set -eu
    /// PATH=/usr/bin:/bin
    /// [ "$PWD" = /var/udiMount ] || exit 1
    /// mkdir -p global
    /// ```
    ///
    /// # Fix
    /// `--unsafe-fixes` puts `set -eu` below the first line. It is not safe: a command whose failure was of no account ends the script then. A script whose `sha256` the profile gives is left as it is.
    pub(crate) static HOOK_NO_ERREXIT = {
        id: id("HOOK004", "hook-no-errexit", Warn, Correctness),
        fix: Repair::Unsafe,
        source: "POSIX set, -e; L19",
        check: Check::View(|view, out| {
            for carried in view.carried_hooks().filter(|carried| carried.purpose == Purpose::Hook) {
                let script = carried.script();
                if let Some(first) = script.commands.first().filter(|_| !script.has_errexit_at(script.text.len())) {
                    let fix = Fix::risky("begin with `set -eu`", vec![Edit::script(after_interpreter(script), "set -eu\n")]);
                    out.in_script_fixed(&carried, first.span.clone(), "a failure does not end the script", "begin with `set -eu`", Some(fix));
                }
            }
        }),
    }
}

rule! {
    /// The last line hides that the script failed.
    ///
    /// # What it checks
    /// A hook without `set -e` does not end with `exit 0`.
    ///
    /// # Why is this bad
    /// The runtime looks at the status: with `exit 0` at the end there is none to see (L19).
    ///
    /// # Bad
    /// ```toml
    /// [lint]
    /// ignore = ["HOOK004"]
    ///
    /// [hooks.premount.script]
    /// file = "premount.sh"
    /// ```
    ///
    /// ```sh premount.sh
    /// #!/bin/sh
    /// PATH=/usr/bin:/bin
    /// [ "$PWD" = /var/udiMount ] || exit 1
    /// mkdir -p global
    /// exit 0
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [hooks.premount.script]
    /// file = "premount.sh"
    /// ```
    ///
    /// ```sh premount.sh
    /// #!/bin/sh
    /// set -eu
    /// PATH=/usr/bin:/bin
    /// [ "$PWD" = /var/udiMount ] || exit 1
    /// mkdir -p global
    /// ```
    ///
    /// # Fix
    /// `--fix` drops the line. A script whose `sha256` the profile gives is left as it is.
    pub(crate) static HOOK_TRAILING_EXIT_ZERO = {
        id: id("HOOK005", "hook-trailing-exit-zero", Warn, Correctness),
        fix: Repair::Safe,
        source: "L19 line 21",
        check: Check::View(|view, out| {
            for carried in view.carried_hooks().filter(|carried| carried.purpose == Purpose::Hook) {
                let script = carried.script();
                let last = script.commands.last().filter(|command| !command.setting.is_conditional);
                let is_exit = |name: &str| name == "exit";
                let Some(last) = last.filter(|command| script.name_of(command).as_deref().is_some_and(is_exit)) else { continue };
                if last.arguments().first().is_some_and(|word| word.is_bare("0")) && !script.has_errexit_at(last.span.start) {
                    let line = whole_line(&script.text, &last.span);
                    let fix = line.map(|line| Fix::safe("drop the line", vec![Edit::script(line, "")]));
                    out.in_script_fixed(&carried, last.span.clone(), "whatever failed above, the script succeeds", "drop the line, and begin with `set -eu`", fix);
                }
            }
        }),
    }
}

rule! {
    /// A hook finds its programs by chance.
    ///
    /// # What it checks
    /// A whole script sets `PATH`. The lines of `extra` follow a rendered one.
    ///
    /// # Why is this bad
    /// From the `shifter` command a hook gets an empty environment, from setupRoot a fixed one: what it finds differs between
    /// the two, and from what an administrator sees who tries it.
    ///
    /// # Bad
    /// ```toml
    /// [hooks.premount.script]
    /// file = "premount.sh"
    /// ```
    ///
    /// ```sh premount.sh
    /// #!/bin/sh
    /// set -eu
    /// [ "$PWD" = /var/udiMount ] || exit 1
    /// mkdir -p global
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [hooks.premount.script]
    /// file = "premount.sh"
    /// ```
    ///
    /// ```sh premount.sh
    /// #!/bin/sh
    /// set -eu
    /// PATH=/usr/bin:/bin
    /// [ "$PWD" = /var/udiMount ] || exit 1
    /// mkdir -p global
    /// ```
    ///
    /// # Fix
    /// `--fix` sets, below the first line, the PATH that setupRoot gives. A script whose `sha256` the profile gives is left as it is.
    pub(crate) static HOOK_NO_PATH = {
        id: id("HOOK007", "hook-no-path", Warn, Correctness),
        fix: Repair::Safe,
        impact: Impact::OneStart,
        source: "shifter.c, clearenv; setupRoot.c",
        check: Check::View(|view, out| {
            for carried in view.carried_hooks().filter(|carried| carried.purpose == Purpose::Hook) {
                let script = carried.script();
                let calls_by_name = script.simple().find(|command| !is_found_without_a_path(script.name_of(command), command));
                if let Some(first) = calls_by_name.filter(|_| script.assigned("PATH", script.text.len()).is_none()) {
                    let line = Edit::script(after_interpreter(script), "PATH=/usr/bin:/usr/sbin:/bin:/sbin\n");
                    let fix = Fix::safe("set the PATH that setupRoot gives", vec![line]);
                    out.in_script_fixed(&carried, first.span.clone(), "the script does not say where its programs are", "begin with `PATH=/usr/bin:/usr/sbin:/bin:/sbin`", Some(fix));
                }
            }
        }),
    }
}

/// Where a line can be put in below the one that names the interpreter.
pub(super) fn after_interpreter(script: &Script) -> Range<usize> {
    let first = script.text.split_inclusive('\n').next().unwrap_or_default();
    let at = if first.starts_with("#!") && first.ends_with('\n') { first.len() } else { 0 };
    at..at
}

/// The line of a command, with its end, where nothing else is on it.
fn whole_line(text: &str, command: &Range<usize>) -> Option<Range<usize>> {
    let start = text[..command.start].rfind('\n').map_or(0, |at| at + 1);
    let end = text[command.end..].find('\n').map_or(text.len(), |at| command.end + at + 1);
    (text[start..end].trim() == text[command.clone()].trim()).then_some(start..end)
}

/// Whether a command is part of the shell, or named with its directory.
fn is_found_without_a_path(name: Option<String>, command: &crate::script::Command) -> bool {
    const BUILTINS: &[&str] = &[
        "[", "[[", "set", "cd", "pwd", "exit", "umask", "export", "return", "shift", "trap", ":", "echo", "test",
        "local", "true", "false",
    ];
    let by_path = command.words.first().is_some_and(|word| word.text().starts_with('/'));
    by_path || name.is_none_or(|name| BUILTINS.contains(&name.as_str()))
}

rule! {
    /// A hook waits for the network, at every start of a container.
    ///
    /// # What it checks
    /// No hook runs `curl`, `wget`, `getent`, `ssh`, `scp`, `rsync`, `ldapsearch`, `host`, `nslookup`, `sleep` or `find /`.
    ///
    /// # Why is this bad
    /// It runs on every node of a job at the same moment: 4,000 nodes ask one server.
    ///
    /// # Bad
    /// ```toml
    /// [hooks.premount]
    /// extra = "premount.sh"
    /// ```
    ///
    /// ```sh premount.sh
    /// getent passwd > etc/passwd.site
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [hooks.premount]
    /// extra = "premount.sh"
    /// ```
    ///
    /// ```sh premount.sh
    /// cp /etc/shifter/passwd.site etc/passwd.site
    /// ```
    pub(crate) static HOOK_SLOW = {
        id: id("HOOK008", "hook-slow", Warn, Scale),
        impact: Impact::Slow,
        source: "manual 5.2 sitePreMountHook",
        check: Check::View(|view, out| {
            const SLOW: &[&str] = &["curl", "wget", "getent", "ssh", "scp", "rsync", "ldapsearch", "host", "nslookup", "sleep"];
            for carried in view.carried_hooks() {
                let script = carried.script();
                for command in script.simple() {
                    let Some(name) = script.name_of(command) else { continue };
                    let searches_all = name == "find" && command.arguments().first().is_some_and(|word| word.is_bare("/"));
                    if SLOW.contains(&name.as_str()) || searches_all {
                        out.in_script(&carried, command.span.clone(), format!("`{name}` runs at each start of a container on each node"), "do it once, as with `etc.refresh`, and let the hook use the result");
                    }
                }
            }
        }),
    }
}

rule! {
    /// A script that the profile names says nothing, or is not there.
    ///
    /// # What it checks
    /// Each file of `hooks.*.script`, `hooks.*.extra` and `[[script]]` can be read and holds a command.
    ///
    /// # Why is this bad
    /// The runtime refuses to start where a hook is missing, and an empty one does none of what its name says.
    ///
    /// # Bad
    /// ```toml
    /// [hooks.premount]
    /// extra = "premount.sh"
    /// ```
    ///
    /// ```sh premount.sh
    /// # mkdir -p global
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [hooks.premount]
    /// extra = "premount.sh"
    /// ```
    ///
    /// ```sh premount.sh
    /// mkdir -p global
    /// ```
    pub(crate) static HOOK_MISSING = {
        id: id("HOOK010", "hook-missing", Error, Correctness),
        impact: Impact::OneStart,
        source: "UdiRootConfig.c, FILEVAL; shifter_core.c, executeSitePreMount",
        check: Check::View(|view, out| {
            for (at, file, why) in view.unread_scripts() {
                out.at(at, format!("cannot read the script `{file}`: {why}"), "paths count from the directory of the profile");
            }
            for carried in view.carried().iter().filter(|carried| carried.script().commands.is_empty() && carried.script().problems.is_empty()) {
                out.at(carried.key(), "the script holds no command", "write what it is for, or take the key out");
            }
        }),
    }
}

rule! {
    /// A script has the ends of line of another system.
    ///
    /// # What it checks
    /// No line of a script ends with a carriage return.
    ///
    /// # Why is this bad
    /// The shell takes it for a part of the last word: `set -e\r` is an illegal option, and `exit 0\r` is not a number.
    ///
    /// # Bad
    /// ```toml
    /// [hooks.premount]
    /// extra = "premount.sh"
    /// ```
    ///
    /// ```dos premount.sh
    /// mkdir -p global
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [hooks.premount]
    /// extra = "premount.sh"
    /// ```
    ///
    /// ```sh premount.sh
    /// mkdir -p global
    /// ```
    ///
    /// # Fix
    /// `--fix` takes the carriage returns out. A script whose `sha256` the profile gives is left as it is.
    pub(crate) static HOOK_CRLF = {
        id: id("HOOK013", "hook-crlf", Error, Correctness),
        fix: Repair::Safe,
        impact: Impact::OneStart,
        source: "POSIX 2.3",
        check: Check::View(|view, out| {
            for carried in view.carried_texts() {
                let text = &carried.script().text;
                if let Some(at) = text.find("\r\n") {
                    let lines = text.matches("\r\n").count();
                    let fix = Fix::safe("end lines with line feeds alone", vec![Edit::script(0..text.len(), text.replace("\r\n", "\n"))]);
                    out.in_script_fixed(&carried, at..at + 1, format!("{lines} lines end with a carriage return"), "save the file with line feeds alone: `sed -i 's/\\r$//' FILE`", Some(fix));
                }
            }
        }),
    }
}
