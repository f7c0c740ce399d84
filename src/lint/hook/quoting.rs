//! HOOK rules about words that become other words than were meant.

use crate::diagnostic::{Category::*, Severity::*};
use crate::lint::Check;
use crate::lint::rule::{Impact, id, rule};
use crate::script::{Command, Kind, Origin, Part, Script, Value, Word};

rule! {
    /// What somebody else gave is split at blanks.
    ///
    /// # What it checks
    /// In scripts that root runs, a variable is quoted where it comes from an argument, the environment or, in the list of a `for` or an
    /// array, from the output of a command. `case`, `[[ ]]` and assignments do not split.
    ///
    /// # Why is this bad
    /// A value with a blank becomes two words and one with `*` the names of files; an empty one disappears, so that the next word takes
    /// its place: `[ -z ${ROOT} ]` is true for every unset variable by luck, and `id $USER` without one tells of root (L22, L28).
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
    /// user=$2
    /// id $user || exit 1
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
    /// user=$2
    /// id "$user" || exit 1
    /// ```
    pub(crate) static UNQUOTED_VARIABLE = {
        id: id("HOOK020", "unquoted-variable", Warn, Correctness),
        source: "POSIX 2.6.5; L22 line 3; L28 line 24",
        check: Check::View(|view, out| {
            for carried in view.carried_of_root() {
                let script = carried.script();
                for command in script.commands.iter().filter(|command| !command.setting.in_text) {
                    let found = split(script, command);
                    let Some((first, _)) = found.first() else { continue };
                    let mut names: Vec<String> = Vec::new();
                    for (_, name) in &found {
                        let shown = format!("`${name}`");
                        if !names.contains(&shown) {
                            names.push(shown);
                        }
                    }
                    let verb = if names.len() == 1 { "is" } else { "are" };
                    out.in_script(&carried, first.clone(), format!("{} {verb} split at blanks", names.join(", ")), "put double quotes around it");
                }
            }
        }),
    }
}

/// The unquoted variables of a command whose value is not the script's own.
fn split(script: &Script, command: &Command) -> Vec<(std::ops::Range<usize>, String)> {
    let mut words: Vec<(&Word, Origin)> = Vec::new();
    match &command.kind {
        Kind::Simple if !command.words.first().is_some_and(|word| word.is_bare("[[")) => {
            words.extend(command.words.iter().map(|word| (word, Origin::Given)));
        }
        Kind::For { .. } => words.extend(command.words.iter().map(|word| (word, Origin::Printed))),
        _ => {}
    }
    for assignment in &command.assignments {
        if let Value::Array(elements) = &assignment.value {
            words.extend(elements.iter().map(|word| (word, Origin::Printed)));
        }
    }
    let mut found = Vec::new();
    for (word, least) in words {
        for part in &word.parts {
            if let Part::Parameter { name, rest, quoted: false, span } = part
                && !rest.starts_with([':', '-', '+', '?', '='])
                && script.origin(name, span.start) >= least
            {
                found.push((span.clone(), name.clone()));
            }
        }
    }
    found
}

rule! {
    /// A message goes where results go.
    ///
    /// # What it checks
    /// `echo` and `printf` do not have `2>&1` as their only redirection.
    ///
    /// # Why is this bad
    /// These commands say nothing on standard error: `2>&1` does nothing here, and `>&2` was meant. The message of a failure becomes
    /// output, where nobody looks for it (L31 line 76).
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
    /// echo "cannot pull the image" 2>&1
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
    /// echo "cannot pull the image" >&2
    /// ```
    pub(crate) static ERROR_TO_STDOUT = {
        id: id("HOOK017", "error-to-stdout", Warn, Correctness),
        source: "POSIX 2.7.6; L31 line 76",
        check: Check::View(|view, out| {
            for carried in view.carried() {
                let script = carried.script();
                for command in script.called("echo").chain(script.called("printf")).filter(|command| !command.setting.is_piped) {
                    if let [redirect] = command.redirects.as_slice()
                        && redirect.descriptor == Some(2) && redirect.operator == ">&" && redirect.target.is_bare("1")
                    {
                        out.in_script(&carried, redirect.span.clone(), "the message goes to standard output", "write `>&2`");
                    }
                }
            }
        }),
    }
}

rule! {
    /// A text that somebody else gave is run as commands.
    ///
    /// # What it checks
    /// `eval` in a script of root's has no variable but those that the script writes out itself.
    ///
    /// # Why is this bad
    /// `eval "echo ~$user"` runs whatever stands behind a `;` in the name, as root (L31 line 102).
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
    /// user=$2
    /// home=$(eval "echo ~$user")
    /// echo "$home"
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
    /// user=$2
    /// home=$(getent passwd "$user" | cut -d: -f6)
    /// echo "$home"
    /// ```
    pub(crate) static EVAL_OF_VARIABLE = {
        id: id("HOOK021", "eval-of-variable", Error, Security),
        impact: Impact::Exposure,
        source: "POSIX eval; L31 line 102",
        check: Check::View(|view, out| {
            for carried in view.carried_of_root() {
                let script = carried.script();
                for command in script.called("eval") {
                    let foreign = command.arguments().iter().flat_map(|word| script.sources(word)).find(|name| script.origin(name, command.span.start) != Origin::Written);
                    if let Some(name) = foreign {
                        out.in_script(&carried, command.span.clone(), format!("`${name}` is run as commands"), "ask for what is wanted without `eval`: a home directory is field 6 of `getent passwd`");
                    }
                }
            }
        }),
    }
}
