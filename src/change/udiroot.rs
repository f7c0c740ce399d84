//! `udiRoot.conf`, by key. Lines are taken apart and not parsed: a file that somebody broke is compared too.

use super::list::{self, Element};
use super::{Change, What, cover};
use shifter_formats::udiroot::{KEYS, Kind, MODULE_KEYS};

/// The differences, in the order of the old file and then of the new one.
pub(super) fn compare(old: &str, new: &str) -> Vec<Change> {
    let (old, new) = (keys(old), keys(new));
    let mut changes = Vec::new();
    let none = Vec::new();
    let names = old.iter().chain(new.iter().filter(|(key, _)| !old.iter().any(|(known, _)| known == key)));
    for (key, _) in names {
        let of = |all: &Vec<(String, Vec<String>)>| {
            all.iter().find(|(name, _)| name == key).map_or(none.clone(), |(_, values)| values.clone())
        };
        changes.extend(of_key(key, &of(&old), &of(&new)));
    }
    changes
}

fn of_key(key: &str, old: &[String], new: &[String]) -> Vec<Change> {
    if old == new {
        return Vec::new();
    }
    let kind = kind(key);
    if kind.is_some_and(|kind| kind.is_list() || kind == Kind::ModuleChoices) {
        let elements = |values: &[String]| values.iter().flat_map(|value| elements(kind, value)).collect::<Vec<_>>();
        return list::compare(key, &elements(old), &elements(new));
    }
    let (old, new) = (old.last(), new.last());
    let is_secret = |value: &&String| cover::is_telling(key) || cover::holds_credential(value);
    let what = match (old, new) {
        (None, None) => return Vec::new(),
        (Some(old), Some(new)) if old == new => return Vec::new(),
        (old, new) if old.iter().chain(&new).any(is_secret) => What::Covered,
        (None, Some(new)) => What::Added { value: new.clone() },
        (Some(old), None) => What::Removed { value: old.clone() },
        (Some(old), Some(new)) => What::Changed { from: old.clone(), to: new.clone() },
    };
    vec![Change::new(key, what)]
}

fn kind(key: &str) -> Option<Kind> {
    let (rows, name) = match key.strip_prefix("module_").and_then(|rest| rest.rsplit_once('_')) {
        Some((_, name)) => (MODULE_KEYS, name),
        None => (KEYS, key),
    };
    rows.iter().find(|row| row.name == name).map(|row| row.kind)
}

fn elements(kind: Option<Kind>, value: &str) -> Vec<Element> {
    let parts: Vec<&str> = match kind {
        Some(Kind::VolumeMap | Kind::Links) => value.split(';').map(str::trim).collect(),
        Some(Kind::ModuleChoices) => value.split(',').map(str::trim).collect(),
        _ => value.split_whitespace().collect(),
    };
    parts.into_iter().filter(|part| !part.is_empty()).map(|part| element(kind, part)).collect()
}

fn element(kind: Option<Kind>, part: &str) -> Element {
    match kind {
        Some(Kind::VolumeMap | Kind::Links) => {
            let mut fields = part.split(':');
            let (source, target) = (fields.next().unwrap_or_default(), fields.next());
            let text = if target == Some(source) && fields.next().is_none() { source } else { part };
            Element { about: target.unwrap_or(source).to_owned(), text: text.to_owned() }
        }
        Some(Kind::Assignments) => {
            let name = part.split_once('=').map_or(part, |(name, _)| name);
            Element { about: name.to_owned(), text: part.to_owned() }
        }
        _ => Element::plain(part),
    }
}

/// Keys and their values as every release splits the file: `\` at the end of a line continues it, lines that
/// begin with `#` are dropped.
fn keys(text: &str) -> Vec<(String, Vec<String>)> {
    let mut keys: Vec<(String, Vec<String>)> = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in text.lines().filter(|line| !line.starts_with('#')).map(str::trim) {
        let (key, mut value, line) = match open.take() {
            Some((key, value)) => (key, value, line),
            None if line.is_empty() => continue,
            None => {
                let (key, rest) = line.split_once('=').unwrap_or((line, ""));
                (key.trim().to_owned(), String::new(), rest.trim())
            }
        };
        let (part, continues) = line.strip_suffix('\\').map_or((line, false), |part| (part.trim_end(), true));
        if !value.is_empty() && !part.is_empty() {
            value.push(' ');
        }
        value.push_str(part);
        if continues {
            open = Some((key, value));
        } else {
            add(&mut keys, key, value);
        }
    }
    if let Some((key, value)) = open {
        add(&mut keys, key, value);
    }
    keys
}

fn add(keys: &mut Vec<(String, Vec<String>)>, key: String, value: String) {
    match keys.iter_mut().find(|(known, _)| *known == key) {
        Some((_, values)) => values.push(value),
        None => keys.push((key, vec![value])),
    }
}
