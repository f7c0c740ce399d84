//! Every key that the runtime and the gateway read can be set by a profile.

use crate::support::{inputs, plan, profiles, repository, sites_of, text};
use serde_json::Value;
use shifter_formats::udiroot::{KEYS, MODULE_KEYS};
use shifter_gateway_types::ImageManager;
use shifter_site::render;
use std::collections::BTreeSet;

/// Keys of imagemanager.json that no profile key sets, and why.
const LEFT_OUT: &[&str] = &[
    // A reference is a native form, and these are keys of older releases: they get the text.
    "Broker.file",
    "MongoDBURI.file",
    // No release reads it; `[extra.imagemanager]` carries it where a site has it.
    "Platforms.*.mountCommand",
];

/// The rendered files of this name: of a profile with every native key, and of the site profiles for older ones.
fn rendered(name: &str) -> Vec<String> {
    let everything = std::fs::read_to_string(repository("tests/data/profiles/everything-native.toml")).unwrap();
    let mut inputs = inputs("everything");
    inputs.files.insert("own.sh".to_owned(), "true\n".to_owned());
    let mut plans = vec![render::plan(&sites_of(&everything), &inputs).unwrap()];
    plans.extend(profiles().iter().map(|name| plan(name)));
    plans.iter().filter(|plan| plan.get(name).is_some()).map(|plan| text(plan, name)).collect()
}

#[test]
fn every_key_of_udiroot_conf_can_be_set() {
    let files = rendered("udiRoot.conf").concat();
    let lines: BTreeSet<&str> = files.lines().filter_map(|line| line.split_once('=')).map(|(key, _)| key).collect();
    let missing: Vec<&str> = KEYS.iter().map(|key| key.name).filter(|name| !lines.contains(name)).collect();
    assert_eq!(missing, [""; 0], "no profile key sets these");
    let of_modules: BTreeSet<&str> =
        lines.iter().filter_map(|key| key.strip_prefix("module_")?.split_once('_')).map(|(_, key)| key).collect();
    let missing: Vec<&str> = MODULE_KEYS.iter().map(|key| key.name).filter(|name| !of_modules.contains(name)).collect();
    assert_eq!(missing, [""; 0], "no profile key of a module sets these");
}

/// The dotted keys of a schema, `*` for the names of a map.
fn keys_of_schema(root: &Value, schema: &Value, path: &str, found: &mut BTreeSet<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        return keys_of_schema(root, &root[pointer(reference)], path, found);
    }
    for part in ["anyOf", "oneOf", "allOf"].iter().filter_map(|word| schema[*word].as_array()).flatten() {
        keys_of_schema(root, part, path, found);
    }
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    for (key, value) in schema["properties"].as_object().into_iter().flatten() {
        found.insert(below(key));
        keys_of_schema(root, value, &below(key), found);
    }
    if schema["additionalProperties"].is_object() {
        keys_of_schema(root, &schema["additionalProperties"], &below("*"), found);
    }
}

fn pointer(reference: &str) -> &str {
    reference.strip_prefix("#/$defs/").unwrap()
}

/// The dotted keys of a document, in the words of the schema's.
fn keys_of_document(value: &Value, known: &BTreeSet<String>, path: &str, found: &mut BTreeSet<String>) {
    for (key, value) in value.as_object().into_iter().flatten() {
        let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        let at = if known.contains(&below(key)) { below(key) } else { below("*") };
        found.insert(at.clone());
        keys_of_document(value, known, &at, found);
    }
}

#[test]
fn every_key_of_imagemanager_json_can_be_set() {
    let schema = serde_json::to_value(schemars::schema_for!(ImageManager)).unwrap();
    let mut known = BTreeSet::new();
    keys_of_schema(&schema["$defs"], &schema, "", &mut known);
    assert!(known.contains("Platforms.*.ssh.imageDir") && known.len() > 50, "{known:#?}");
    let mut set = BTreeSet::new();
    for file in rendered("imagemanager.json") {
        keys_of_document(&serde_json::from_str(&file).unwrap(), &known, "", &mut set);
    }
    let missing: Vec<&String> = known.iter().filter(|key| !set.contains(*key)).collect();
    assert_eq!(missing, LEFT_OUT, "no profile key sets these");
}
