//! Every key of `imagemanager.json`, read from the type that the gateway reads it with.

use std::sync::LazyLock;

use serde_json::{Value, json};
use shifter_gateway_types::ImageManager;

use super::key::{
    self, Key, NAME,
    page::{self, Fact},
};
use crate::coverage;
use crate::diagnostic::KeyPath;

/// The file.
const FILE: &str = "imagemanager.json";

/// Every key, in the order of the type; one that holds others comes before them. [`NAME`] stands for a system or a registry.
pub static KEYS: LazyLock<Vec<Key>> = LazyLock::new(|| key::of(&schemars::schema_for!(ImageManager).to_value()));

/// The keys that a text means: one by its path, with the name of a system or a registry in it or without; else all whose
/// last word it is.
#[must_use]
pub fn named(text: &str) -> Vec<&'static Key> {
    let path: Option<KeyPath> = text.parse().ok();
    let means = |key: &&Key| {
        let own = path.as_ref().map_or(&[][..], KeyPath::segments);
        let mut pairs = key.segments.iter().zip(own);
        key.segments.len() == own.len() && pairs.all(|(key, own)| key == own || key == NAME)
    };
    match KEYS.iter().find(means) {
        Some(key) => vec![key],
        None => KEYS.iter().filter(|key| key.segments.last().is_some_and(|last| last == text)).collect(),
    }
}

/// The key as a setting: its path, with `*` for a name of the site's own.
#[must_use]
pub fn setting(key: &Key) -> String {
    key.path().replace(NAME, "*")
}

/// The keys of a profile that it is rendered from.
fn written_as(key: &Key) -> Vec<&'static str> {
    let setting = setting(key);
    let sets = |used: &coverage::Use| used.file() == Some(FILE) && used.setting().as_ref() == Some(&setting);
    coverage::rows().filter(|(_, uses)| uses.iter().any(sets)).map(|(key, _)| key).collect()
}

/// What is known of a key beside what it is for.
fn facts(key: &Key) -> Vec<Fact> {
    let default = key.default().unwrap_or_default();
    let facts = [
        ("file", FILE.to_owned()),
        ("value", key.kind.clone()),
        ("default", default),
        ("written as", written_as(key).join(", ")),
    ];
    facts.into_iter().filter(|(_, text)| !text.is_empty()).collect()
}

/// The key as plain text.
#[must_use]
pub fn text(key: &Key) -> String {
    page::text(key, facts(key))
}

/// The key as a page in Markdown.
#[must_use]
pub fn markdown(key: &Key) -> String {
    page::markdown(key, 1, facts(key))
}

/// The key as data.
#[must_use]
pub fn json(key: &Key) -> Value {
    json!({ "file": FILE, "key": key.path(), "about": key.about, "value": key.kind, "default": key.default(), "written_as": written_as(key) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(text: &str) -> Vec<String> {
        named(text).into_iter().map(Key::path).collect()
    }

    #[test]
    fn a_key_is_found_by_its_path_its_name_and_amid_names_of_systems() {
        assert_eq!(paths("CacheDirectory"), ["CacheDirectory"]);
        assert_eq!(paths("Platforms.cori.local.imageDir"), ["Platforms.NAME.local.imageDir"]);
        assert_eq!(paths("mungeSocketPath"), ["Platforms.NAME.mungeSocketPath"]);
        assert!(paths("cachedirectory").is_empty() && paths("").is_empty());
    }

    #[test]
    fn every_key_says_what_it_is_for() {
        let silent: Vec<String> = KEYS.iter().filter(|key| key.about.is_empty()).map(Key::path).collect();
        assert_eq!(silent, Vec::<String>::new());
    }

    #[test]
    fn a_page_names_the_key_of_the_profile() {
        let page = text(named("CacheDirectory")[0]);
        assert!(page.contains("written as      gateway.cache_dir"), "{page}");
    }
}
