//! The editor's schema refuses what the decoder refuses, key by key, and takes every profile of the repository. It asks
//! for `schema` alone: what else must be there, the layers may say together.

#[expect(dead_code, reason = "the tests of our own server use the rest")]
#[path = "lsp/client.rs"]
mod client;
#[path = "schema/editors.rs"]
mod editors;

use std::{collections::BTreeMap, fmt::Write as _};

use serde_json::Value;
use shifter_site::{
    diagnostic::{Severity, structural},
    lint::{self, Check, RULES},
    profile::{self, LoadOptions, Profile},
    schema,
};

/// What may stand behind any key: right for some, wrong for most.
const VALUES: &[&str] = &[
    "true",
    "0",
    "1",
    "-1",
    "70000",
    "1.5",
    "\"\"",
    "\"x\"",
    "\"X y\"",
    "\"/abs/path\"",
    "\"../up\"",
    "\"20s\"",
    "\"20\"",
    "\"4G\"",
    "\"0640\"",
    "\"0999\"",
    "\"2026-01-01\"",
    "\"http://host:1/\"",
    "\"a=b\"",
    "[]",
    "[true]",
    "[\"x\"]",
    "[\"x\", 1]",
    "{}",
    "{ nope = 1 }",
    "{ file = \"x\" }",
    "{ env = \"X\" }",
    "{ env = \"\" }",
    "{ file = \"\" }",
    "{ sops = \"x\", key = \"\" }",
    "{ command = [\"\"] }",
    "{ file = \"x\", env = \"X\" }",
    "[{}]",
    "1979-05-27",
];

/// The findings by which the decoder refuses a profile. That a key is missing is for the whole of all layers to say.
const REFUSALS: &[&str] = &[
    structural::UNKNOWN_KEY.code,
    structural::WRONG_TYPE.code,
    structural::SCHEMA_VERSION.code,
    structural::INLINE_SECRET.code,
];

/// A name for an entry of a table whose keys are names.
fn name_in(table: &str) -> &'static str {
    match table {
        "storage" => "/scratch",
        "registry" => "docker.io",
        _ => "a",
    }
}

/// The schema, and every path of a key in it as TOML would write it.
struct Schema {
    root: Value,
    validator: jsonschema::Validator,
    paths: Vec<String>,
}

impl Schema {
    fn new() -> Self {
        let text = schema::find("profile").expect("the profile's schema").text();
        let root: Value = serde_json::from_str(&text).expect("JSON");
        let validator = jsonschema::validator_for(&root).expect("a schema");
        let mut schema = Self { root, validator, paths: Vec::new() };
        let mut paths = Vec::new();
        schema.walk(&schema.root, &mut Vec::new(), &mut paths);
        schema.paths = paths;
        schema
    }

    fn walk(&self, node: &Value, path: &mut Vec<String>, paths: &mut Vec<String>) {
        if path.len() > 6 {
            return;
        }
        let target = node.get("$ref").and_then(Value::as_str);
        if let Some(target) = target.and_then(|target| self.root.pointer(target.strip_prefix('#')?)) {
            return self.walk(target, path, paths);
        }
        for form in ["anyOf", "oneOf", "allOf"] {
            for part in node.get(form).and_then(Value::as_array).into_iter().flatten() {
                self.walk(part, path, paths);
            }
        }
        for (key, child) in node.get("properties").and_then(Value::as_object).into_iter().flatten() {
            // What a class overrides are the keys of the profile again; what layers do to lists are lists again.
            let is_again = key == "set" && path.first().is_some_and(|top| top == "class");
            if is_again || key.ends_with("_add") || key.ends_with("_remove") {
                continue;
            }
            path.push(key.clone());
            let dotted = path.join(".");
            if !paths.contains(&dotted) {
                paths.push(dotted);
            }
            self.walk(child, path, paths);
            path.pop();
        }
        if let Some(entry) = node.get("additionalProperties").filter(|entry| entry.is_object()) {
            let name = name_in(path.first().map_or("", String::as_str));
            path.push(if name == "a" { name.to_owned() } else { format!("{name:?}") });
            self.walk(entry, path, paths);
            path.pop();
        }
        // Elements of arrays are reached through arrays of tables.
        if let Some(element) = node.get("items") {
            let last = path.pop().unwrap_or_default();
            path.push(format!("{last}[]"));
            self.walk(element, path, paths);
            path.pop();
            path.push(last);
        }
    }

    fn errors(&self, text: &str) -> Vec<String> {
        let table: toml::Table = text.parse().unwrap_or_else(|error| panic!("{error}: {text}"));
        let value = as_json(&toml::Value::Table(table));
        self.validator.iter_errors(&value).map(|error| format!("{error} at {}", error.instance_path())).collect()
    }
}

/// A profile as the JSON that the schema describes; a date is its text, as for the decoder.
fn as_json(value: &toml::Value) -> Value {
    match value {
        toml::Value::Datetime(when) => when.to_string().into(),
        toml::Value::Array(elements) => elements.iter().map(as_json).collect(),
        toml::Value::Table(entries) => {
            entries.iter().map(|(key, value)| (key.clone(), as_json(value))).collect::<serde_json::Map<_, _>>().into()
        }
        other => serde_json::to_value(other).expect("plain"),
    }
}

