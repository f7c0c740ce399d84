//! Text that a command hands to another shell: `sh -c`, `su -c`, `ssh`, `eval`, and the launchers of a Cray.

use super::{Command, Script, Setting, Word, reader};

/// Shells that take a text behind `-c`.
const SHELLS: &[&str] = &["sh", "bash", "dash", "ksh", "zsh"];

/// Programs that run a text on other nodes: everything behind their options, or its last word.
const LAUNCHERS: &[&str] = &["pcmd", "xtxqtcmd", "txqcmd", "xtxqcmd", "pdsh", "clush", "ssh", "rsh"];

/// The words of `command` that another shell reads as commands.
#[must_use]
pub fn launched_text<'c>(script: &Script, command: &'c Command) -> Vec<&'c Word> {
    let Some(name) = script.name_of(command) else { return Vec::new() };
    let behind = |option: &str| {
        let at = command.words.iter().position(|word| word.text() == option);
        at.and_then(|at| command.words.get(at + 1)).into_iter().collect::<Vec<_>>()
    };
    match name.as_str() {
        "eval" => command.arguments().iter().collect(),
        "su" | "runuser" => match behind("-c") {
            found if found.is_empty() => {
                command.operands().into_iter().filter(|word| word.text() != "-").skip(1).collect()
            }
            found => found,
        },
        "xtopview" => behind("-e"),
        name if SHELLS.contains(&name) => behind("-c"),
        name if LAUNCHERS.contains(&name) => command.words.iter().skip(1).last().into_iter().collect(),
        _ => Vec::new(),
    }
}

/// The commands within all such texts that are written out in quotes.
pub(super) fn commands(script: &Script) -> Vec<Command> {
    let mut found = Vec::new();
    for command in script.simple() {
        for word in launched_text(script, command) {
            let text = script.slice(&word.span);
            let quoted =
                ['"', '\''].iter().any(|quote| text.len() > 1 && text.starts_with(*quote) && text.ends_with(*quote));
            if quoted {
                let setting = Setting { in_text: true, ..command.setting.inside() };
                found.extend(reader::read_part(&script.text, word.span.start + 1..word.span.end - 1, &setting));
            }
        }
    }
    found
}
