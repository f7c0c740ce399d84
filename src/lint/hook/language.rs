//! HOOK rules about the language a script is written in.

use std::ops::Range;

use crate::diagnostic::{Category::*, Severity::*};
use crate::lint::Check;
use crate::lint::carried::Carried;
use crate::lint::rule::{Impact, id, rule};
use crate::script::{Command, Kind, Part, Script, Value};

rule! {
    /// A script is written for bash and run by `sh`.
    ///
    /// # What it checks
    /// Hooks, which are run as `/bin/sh FILE`, and scripts whose first line asks for `sh`, use what POSIX defines: no `[[ ]]`, no
    /// arrays, no `(( ))`, no `<<<`, `<( )` or `&>`, no `source`, `function` or `declare`, no `==` in `[ ]`, no `${name/a/b}`.
    ///
    /// # Why is this bad
    /// The first line and the x bit of a hook are ignored. Where `/bin/sh` is dash every container start fails with a syntax
    /// error, or the line means something else.
    ///
    /// # Bad
    /// ```toml
    /// [hooks.premount]
    /// extra = "premount.sh"
    /// ```
    ///
    /// ```sh premount.sh
    /// [[ -d global ]] || mkdir -p global
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [hooks.premount]
    /// extra = "premount.sh"
    /// ```
    ///
    /// ```sh premount.sh
    /// [ -d global ] || mkdir -p global
    /// ```
    pub(crate) static HOOK_BASHISM = {
        id: id("HOOK003", "hook-bashism", Warn, Compatibility),
        impact: Impact::OneStart,
        source: "shifter_core.c, executeSitePreMount; POSIX Shell & Utilities",
        check: Check::View(|view, out| {
            for carried in view.carried().into_iter().filter(Carried::is_run_by_sh) {
                let script = carried.script();
                for (span, what) in script.commands.iter().flat_map(|command| bashisms(script, command)) {
                    out.in_script(&carried, span, format!("{what} is bash, and `sh` runs this script"), "write it as POSIX has it");
                }
            }
        }),
    }
}

/// What of a command is no POSIX shell.
fn bashisms(script: &Script, command: &Command) -> Vec<(Range<usize>, String)> {
    let mut found = Vec::new();
    let text = script.slice(&command.span);
    match command.kind {
        Kind::Arithmetic => found.push((command.span.clone(), "`(( ))`".to_owned())),
        Kind::Function { .. } if text.starts_with("function") => {
            found.push((command.span.clone(), "`function`".to_owned()));
        }
        _ => {}
    }
    if let Some(first) = command.words.first().filter(|_| command.kind == Kind::Simple) {
        let name = first.text();
        match name.as_str() {
            "[[" => found.push((first.span.clone(), "`[[ ]]`".to_owned())),
            "source" | "declare" | "typeset" | "let" | "shopt" | "mapfile" | "readarray" => {
                found.push((first.span.clone(), format!("`{name}`")));
            }
            "[" | "test" => {
                let twice = command.words.iter().filter(|word| word.is_bare("=="));
                found.extend(twice.map(|word| (word.span.clone(), "`==` in `[ ]`".to_owned())));
            }
            _ => {}
        }
    }
    for assignment in &command.assignments {
        match &assignment.value {
            Value::Array(_) => found.push((assignment.span.clone(), "an array".to_owned())),
            Value::Word(_) if assignment.adds => found.push((assignment.span.clone(), "`+=`".to_owned())),
            Value::Word(_) => {}
        }
    }
    let redirects =
        command.redirects.iter().filter(|redirect| redirect.operator == "<<<" || redirect.operator.starts_with('&'));
    found.extend(redirects.map(|redirect| (redirect.span.clone(), format!("`{}`", redirect.operator))));
    let targets = command.redirects.iter().map(|redirect| &redirect.target);
    for part in command.words.iter().chain(targets).flat_map(|word| &word.parts) {
        match part {
            Part::Parameter { rest, span, .. } if is_no_posix_expansion(rest) => {
                found.push((span.clone(), format!("`{}`", script.slice(span))));
            }
            Part::Substitution { span, .. } if script.slice(span).starts_with(['<', '>']) => {
                found.push((span.clone(), "`<( )`".to_owned()));
            }
            _ => {}
        }
    }
    found
}

/// What may follow the name in `${name...}`: POSIX knows `- = ? +`, with `:` or without, `#` and `%`.
fn is_no_posix_expansion(rest: &str) -> bool {
    let behind_colon = rest.strip_prefix(':');
    match behind_colon {
        Some(behind) => !behind.starts_with(['-', '=', '?', '+']),
        None => rest.starts_with(['/', '^', ',', '[', '@']),
    }
}

rule! {
    /// The shell does not understand a script.
    ///
    /// # What it checks
    /// Every quote, parenthesis, `if`, `for`, `case` and here-document of a script is closed, and nothing is closed that was not opened.
    ///
    /// # Why is this bad
    /// The shell runs a script line by line: what stands above the mistake is done, what stands below is not, and the job or the
    /// container fails (L28 line 3; L31 lines 105 and 140).
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
    /// for volume in "${volumes[@]}; do
    ///     echo "volume $volume"
    /// done
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
    /// for volume in "${volumes[@]}"; do
    ///     echo "volume $volume"
    /// done
    /// ```
    pub(crate) static SCRIPT_SYNTAX = {
        id: id("HOOK016", "script-syntax", Error, Correctness),
        impact: Impact::OneStart,
        source: "POSIX 2.10; L28 line 3",
        check: Check::View(|view, out| {
            for carried in view.carried() {
                let script = carried.script();
                let mut last_line = None;
                for problem in &script.problems {
                    let line = script.text[..problem.span.start].matches('\n').count();
                    // One slip of the pen often makes two of these.
                    if last_line.replace(line) != Some(line) {
                        out.in_script(&carried, problem.span.clone(), problem.what.clone(), "`sh -n FILE` tells whether the shell understands it");
                    }
                }
            }
        }),
    }
}