/// By which findings the decoder refuses a text.
fn refusals(text: &str) -> Vec<String> {
    let loaded = profile::load::<Profile>(&LoadOptions::text("t.toml", text)).expect("nothing to read");
    let classes = loaded.classes().into_iter().flat_map(|class| loaded.for_class(&class).findings);
    let findings = loaded.findings.iter().cloned().chain(classes);
    let refusals = findings.filter(|f| f.severity == Severity::Error && REFUSALS.contains(&f.code));
    refusals.map(|finding| format!("{} {}", finding.code, finding.message)).collect()
}

/// A profile in which `path` has `value` and nothing else is said. `x[].y` is in an array of tables.
fn text(path: &str, value: &str) -> String {
    let mut value = value.to_owned();
    let mut rest = path;
    while let Some((before, after)) = rest.rsplit_once("[].") {
        value = format!("[{{ {after} = {value} }}]");
        rest = before;
    }
    format!("schema = 1\n{rest} = {value}\n")
}

#[test]
fn what_the_decoder_refuses_behind_any_key_the_schema_refuses() {
    let schema = Schema::new();
    assert!(schema.paths.len() > 200, "{}", schema.paths.len());
    let mut disputes: BTreeMap<&str, String> = BTreeMap::new();
    for path in schema.paths.iter().filter(|path| *path != "schema") {
        for value in VALUES {
            let text = text(path, value);
            let by_decoder = refusals(&text);
            if !by_decoder.is_empty() && schema.errors(&text).is_empty() {
                let said = by_decoder.join("; ");
                let dispute = disputes.entry(path).or_default();
                let _ = writeln!(dispute, "  {path} = {value}: {said}");
            }
        }
    }
    let all: String = disputes.values().cloned().collect();
    assert!(disputes.is_empty(), "the schema takes what the decoder refuses behind {} keys:\n{all}", disputes.len());
}

/// Values of the wrong form, whatever a key is for: arrays, and references to nothing.
const FORMS: &[&str] = &["[]", "[true]", "[{}]", "{ env = \"\" }", "{ file = \"\" }", "{ command = [\"\"] }"];

#[test]
fn a_form_that_the_schema_refuses_behind_any_key_the_decoder_refuses() {
    let schema = Schema::new();
    let (mut disputes, mut refused) = (String::new(), 0);
    for path in schema.paths.iter().filter(|path| *path != "schema") {
        for value in FORMS {
            let text = text(path, value);
            let by_schema = schema.errors(&text);
            refused += by_schema.len().min(1);
            if !by_schema.is_empty() && refusals(&text).is_empty() {
                let _ = writeln!(disputes, "  {path} = {value}: {}", by_schema.join("; "));
            }
        }
    }
    assert!(disputes.is_empty(), "the decoder takes what the schema refuses:\n{disputes}");
    assert!(refused > 500, "{refused}");
}

#[test]
fn an_array_in_the_place_of_a_table_is_shown_with_its_place() {
    let loaded = profile::load::<Profile>(&LoadOptions::text("t.toml", "schema = 1\netc = [\"x\"]\n")).expect("read");
    let finding = loaded.findings.iter().find(|finding| finding.code == structural::WRONG_TYPE.code).expect("refused");
    assert_eq!(finding.message, "`etc` has the wrong type");
    let label = finding.anchor().expect("a place");
    assert_eq!(label.text, "expected a table, found an array");
    assert_eq!(label.pin.as_ref().and_then(|pin| pin.span.clone()), Some(17..22));
    assert_eq!(finding.help.as_deref(), Some("give it a table"));
}

#[test]
fn an_unknown_key_is_refused_in_every_table() {
    let schema = Schema::new();
    let tables: Vec<&str> =
        schema.paths.iter().filter_map(|path| path.rsplit_once('.')).map(|(table, _)| table).collect();
    for table in tables {
        let text = text(&format!("{table}.no_such_key"), "1");
        assert_eq!(schema.errors(&text).is_empty(), refusals(&text).is_empty(), "{text}");
    }
}

/// An example of the manual for a mistake that needs no rule to be seen.
struct Example {
    code: &'static str,
    text: String,
    is_bad: bool,
}

/// Every example that can stand alone.
fn structural_examples() -> Vec<Example> {
    let mut found = Vec::new();
    for rule in RULES.iter().filter(|rule| matches!(rule.check, Check::Loader) && REFUSALS.contains(&rule.id.code)) {
        for (section, is_bad) in [("Bad", true), ("Good", false)] {
            let examples = lint::examples(rule, section);
            for example in examples.into_iter().filter(|example| matches!(example.name.as_str(), "" | "alone")) {
                // That `schema` is missing shows where nothing is put before it.
                let is_whole = example.text.contains("schema =") || example.name == "alone";
                let text = if is_whole { example.text } else { format!("schema = 1\n{}", example.text) };
                found.push(Example { code: rule.id.code, text, is_bad });
            }
        }
    }
    assert!(found.len() >= 6, "{} examples", found.len());
    found
}

#[test]
fn every_structural_example_of_the_manual_is_refused_by_the_schema_too() {
    let schema = Schema::new();
    for Example { code, text, is_bad } in structural_examples() {
        assert_eq!(!schema.errors(&text).is_empty(), is_bad, "{code}: {text}");
    }
}

#[test]
fn the_schema_asks_for_nothing_but_the_version_of_the_format() {
    let schema = Schema::new();
    assert_eq!(schema.errors("schema = 1\n"), Vec::<String>::new());
    assert!(!schema.errors("").is_empty());
    for entry in std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("site-profiles").read_dir().expect("profiles") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let text = std::fs::read_to_string(&path).expect("readable");
            assert_eq!(schema.errors(&text), Vec::<String>::new(), "{}", path.display());
        }
    }
}
