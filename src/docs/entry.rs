//! What the reference says of one key, in Markdown and as plain text.

use shifter_formats::Target;
use shifter_formats::udiroot::{KEYS as CONF_KEYS, KeySpec, MODULE_KEYS};

use super::key::{
    Key,
    page::{self, Fact},
};
use crate::coverage::{self, Status, Use};

/// Everything that is known of a key beside what it is for.
fn facts(key: &Key) -> Vec<Fact> {
    let path = key.path();
    let uses = coverage::uses(&path).unwrap_or_default();
    let mut facts = vec![("value", key.kind.clone())];
    let mut add = |about, text: String| {
        if !text.is_empty() {
            facts.push((about, text));
        }
    };
    add("default", key.default().unwrap_or_default());
    add("example", example(key).unwrap_or_default());
    let rendered: Vec<String> = uses.iter().filter(|used| used.is_rendered()).map(|used| used_as(*used)).collect();
    add("rendered as", rendered.join(", "));
    let own: Vec<&str> =
        uses.iter().filter_map(|used| if let Use::Tool(what) = used { Some(*what) } else { None }).collect();
    add("in shifter-site", own.join(", "));
    add("releases", releases(key, uses));
    if coverage::status(key) == Status::Reserved {
        add("status", "reserved: nothing goes by it yet".to_owned());
    }
    let judged = uses.iter().filter_map(|used| if let Use::Judged(code) = used { Some(*code) } else { None });
    let about = coverage::rules_about(&path).iter().filter(|rule| rule.id.name != "reserved-key");
    let rules: Vec<&str> = about.map(|rule| rule.id.code).chain(judged).collect();
    add("rules", rules.join(", "));
    facts
}

fn used_as(used: Use) -> String {
    match (used.file(), used.setting()) {
        (Some(file), Some(setting)) => format!("`{setting}` of {file}"),
        (Some(file), None) => file.to_owned(),
        _ => String::new(),
    }
}

/// The releases that know the setting, where they are not all.
fn releases(key: &Key, uses: &[Use]) -> String {
    let spec = |used: &Use| -> Option<&'static KeySpec> {
        match used {
            Use::Conf(name) => CONF_KEYS.iter().find(|key| key.name == *name),
            Use::Module(name) => MODULE_KEYS.iter().find(|key| key.name == *name),
            _ => None,
        }
    };
    match uses.first().and_then(spec) {
        Some(spec) if spec.targets.len() < Target::ALL.len() => {
            spec.targets.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        }
        None if key.is_native_only() => "native".to_owned(),
        _ => String::new(),
    }
}

/// The key with a value, as a line of its table.
fn example(key: &Key) -> Option<String> {
    let name = key.segments.last()?;
    Some(format!("{name} = {}", key.example.as_ref()?))
}

/// The key as a part of a page in Markdown, headed at level `depth`.
#[must_use]
pub fn markdown(key: &Key, depth: usize) -> String {
    page::markdown(key, depth, facts(key))
}

/// The key as plain text, as `explain` and `docs` show it on a terminal.
#[must_use]
pub fn text(key: &Key) -> String {
    page::text(key, facts(key))
}

/// One line for a list of keys.
#[must_use]
pub fn line(key: &Key) -> String {
    format!("{:34} {}", key.path(), first_sentence(&key.about))
}

/// What is said first.
pub(super) fn first_sentence(text: &str) -> &str {
    text.match_indices(". ").next().map_or(text, |(at, _)| &text[..=at])
}
