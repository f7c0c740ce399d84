//! WLM rules about scripts: lines that look like another line of shell.

use crate::diagnostic::{Category::*, Severity::*};
use crate::lint::Check;
use crate::lint::rule::{Impact, id, rule};
use crate::script::{Kind, Part, Script, Value, Word};

rule! {
    /// A variable is to get what a command prints, and gets the command.
    ///
    /// # What it checks
    /// A variable that is made an array whose first element is a program with a path, and which is used as a plain variable below.
    ///
    /// # Why is this bad
    /// `VAR=( cmd args )` is a list of words and never empty, so `[[ -n $VAR ]]` is always true (L34 line 24: unsetupRoot always runs).
    ///
    /// # Bad
    /// ```toml
    /// [[script]]
    /// file = "epilogue"
    /// role = "epilogue"
    /// ```
    ///
    /// ```sh epilogue
    /// #!/bin/bash
    /// IMAGE=( /opt/shifter/qgetenv "$1" UDI )
    /// [[ -n $IMAGE ]] && /opt/shifter/unsetup "$1"
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
    /// #!/bin/bash
    /// IMAGE=$(/opt/shifter/qgetenv "$1" UDI)
    /// [[ -n $IMAGE ]] && /opt/shifter/unsetup "$1"
    /// ```
    ///
    /// # No fix
    /// A script is its writer's: `--fix` edits profiles only.
    pub(crate) static ARRAY_NOT_COMMAND = {
        id: id("WLM008", "array-not-command", Error, Correctness),
        source: "L34 line 24",
        check: Check::View(|view, out| {
            for carried in view.carried() {
                let script = carried.script();
                for assignment in script.commands.iter().flat_map(|command| &command.assignments) {
                    let Value::Array(words) = &assignment.value else { continue };
                    let is_program = words.first().is_some_and(|word| script.resolved(word).starts_with('/'));
                    let used = script.commands.iter().flat_map(|command| &command.words).any(|word| is_plain_use(word, &assignment.name));
                    if is_program && words.len() > 1 && used {
                        out.in_script(&carried, assignment.span.clone(), format!("`{}` gets the words of the command, not what it prints", assignment.name), "write `NAME=$(command)`");
                    }
                }
            }
        }),
    }
}

fn is_plain_use(word: &Word, variable: &str) -> bool {
    word.parameters()
        .any(|part| matches!(part, Part::Parameter { name, rest, .. } if name == variable && !rest.starts_with('[')))
}

rule! {
    /// A command is handed to `su` as the name of a script.
    ///
    /// # What it checks
    /// `su` with more words than a user has `-c`.
    ///
    /// # Why is this bad
    /// The words behind the user are arguments of his shell: it looks for a script of that name and finds none (L31 lines 68 and 71).
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
    /// su - alice "/opt/shifter/bin/shifterimg images"
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
    /// su - alice -c "/opt/shifter/bin/shifterimg images"
    /// ```
    ///
    /// # No fix
    /// A script is its writer's: `--fix` edits profiles only.
    pub(crate) static SU_WITHOUT_C = {
        id: id("WLM009", "su-without-c", Error, Correctness),
        impact: Impact::OneStart,
        source: "su(1), -c; L31 lines 68 and 71",
        check: Check::View(|view, out| {
            for carried in view.carried() {
                for command in carried.script().called("su") {
                    let words = command.operands().into_iter().filter(|word| word.text() != "-").count();
                    if words > 1 && !command.has_option('c', "command") {
                        out.in_script(&carried, command.span.clone(), "`su` takes the command for the name of a script", "write `su - USER -c COMMAND`, with what varies as arguments behind it");
                    }
                }
            }
        }),
    }
}

rule! {
    /// A pattern is quoted and matches nothing but itself.
    ///
    /// # What it checks
    /// Where a word is compared with a pattern, in `[[ ]]`, `[ ]` or a branch of `case`, `*` and `?` do not stand in quotes.
    ///
    /// # Why is this bad
    /// `[[ $item == "ENV:*" ]]` is true for the five characters `ENV:*` alone: the image's environment and entry point are lost, and the last
    /// line of the answer is taken for the image (L31 lines 80 and 83).
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
    /// read -r item
    /// [[ $item == "ENV:*" ]] && echo "${item#ENV:}"
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
    /// read -r item
    /// [[ $item == "ENV:"* ]] && echo "${item#ENV:}"
    /// ```
    ///
    /// # No fix
    /// A script is its writer's: `--fix` edits profiles only.
    pub(crate) static QUOTED_GLOB = {
        id: id("WLM010", "quoted-glob", Error, Correctness),
        source: "bash(1), [[ ]]; L31 lines 80 and 83",
        check: Check::View(|view, out| {
            for carried in view.carried() {
                let script = carried.script();
                for word in script.commands.iter().flat_map(compared) {
                    if matches!(word.parts.as_slice(), [Part::Text { text, quoted: true }] if text.contains(['*', '?']) && text.len() > 1) {
                        out.in_script(&carried, word.span.clone(), "in quotes `*` and `?` match only themselves", "leave the pattern outside of the quotes: `\"ENV:\"*`");
                    }
                }
            }
        }),
    }
}

/// The words that a command compares something with as patterns.
fn compared(command: &crate::script::Command) -> Vec<&Word> {
    match command.kind {
        Kind::Branch => command.words.iter().collect(),
        Kind::Simple if command.words.first().is_some_and(|word| word.is_bare("[[") || word.is_bare("[")) => {
            let pairs = command.words.windows(2);
            pairs
                .filter(|pair| ["==", "=", "!="].iter().any(|sign| pair[0].is_bare(sign)))
                .map(|pair| &pair[1])
                .collect()
        }
        _ => Vec::new(),
    }
}

/// The words with which a script ends processes of a user, whoever started them.
pub(super) fn kills_by_user(script: &Script) -> Vec<&crate::script::Command> {
    let by_user = |command: &&crate::script::Command| {
        let name = script.name_of(command).unwrap_or_default();
        let asks = match name.as_str() {
            "pkill" => command.has_option('u', "euid") || command.has_option('U', "uid"),
            "killall" => command.has_option('u', "user"),
            "slay" => true,
            _ => false,
        };
        asks && !command.setting.in_substitution
    };
    script.simple().filter(by_user).collect()
}
