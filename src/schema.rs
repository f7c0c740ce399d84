//! The generated files below `schemas/`: what may be written, for editors and other programs.
//!
//! They come from the types that read and write the files, so they cannot say anything else. A
//! test fails when one is stale.

use serde_json::{Map, Value, json};
use shifter_formats::{
    Target,
    udiroot::{KEYS, KeySpec, MODULE_KEYS, Trust},
};

use crate::{
    diagnostic::json::Document, facts::Facts, profile::Profile, render::Manifest, report::Fleet, verify::NodeReport,
};

/// One generated file.
#[derive(Debug, Clone, Copy)]
pub struct Schema {
    /// Its short name on the command line.
    pub name: &'static str,
    /// Its file name.
    pub file: &'static str,
    /// What it describes.
    pub about: &'static str,
    make: fn() -> Value,
}

/// Every generated file.
pub const ALL: &[Schema] = &[
    Schema { name: "profile", file: "site-profile.schema.json", about: "a site profile", make: profile },
    Schema {
        name: "imagemanager",
        file: "imagemanager.schema.json",
        about: "imagemanager.json, the gateway's configuration",
        make: imagemanager,
    },
    Schema {
        name: "finding",
        file: "finding.schema.json",
        about: "the output of `check --format json`",
        make: finding,
    },
    Schema {
        name: "manifest",
        file: "manifest.schema.json",
        about: "manifest.json beside the rendered files",
        make: manifest,
    },
    Schema { name: "facts", file: "facts.schema.json", about: "what `facts` finds on a node", make: facts },
    Schema {
        name: "verify",
        file: "verify.schema.json",
        about: "the output of `verify --format json`",
        make: || schemars::schema_for!(NodeReport).to_value(),
    },
    Schema {
        name: "report",
        file: "report.schema.json",
        about: "the output of `report --format json`",
        make: || schemars::schema_for!(Fleet).to_value(),
    },
    Schema {
        name: "udiroot-keys",
        file: "udiroot-keys.json",
        about: "every key of udiRoot.conf (data, not a schema)",
        make: udiroot_keys,
    },
    Schema {
        name: "coverage",
        file: "coverage.json",
        about: "every key of a profile and every setting, side by side (data, not a schema)",
        make: coverage,
    },
];

/// The schema called `name`.
#[must_use]
pub fn find(name: &str) -> Option<&'static Schema> {
    ALL.iter().find(|schema| schema.name == name || schema.file == name)
}

impl Schema {
    /// The file's text, ending with a line end.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{:#}\n", (self.make)())
    }
}

/// The profile's schema: the decoder's, and the list operations of layers.
pub(crate) fn profile() -> Value {
    let mut schema = schemars::schema_for!(Profile).to_value();
    schema["title"] = "shifter-site profile".into();
    list_operations(&mut schema);
    let definitions = schema.get_mut("$defs").and_then(Value::as_object_mut);
    for definition in definitions.into_iter().flatten().map(|(_, definition)| definition) {
        list_operations(definition);
    }
    overrides(&mut schema);
    schema
}

/// `KEY_add` and `KEY_remove` beside every array of a table with fixed keys.
fn list_operations(table: &mut Value) {
    if table.get("additionalProperties") != Some(&Value::Bool(false)) {
        return;
    }
    let Some(properties) = table.get_mut("properties").and_then(Value::as_object_mut) else { return };
    let mut more = Map::new();
    for (key, property) in properties.iter() {
        let array = match property.get("type") {
            Some(Value::Array(types)) => types.iter().any(|kind| kind == "array"),
            kind => kind.is_some_and(|kind| kind == "array"),
        };
        if !array {
            continue;
        }
        let mut add = property.clone();
        add["description"] = format!("Elements to add to `{key}` of the layers below.").into();
        more.insert(format!("{key}_add"), add);
        let text = format!("Elements to take out of `{key}` of the layers below.");
        more.insert(format!("{key}_remove"), json!({ "description": text, "type": "array" }));
    }
    properties.extend(more);
}

/// `set` of a class holds keys of the profile.
fn overrides(schema: &mut Value) {
    let properties = schema["properties"].clone();
    let overrides = json!({
        "description": "Keys of the profile that are different for a class.",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    schema["$defs"]["Overrides"] = overrides;
    let set = &mut schema["$defs"]["ClassSection"]["properties"]["set"];
    let about = set["description"].clone();
    *set = json!({ "description": about, "$ref": "#/$defs/Overrides" });
}

fn imagemanager() -> Value {
    schemars::schema_for!(shifter_gateway_types::ImageManager).to_value()
}

fn finding() -> Value {
    schemars::schema_for!(Document).to_value()
}

fn manifest() -> Value {
    schemars::schema_for!(Manifest).to_value()
}

fn coverage() -> Value {
    crate::coverage::document()
}

fn facts() -> Value {
    schemars::schema_for!(Facts).to_value()
}

fn udiroot_keys() -> Value {
    let keys = |keys: &[KeySpec]| Value::Array(keys.iter().map(udiroot_key).collect());
    json!({ "keys": keys(KEYS), "module_keys": keys(MODULE_KEYS) })
}

/// One key of `udiRoot.conf` as data.
pub(crate) fn udiroot_key(key: &KeySpec) -> Value {
    let names = |targets: &[Target]| targets.iter().map(ToString::to_string).collect::<Vec<_>>();
    json!({
        "name": key.name,
        "kind": key.kind.as_str(),
        "default": key.default,
        "targets": names(key.targets),
        "required_by": names(key.required_by),
        "no_op_in": names(key.no_op_in),
        "patched": names(key.patched),
        "trust": trust(key.trust),
        "documentation": key.text(),
    })
}

fn trust(trust: Trust) -> &'static str {
    match trust {
        Trust::Plain => "plain",
        Trust::RootReads => "root-reads",
        Trust::RootWrites => "root-writes",
        Trust::RootExecutes => "root-executes",
    }
}
