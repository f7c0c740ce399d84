//! WLM rules about scripts: names that two places must spell alike.

use crate::diagnostic::{Category::*, Severity::*};
use crate::lint::rule::{Impact, id, rule};
use crate::lint::{Check, Findings, View};

rule! {
    /// The resource that jobs ask for is not the one that a script looks for.
    ///
    /// # What it checks
    /// The word that a prologue or epilogue searches for in `qstat` or among resources is `wlm.resource`, and the same in all scripts.
    ///
    /// # Why is this bad
    /// Jobs that ask for one and are tested for the other run without their container, or without its cleanup (L27, L28).
    ///
    /// # Bad
    /// ```toml
    /// [lint]
    /// ignore = ["HOOK028"]
    ///
    /// [wlm]
    /// kind = "torque"
    /// resource = "shifter"
    ///
    /// [[script]]
    /// file = "prologue"
    /// role = "prologue"
    /// ```
    ///
    /// ```sh prologue
    /// #!/bin/sh
    /// qstat -f "$1" | grep -q '\bshifter16\b' && exec /opt/shifter/prologue
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [lint]
    /// ignore = ["HOOK028"]
    ///
    /// [wlm]
    /// kind = "torque"
    /// resource = "shifter16"
    ///
    /// [[script]]
    /// file = "prologue"
    /// role = "prologue"
    /// ```
    ///
    /// ```sh prologue
    /// #!/bin/sh
    /// qstat -f "$1" | grep -q '\bshifter16\b' && exec /opt/shifter/prologue
    /// ```
    ///
    /// # No fix
    /// A script is its writer's: `--fix` edits profiles only.
    pub(crate) static RESOURCE_NAME = {
        id: id("WLM001", "resource-name", Error, Correctness),
        source: "L27; L28 line 3",
        check: Check::View(resource),
    }
}

fn resource(view: &View<'_>, out: &mut Findings<'_>) {
    let mut wanted = view.wlm().resource.clone();
    let is_told = wanted.is_some();
    for carried in view.carried() {
        let script = carried.script();
        for command in script.called("grep").filter(|command| command.setting.from_pipe) {
            let Some(word) = command.operands().into_iter().next() else { continue };
            let text = script.resolved(word).replace("\\b", "").replace("\\<", "").replace("\\>", "");
            let name = text
                .trim_matches(|c: char| !c.is_ascii_alphanumeric())
                .rsplit('=')
                .next()
                .unwrap_or_default()
                .to_owned();
            if !name.contains("shifter") || name.contains(['/', ' ', '*']) {
                continue;
            }
            let wanted = wanted.get_or_insert_with(|| name.clone());
            if *wanted != name {
                let help = format!("search for `{wanted}`");
                out.in_script_with(
                    &carried,
                    word.span.clone(),
                    format!("the script looks for `{name}`, and jobs ask for `{wanted}`"),
                    &help,
                    |finding| {
                        if is_told { finding.also("wlm.resource", "jobs ask for this") } else { finding }
                    },
                );
            }
        }
    }
}

rule! {
    /// A script names a program of the Cray that does not exist.
    ///
    /// # What it checks
    /// No path or command is named almost, and not quite, `xtxqtcmd`.
    ///
    /// # Why is this bad
    /// The program that runs a command on the nodes of a list is `xtxqtcmd`. The scripts of the paper spell it `txqcmd` and `xtxqcmd`, and say
    /// "Could not find txtqcmd" at the first job (L31 line 127, L35 line 41).
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
    /// launcher=/opt/cray/nodehealth/default/bin/txqcmd
    /// [ -x "$launcher" ] || exit 1
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
    /// launcher=/opt/cray/nodehealth/default/bin/xtxqtcmd
    /// [ -x "$launcher" ] || exit 1
    /// ```
    ///
    /// # No fix
    /// A script is its writer's: `--fix` edits profiles only.
    pub(crate) static CRAY_TOOL_NAME = {
        id: id("WLM019", "cray-tool-name", Error, Correctness),
        impact: Impact::OneStart,
        source: "L31 line 127; L35 line 41",
        check: Check::View(tool_name),
    }
}

fn tool_name(view: &View<'_>, out: &mut Findings<'_>) {
    const RIGHT: &str = "xtxqtcmd";
    let is_a_slip = |name: &str| {
        name != RIGHT
            && name.ends_with("cmd")
            && name.starts_with(['x', 't'])
            && strsim::damerau_levenshtein(name, RIGHT) <= 2
    };
    for carried in view.carried() {
        let script = carried.script();
        let mut words = Vec::new();
        for command in script.commands.iter().filter(|command| !command.setting.in_text) {
            words.extend(command.words.first());
            words.extend(command.assignments.iter().filter_map(|assignment| match &assignment.value {
                crate::script::Value::Word(word) => Some(word),
                crate::script::Value::Array(_) => None,
            }));
        }
        for word in words {
            let Some(text) = word.literal() else { continue };
            let name = text.rsplit('/').next().unwrap_or_default();
            if is_a_slip(name) {
                out.in_script(
                    &carried,
                    word.span.clone(),
                    format!("there is no program `{name}`"),
                    "its name is `xtxqtcmd`",
                );
            }
        }
    }
}
