//! `imagemanager.json`, by key path. A value is shown only where it cannot be a secret.

use super::list::{self, Element};
use super::{Change, What, cover, lines};
use schemars::schema_for;
use serde_json::{Map, Value};
use shifter_gateway_types::ImageManager;
use std::sync::OnceLock;

/// What stands where a secret is.
const COVERED: &str = "***";

/// The differences by key path; by line, without text, where one of the two is no JSON object.
pub(super) fn compare(old: &str, new: &str) -> Vec<Change> {
    let (Ok(Value::Object(old)), Ok(Value::Object(new))) = (serde_json::from_str(old), serde_json::from_str(new))
    else {
        return vec![Change::new("", What::Covered)];
    };
    let mut changes = Vec::new();
    of_objects("", &old, &new, &mut changes);
    changes
}

fn of_objects(above: &str, old: &Map<String, Value>, new: &Map<String, Value>, changes: &mut Vec<Change>) {
    let names = old.keys().chain(new.keys().filter(|key| !old.contains_key(*key)));
    for name in names {
        let path = if above.is_empty() { name.clone() } else { format!("{above}.{name}") };
        let (was, is) = (old.get(name), new.get(name));
        if was == is {
            continue;
        }
        let is_known = !above.is_empty() || known().iter().any(|key| key == name);
        if !is_known || [was, is].into_iter().flatten().any(|value| is_covered(name, value)) {
            changes.push(Change::new(path, What::Covered));
            continue;
        }
        match (was, is) {
            (Some(Value::Object(was)), Some(Value::Object(is))) => of_objects(&path, was, is, changes),
            (Some(Value::Array(was)), Some(Value::Array(is))) => {
                let elements = |all: &[Value]| all.iter().map(|one| Element::plain(&shown(one))).collect::<Vec<_>>();
                changes.extend(list::compare(&path, &elements(was), &elements(is)));
            }
            (None, Some(Value::Object(is))) if !is.is_empty() => of_objects(&path, &Map::new(), is, changes),
            (Some(Value::Object(was)), None) if !was.is_empty() => of_objects(&path, was, &Map::new(), changes),
            (None, Some(is)) => changes.push(Change::new(path, What::Added { value: shown(is) })),
            (Some(was), None) => changes.push(Change::new(path, What::Removed { value: shown(was) })),
            (Some(was), Some(is)) => {
                changes.push(Change::new(path, What::Changed { from: shown(was), to: shown(is) }));
            }
            (None, None) => {}
        }
    }
}

fn is_covered(name: &str, value: &Value) -> bool {
    match value {
        Value::String(text) => cover::is_telling(name) || cover::holds_credential(text),
        Value::Array(all) => all.iter().any(|one| is_covered(name, one)),
        _ => false,
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => {
            let mut covered = other.clone();
            cover_in(&mut covered, true);
            covered.to_string()
        }
    }
}

/// The text with every value covered that may be a secret, printed as the toolkit prints JSON; no text where it is
/// no JSON object.
pub(super) fn covered(text: &str) -> Option<String> {
    let mut value: Value = serde_json::from_str(text).ok().filter(Value::is_object)?;
    cover_in(&mut value, false);
    Some(shifter_gateway_types::pretty::print(&value))
}

fn cover_in(value: &mut Value, all_known: bool) {
    match value {
        Value::Object(map) => {
            for (name, value) in map.iter_mut() {
                let is_known = all_known || known().iter().any(|key| key == name);
                if !is_known || is_covered(name, value) {
                    *value = Value::from(COVERED);
                } else {
                    cover_in(value, true);
                }
            }
        }
        Value::Array(all) => all.iter_mut().for_each(|one| cover_in(one, true)),
        Value::String(text) if cover::holds_credential(text) => *value = Value::from(COVERED),
        _ => {}
    }
}

/// The keys the gateway knows. What else somebody wrote into the file may be anything, so it is not shown.
fn known() -> &'static [String] {
    static KNOWN: OnceLock<Vec<String>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let schema = schema_for!(ImageManager);
        let properties = schema.get("properties").and_then(Value::as_object);
        properties.map(|map| map.keys().cloned().collect()).unwrap_or_default()
    })
}

/// The lines that differ, with what may be secret covered.
pub(super) fn unified(old_name: &str, new_name: &str, old: &str, new: &str) -> String {
    match (covered(old), covered(new)) {
        (Some(old), Some(new)) => lines::diff(old_name, new_name, &old, &new),
        _ => lines::hidden(old_name, new_name),
    }
}
