//! Which rules speak of a key: those whose page names it or writes it in an example.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use toml::Value;

use crate::diagnostic::KeyPath;
use crate::docs::key;
use crate::lint::{Check, RULES, Rule, examples};

static ABOUT: LazyLock<BTreeMap<String, Vec<&'static Rule>>> = LazyLock::new(|| {
    let mut about: BTreeMap<String, Vec<&'static Rule>> = BTreeMap::new();
    for rule in RULES {
        for path in written(rule).union(&mentioned(rule)) {
            about.entry(path.clone()).or_default().push(rule);
        }
    }
    about
});

/// The rules that speak of the key of the reference at `path`, in the order of the manual.
#[must_use]
pub fn rules_about(path: &str) -> &'static [&'static Rule] {
    ABOUT.get(path).map(Vec::as_slice).unwrap_or_default()
}

/// The keys that the examples of a rule write, by their paths in the reference.
fn written(rule: &Rule) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    // What these find is about the form of any key, or about the run.
    if !matches!(rule.check, Check::View(_)) {
        return keys;
    }
    for example in ["Bad", "Good"].into_iter().flat_map(|title| examples(rule, title)) {
        if let Ok(table) = toml::from_str::<toml::Table>(&example.text) {
            gather(&Value::Table(table), &KeyPath::root(), &mut keys);
        }
    }
    keys
}

fn gather(value: &Value, path: &KeyPath, keys: &mut BTreeSet<String>) {
    let known = if path.is_root() { None } else { key::find(path) };
    match value {
        Value::Table(entries) if known.is_none_or(|key| key.is_table) => {
            for (name, value) in entries {
                gather(value, &path.clone().key(name), keys);
            }
        }
        Value::Array(elements) if known.is_some_and(|key| key.is_table) => {
            for (n, element) in elements.iter().enumerate() {
                gather(element, &path.clone().index(n), keys);
            }
        }
        value => {
            // What a class has otherwise is about the same key.
            let own = path.segments().strip_prefix(["class".to_owned()].as_slice()).and_then(|rest| {
                let [_, set, path @ ..] = rest else { return None };
                (set == "set").then(|| KeyPath::from(path.to_vec()))
            });
            let own = own.as_ref().unwrap_or(path);
            if let Some(key) = key::find(own) {
                keys.insert(key.path());
            } else if let Value::Table(entries) = value {
                for (name, value) in entries {
                    gather(value, &path.clone().key(name), keys);
                }
            }
        }
    }
}

/// The keys that a rule's page names in full, between backquotes.
fn mentioned(rule: &Rule) -> BTreeSet<String> {
    let prose = rule.docs.split("```").step_by(2);
    let words = prose.flat_map(|text| text.split('`').skip(1).step_by(2));
    words
        .filter(|word| word.contains('.'))
        .filter_map(key::named)
        .filter(|key| !key.is_table)
        .map(key::Key::path)
        .collect()
}
