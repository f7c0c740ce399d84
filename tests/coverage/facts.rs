//! Keys that are not rendered but judged: without such a key, a rule that speaks of it gives another answer.

use shifter_site::coverage::{self, Status, Use};
use shifter_site::diagnostic::KeyPath;
use shifter_site::docs::key::{self, Key};
use shifter_site::lint::{Example, RULES, Rule, examples};
use toml::Value;

use crate::keys;
use crate::rendered::others;
use crate::trial::tried;

#[test]
fn a_key_that_is_not_rendered_is_read_by_a_rule_or_reserved() {
    let (mut unread, mut read) = (Vec::new(), Vec::new());
    for key in keys().filter(|key| coverage::uses(&key.path()).is_some_and(<[_]>::is_empty)) {
        // The rule about reserved keys reads all of them, and goes by none.
        let mut rules = coverage::rules_about(&key.path()).iter().filter(|rule| rule.id.name != "reserved-key");
        let is_read = rules.any(|rule| ["Bad", "Good"].iter().any(|title| reads(rule, title, key)));
        match (is_read, coverage::status(key)) {
            (false, Status::Checked) => unread.push(key.path()),
            (true, Status::Reserved) => read.push(key.path()),
            _ => {}
        }
    }
    assert_eq!(unread, [""; 0], "nothing goes by these: add them to src/coverage/reserved.rs");
    assert_eq!(read, [""; 0], "a rule goes by these: take them out of src/coverage/reserved.rs");
}

#[test]
fn a_rule_that_judges_by_a_key_exists() {
    for (key, uses) in coverage::rows() {
        for used in uses {
            if let Use::Judged(code) = used {
                assert!(RULES.iter().any(|rule| rule.id.code == *code), "`{key}` is said to be for {code}");
            }
        }
    }
}

/// Whether the findings of an example change when the key is taken out of it, or has another value.
fn reads(rule: &Rule, title: &str, key: &Key) -> bool {
    let whole = examples(rule, title);
    let said = |examples: &[Example]| {
        let found = tried(rule, examples);
        found
            .iter()
            .filter(|one| one.finding.name != "reserved-key")
            .map(|one| (one.finding.code, one.finding.message.clone()))
            .collect::<Vec<_>>()
    };
    let usual = said(&whole);
    (0..4).any(|n| with_another_value(&whole, key, n).is_some_and(|changed| said(&changed) != usual))
}

/// The examples with the `n`th other value of the key; with none at all for 0.
fn with_another_value(whole: &[Example], key: &Key, n: usize) -> Option<Vec<Example>> {
    let mut changed = false;
    let one = |example: &Example| {
        let Ok(table) = toml::from_str::<toml::Table>(&example.text) else { return example.clone() };
        let mut value = Value::Table(table);
        if !replace(&mut value, &KeyPath::root(), key, n) {
            return example.clone();
        }
        changed = true;
        Example { text: toml::to_string(&value).expect("TOML"), ..example.clone() }
    };
    let examples = whole.iter().map(one).collect();
    changed.then_some(examples)
}

/// Changes every value of the key, also where a class sets it.
fn replace(value: &mut Value, at: &KeyPath, key: &Key, n: usize) -> bool {
    let is_the_key = |at: &KeyPath| {
        let own = match at.segments() {
            [class, _, set, own @ ..] if class == "class" && set == "set" && !own.is_empty() => {
                KeyPath::from(own.to_vec())
            }
            _ => at.clone(),
        };
        key::find(&own) == Some(key)
    };
    let mut found = false;
    match value {
        Value::Table(entries) => {
            for name in entries.keys().cloned().collect::<Vec<_>>() {
                let at = at.clone().key(&name);
                let Some(value) = entries.get_mut(&name) else { continue };
                if !is_the_key(&at) {
                    found |= replace(value, &at, key, n);
                } else if n == 0 {
                    entries.remove(&name);
                    found = true;
                } else if let Some(other) = others(value, key).into_iter().nth(n - 1) {
                    *value = other;
                    found = true;
                }
            }
        }
        Value::Array(elements) => {
            for (index, element) in elements.iter_mut().enumerate() {
                found |= replace(element, &at.clone().index(index), key, n);
            }
        }
        _ => {}
    }
    found
}
