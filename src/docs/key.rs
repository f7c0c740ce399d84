//! Every key that a profile can have, read from the types that decode it.
//!
//! A path of a page stands for many paths of profiles: `module.NAME.copy_from` for the key of any module,
//! `filesystem[].source` for that of any entry. [`find`] takes either form.

mod index;
pub(super) mod page;

use std::sync::LazyLock;

use serde_json::Value;

use self::index::Index;
use crate::diagnostic::{KeyPath, nearest};
use crate::profile::Profile;

/// What stands in a path for the name that a site gives.
pub const NAME: &str = "NAME";

/// What stands in a path for an element of a list of tables.
pub const ELEMENT: &str = "[]";

/// One key of a profile, or a table of keys.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    /// Its segments; [`NAME`] and [`ELEMENT`] stand for what a profile has there.
    pub segments: Vec<String>,
    /// What it is for: its doc comment.
    pub about: String,
    /// What kind of value it takes, in words.
    pub kind: String,
    /// The words it can be, and what each means, where these are all.
    pub words: Vec<(String, String)>,
    /// A value it could have, as TOML.
    pub example: Option<String>,
    /// Whether it holds further keys.
    pub is_table: bool,
    /// Whether it holds values under names that the site gives.
    pub is_map: bool,
}

/// Every key, in the order of the types; a table comes before its keys.
pub static KEYS: LazyLock<Vec<Key>> = LazyLock::new(|| of(&schemars::schema_for!(Profile).to_value()));

/// Every key of a type, by its JSON Schema.
pub(super) fn of(schema: &Value) -> Vec<Key> {
    let mut keys = Vec::new();
    walk(schema, schema, &mut Vec::new(), &mut keys);
    keys
}

/// The key that a path means: one as in the reference, or one of a profile.
#[must_use]
pub fn find(path: &KeyPath) -> Option<&'static Key> {
    INDEX.find(path.segments())
}

/// The key that a text means, written with dots.
#[must_use]
pub fn named(text: &str) -> Option<&'static Key> {
    let exact = KEYS.iter().find(|key| key.path() == text);
    exact.or_else(|| find(&text.parse().ok()?))
}

/// The key nearest to a text that names none. Where only its last words are known, the whole path.
#[must_use]
pub fn near(text: &str) -> Option<String> {
    let paths: Vec<String> = KEYS.iter().map(Key::path).collect();
    let by_path = nearest(text, paths.iter().map(String::as_str)).map(str::to_owned);
    by_path.or_else(|| {
        let (table, last) = text.rsplit_once('.').unwrap_or(("", text));
        let own = |key: &&Key| table.is_empty() || key.table() == table;
        let names: Vec<&str> =
            KEYS.iter().filter(own).filter_map(|key| key.segments.last()).map(String::as_str).collect();
        // One word is like many last words of long paths: only a slip of the finger is near.
        let word = nearest(last, names).filter(|word| strsim::damerau_levenshtein(last, word) <= 1)?;
        KEYS.iter().filter(own).find(|key| key.segments.last().is_some_and(|name| name == word)).map(Key::path)
    })
}

/// The keys by their segments.
static INDEX: LazyLock<Index> = LazyLock::new(|| Index::new(&KEYS));

impl Key {
    /// The path as it is shown: `module.NAME.copy_from`, `filesystem[].source`.
    #[must_use]
    pub fn path(&self) -> String {
        self.segments.join(".").replace(".[]", "[]")
    }

    /// The path of the table it is in, as it is shown; empty at the top.
    #[must_use]
    pub fn table(&self) -> String {
        let Some((_, table)) = self.segments.split_last() else { return String::new() };
        table.join(".").replace(".[]", "[]")
    }

