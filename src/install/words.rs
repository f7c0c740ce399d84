//! A difference, for people.

use super::compare::Compared;
use super::difference::{Difference, FileDifference, Status, Verdict};
use super::generation::Cause;
use crate::change::{self, Change};
use std::fmt::Write as _;

/// As many changes of one file are said; `-u` shows all.
const MOST: usize = 12;

/// The difference in words: one paragraph a file, then a line that counts them.
#[must_use]
pub fn words(difference: &Difference, cause: Cause) -> String {
    let mut text = String::new();
    for file in &difference.files {
        let _ = writeln!(text, "{}  {}", file.path, headline(file, difference.generation, cause));
        if let Some(obstacle) = &file.obstacle {
            let _ = writeln!(text, "    cannot be installed: {obstacle}");
        }
        if file.edited {
            list(&mut text, "they: ", &file.theirs);
            list(&mut text, if cause == Cause::Apply { "apply: " } else { "rollback: " }, &file.changes);
        } else if file.path.ends_with("/manifest.json") && !file.changes.is_empty() {
            text.push_str("    follows from the files above\n");
        } else {
            list(&mut text, "", &file.changes);
        }
        for (what, pair) in [("owner", &file.owner), ("mode", &file.mode)] {
            if let Some(pair) = pair {
                let _ = writeln!(text, "    {what}: {} -> {}", pair.from, pair.to);
            }
        }
    }
    let _ = writeln!(text, "{}", summary(difference, cause));
    text
}

fn headline(file: &FileDifference, generation: Option<u32>, cause: Cause) -> String {
    let since = generation.map_or_else(String::new, |number| format!(" since generation {number}"));
    if let Cause::Rollback { to } = cause {
        let (then, edited) = (then(to), if file.edited { format!("; edited{since}") } else { String::new() });
        return match (file.status, file.verdict) {
            (Status::Missing, Verdict::They | Verdict::Both) => format!("was taken away{since}, and comes back"),
            (Status::Missing, _) => "comes back".to_owned(),
            (Status::Extra, _) => format!("goes: it was not there {then}{edited}"),
            (Status::Differs, _) => format!("goes back to what it was {then}{edited}"),
        };
    }
    match (file.status, file.verdict) {
        (Status::Missing, Verdict::First | Verdict::You) => "is new".to_owned(),
        (Status::Missing, Verdict::They | Verdict::Both) => format!("was taken away{since}"),
        (Status::Extra, Verdict::Both) => format!("goes: no longer rendered, and edited{since}"),
        (Status::Extra, _) => "goes: no longer rendered".to_owned(),
        (Status::Differs, Verdict::First) => "differs, and was never applied: it is kept in the generation".to_owned(),
        (Status::Differs, Verdict::You) => format!("you changed it{since}"),
        (Status::Differs, Verdict::They) => format!("they changed it{since}"),
        (Status::Differs, Verdict::Both) => format!("you and they changed it{since}"),
    }
}

/// When a rollback goes back to.
fn then(to: u32) -> String {
    if to == 0 { "before the first generation".to_owned() } else { format!("in generation {to}") }
}

fn list(text: &mut String, who: &str, changes: &[Change]) {
    for change in changes.iter().take(MOST) {
        let _ = writeln!(text, "    {who}{change}");
    }
    if changes.len() > MOST {
        let _ = writeln!(text, "    {who}and {} more (-u shows them)", changes.len() - MOST);
    }
}

fn summary(difference: &Difference, cause: Cause) -> String {
    let of_class = difference.class.as_ref().map_or_else(String::new, |class| format!(" for class {class}"));
    let root = &difference.root;
    if difference.is_empty() {
        return match cause {
            Cause::Apply => format!("Nothing differs on {root}{of_class}."),
            Cause::Rollback { to } => format!("Everything on {root}{of_class} is as it was {}.", then(to)),
        };
    }
    let count = |status| difference.files.iter().filter(|file| file.status == status).count();
    let missing = if cause == Cause::Apply { "to add" } else { "to bring back" };
    let parts = [(Status::Missing, missing), (Status::Differs, "to change"), (Status::Extra, "to take away")];
    let parts: Vec<String> = parts
        .into_iter()
        .map(|(status, words)| (count(status), words))
        .filter(|(count, _)| *count > 0)
        .map(|(count, words)| format!("{count} {words}"))
        .collect();
    let edited = difference.files.iter().filter(|file| file.edited).count();
    let edited = if edited == 0 { String::new() } else { format!("; {edited} edited in place") };
    format!("{} on {root}{of_class}{edited}.", parts.join(", "))
}

/// The same as unified diffs, from what is installed to what would be. Secrets are covered.
#[must_use]
pub fn unified(compared: &Compared) -> String {
    let mut text = String::new();
    for file in &compared.difference.files {
        let Some(item) = compared.items.iter().find(|item| item.path == file.path) else { continue };
        if let Some(obstacle) = &file.obstacle {
            let _ = writeln!(text, "# {}: cannot be installed: {obstacle}", file.path);
            continue;
        }
        let old = item.installed.as_ref().map(|installed| installed.bytes.as_slice());
        let new = item.wanted.as_ref().map(|wanted| wanted.bytes.as_slice());
        let name = |there: bool, side: &str| {
            if there { format!("{side}{}", file.path) } else { "/dev/null".to_owned() }
        };
        let names = (name(old.is_some(), "installed"), name(new.is_some(), "rendered"));
        text += &change::unified(file.kind, &names.0, &names.1, old.unwrap_or_default(), new.unwrap_or_default());
        for (what, pair) in [("owner", &file.owner), ("mode", &file.mode)] {
            if let Some(pair) = pair {
                let _ = writeln!(text, "# {}: {what}: {} -> {}", file.path, pair.from, pair.to);
            }
        }
    }
    text
}
