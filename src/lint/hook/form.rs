//! HOOK rules about how a script is written.

use crate::diagnostic::{Category::*, Severity::*};
use crate::lint::Check;
use crate::lint::carried::Purpose;
use crate::lint::rule::{Impact, id, rule};

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
    pub(crate) static HOOK_NO_ERREXIT = {
        id: id("HOOK004", "hook-no-errexit", Warn, Correctness),
        source: "POSIX set, -e; L19",
        check: Check::View(|view, out| {
            for carried in view.carried_hooks().filter(|carried| carried.purpose == Purpose::Hook) {
                let script = carried.script();
                if let Some(first) = script.commands.first().filter(|_| !script.has_errexit_at(script.text.len())) {
                    out.in_script(&carried, first.span.clone(), "a failure does not end the script", "begin with `set -eu`");
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
    pub(crate) static HOOK_TRAILING_EXIT_ZERO = {
        id: id("HOOK005", "hook-trailing-exit-zero", Warn, Correctness),
        source: "L19 line 21",
        check: Check::View(|view, out| {
            for carried in view.carried_hooks().filter(|carried| carried.purpose == Purpose::Hook) {
                let script = carried.script();
                let last = script.commands.last().filter(|command| !command.setting.is_conditional);
                let is_exit = |name: &str| name == "exit";
                let Some(last) = last.filter(|command| script.name_of(command).as_deref().is_some_and(is_exit)) else { continue };
                if last.arguments().first().is_some_and(|word| word.is_bare("0")) && !script.has_errexit_at(last.span.start) {
                    out.in_script(&carried, last.span.clone(), "whatever failed above, the script succeeds", "drop the line, and begin with `set -eu`");
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
    pub(crate) static HOOK_NO_PATH = {
        id: id("HOOK007", "hook-no-path", Warn, Correctness),
        impact: Impact::OneStart,
        source: "shifter.c, clearenv; setupRoot.c",
        check: Check::View(|view, out| {
            for carried in view.carried_hooks().filter(|carried| carried.purpose == Purpose::Hook) {
                let script = carried.script();
                let calls_by_name = script.simple().find(|command| !is_found_without_a_path(script.name_of(command), command));
                if let Some(first) = calls_by_name.filter(|_| script.assigned("PATH", script.text.len()).is_none()) {
                    out.in_script(&carried, first.span.clone(), "the script does not say where its programs are", "begin with `PATH=/usr/bin:/usr/sbin:/bin:/sbin`");
                }
            }
        }),
    }
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
    pub(crate) static HOOK_CRLF = {
        id: id("HOOK013", "hook-crlf", Error, Correctness),
        impact: Impact::OneStart,
        source: "POSIX 2.3",
        check: Check::View(|view, out| {
            for carried in view.carried_texts() {
                let text = &carried.script().text;
                if let Some(at) = text.find("\r\n") {
                    let lines = text.matches("\r\n").count();
                    out.in_script(&carried, at..at + 1, format!("{lines} lines end with a carriage return"), "save the file with line feeds alone: `sed -i 's/\\r$//' FILE`");
                }
            }
        }),
    }
}