    /// What holds where nobody writes it, as its doc comment says.
    #[must_use]
    pub fn default(&self) -> Option<String> {
        let at = self.about.find("Default")?;
        let said = self.about[at + "Default".len()..].trim_start_matches(':').trim_start();
        // A sentence ends where a blank or nothing follows its full stop.
        let end = said
            .match_indices('.')
            .map(|(at, _)| at)
            .find(|at| matches!(said.as_bytes().get(at + 1), None | Some(b' ')));
        Some(said[..end.unwrap_or(said.len())].to_owned())
    }

    /// Whether only the native runtime and gateway know it, as its doc comment says.
    #[must_use]
    pub fn is_native_only(&self) -> bool {
        self.about.contains("Native only") || self.about.contains("Native;")
    }
}

/// The keys of one table of the schema, each followed by those below it.
fn walk(root: &Value, table: &Value, path: &mut Vec<String>, keys: &mut Vec<Key>) {
    for (name, property) in table["properties"].as_object().into_iter().flatten() {
        path.push(name.clone());
        entry(root, property, path, keys);
        path.pop();
    }
    if table["additionalProperties"].is_object() {
        path.push(NAME.to_owned());
        entry(root, &table["additionalProperties"], path, keys);
        path.pop();
    }
}

fn entry(root: &Value, property: &Value, path: &mut Vec<String>, keys: &mut Vec<Key>) {
    let value = meant(root, property);
    let element = value.get("items").map(|items| meant(root, items)).filter(|items| is_table(root, items));
    let described = |schema: &Value| schema["description"].as_str().map(str::to_owned);
    let about = described(property).or_else(|| described(value)).unwrap_or_default();
    keys.push(Key {
        segments: path.clone(),
        about: about.split_whitespace().collect::<Vec<_>>().join(" "),
        kind: kind(root, property),
        words: words(value),
        example: example(root, value),
        is_table: is_table(root, value) || element.is_some(),
        is_map: is_map(root, value),
    });
    if is_table(root, value) {
        walk(root, value, path, keys);
    }
    if let Some(element) = element {
        path.push(ELEMENT.to_owned());
        walk(root, element, path, keys);
        path.pop();
    }
}

/// The schema behind references and optional values.
fn meant<'s>(root: &'s Value, schema: &'s Value) -> &'s Value {
    if let Some(name) = schema["$ref"].as_str().and_then(|name| name.strip_prefix('#')) {
        return root.pointer(name).map_or(schema, |target| meant(root, target));
    }
    let forms: Vec<&Value> =
        schema["anyOf"].as_array().into_iter().flatten().filter(|form| form["type"] != "null").collect();
    match forms.as_slice() {
        [only] => meant(root, only),
        _ => schema,
    }
}

fn is_table(root: &Value, schema: &Value) -> bool {
    schema["properties"].is_object() || schema["additionalProperties"].is_object() && !is_map(root, schema)
}

/// Whether names of the site's own have plain values here.
fn is_map(root: &Value, schema: &Value) -> bool {
    let entries = &schema["additionalProperties"];
    let any = schema["type"] == "object" && *entries == Value::Bool(true);
    !schema["properties"].is_object() && (any || entries.is_object() && !is_table(root, meant(root, entries)))
}

fn words(schema: &Value) -> Vec<(String, String)> {
    let word = |form: &Value| {
        let about = form["description"].as_str().unwrap_or_default();
        Some((form["const"].as_str()?.to_owned(), about.to_owned()))
    };
    schema["oneOf"].as_array().into_iter().flatten().filter_map(word).collect()
}

/// What a value of this schema is, in words.
fn kind(root: &Value, property: &Value) -> String {
    let schema = meant(root, property);
    // What a property says is about its use; what a type says is about its values.
    let named = !std::ptr::eq(schema, property);
    let words = words(schema);
    if !words.is_empty() {
        return words.iter().map(|(word, _)| format!("`{word}`")).collect::<Vec<_>>().join(" or ");
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).filter(|name| *name != "null").collect(),
        one => one.as_str().into_iter().collect(),
    };
    if types.first() == Some(&"array") {
        let element = schema.get("items").map(|items| meant(root, items)).unwrap_or(&Value::Null);
        return if is_table(root, element) {
            "list of tables".to_owned()
        } else {
            format!("list: {}", kind(root, &schema["items"]))
        };
    }
    if is_map(root, schema) && schema["additionalProperties"].is_object() {
        return format!("for each name: {}", kind(root, &schema["additionalProperties"]));
    }
    if is_table(root, schema) || types.first() == Some(&"object") {
        return "table".to_owned();
    }
    if let Some(about) = schema["description"].as_str().filter(|_| named) {
        return about.to_owned();
    }
    let limits = match (&schema["minimum"], &schema["maximum"]) {
        (Value::Number(min), Value::Number(max)) => format!(", {min} to {max}"),
        (Value::Number(min), _) => format!(", at least {min}"),
        (_, Value::Number(max)) => format!(", at most {max}"),
        _ => String::new(),
    };
    match types.first() {
        Some(&"boolean") => "true or false".to_owned(),
        Some(&"integer") => format!("whole number{limits}"),
        Some(&"number") => format!("number{limits}"),
        Some(&"string") => "text".to_owned(),
        _ => "any value".to_owned(),
    }
}

fn example(root: &Value, schema: &Value) -> Option<String> {
    if let Some((word, _)) = words(schema).first() {
        return Some(format!("{word:?}"));
    }
    if let Some(element) = schema.get("items") {
        return example(root, meant(root, element)).map(|element| format!("[{element}]"));
    }
    schema["examples"].as_array()?.first().map(Value::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_a_profile_finds_the_key_of_the_reference() {
        let found = |text: &str| named(text).map(Key::path);
        assert_eq!(found("gateway.timeout").as_deref(), Some("gateway.timeout"));
        assert_eq!(found("module.mpich.copy_from").as_deref(), Some("module.NAME.copy_from"));
        assert_eq!(found("filesystem.0.source").as_deref(), Some("filesystem[].source"));
        assert_eq!(found("filesystem.source").as_deref(), Some("filesystem[].source"));
        assert_eq!(found("filesystem[].source").as_deref(), Some("filesystem[].source"));
        assert_eq!(found("registry.\"docker.io\".mirrors").as_deref(), Some("registry.NAME.mirrors"));
        assert_eq!(found("env.set.SHIFTER_RUNTIME").as_deref(), Some("env.set"));
        assert_eq!(found("install.boot_dirs").as_deref(), Some("install.boot_dirs"));
        assert_eq!(found("gateway.tiemout"), None);
    }

    #[test]
    fn a_misspelt_key_is_told_the_nearest() {
        assert_eq!(near("gateway.tiemout").as_deref(), Some("gateway.timeout"));
        assert_eq!(near("udi_mont").as_deref(), Some("paths.udi_mount"));
        assert_eq!(near("qqqqqq"), None);
    }

    #[test]
    fn kinds_words_and_defaults_come_from_the_types() {
        let key = |text: &str| named(text).expect("a key");
        assert_eq!(key("images.expire_after").default().as_deref(), Some("`90d`"));
        assert_eq!(key("gateway.database.uri").default(), None);
        assert_eq!(key("runtime.populate_etc").kind, "`static` or `dynamic`");
        assert_eq!(key("scale.nodes_per_job").kind, "whole number, at least 1");
        assert_eq!(key("filesystem").kind, "list of tables");
        assert_eq!(key("gateway.timeout").example.as_deref(), Some("\"300s\""));
        assert!(key("gateway.socket").is_native_only() && !key("gateway.bind").is_native_only());
    }

    #[test]
    fn every_key_says_what_it_is_for() {
        let silent: Vec<String> = KEYS.iter().filter(|key| key.about.is_empty()).map(Key::path).collect();
        assert_eq!(silent, Vec::<String>::new());
    }
}
