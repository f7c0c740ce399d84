//! Where tables and keys stand: in the order of the profile's schema.

use std::{collections::BTreeMap, sync::OnceLock};

use serde_json::Value;

use crate::{diagnostic::KeyPath, profile::Profile};

/// Tables whose keys a site names itself, and whose order may mean something.
pub(super) const NAMED: [&str; 9] =
    ["module", "registry", "storage", "class", "platform", "env.set", "env.prepend", "env.append", "install"];

/// A place in the order; smaller comes first.
pub(super) type Rank = Vec<usize>;

/// Ranks paths of one text. Names that a site gives count in the order in which they are met.
pub(super) struct Ranks {
    met: BTreeMap<KeyPath, BTreeMap<String, usize>>,
}

impl Ranks {
    pub(super) fn new() -> Self {
        Self { met: BTreeMap::new() }
    }

    /// The place of `path`.
    pub(super) fn of(&mut self, path: &KeyPath) -> Rank {
        let mut node = Some(schema());
        let mut at = KeyPath::root();
        let mut rank = Vec::new();
        for segment in path.segments() {
            let (place, below) = match node.map(|node| step(node, segment)) {
                Some(Step::Known(place, below)) => (place, Some(below)),
                Some(Step::Named(below)) => (self.met(&at, segment), Some(below)),
                Some(Step::Unknown) | None => (LAST + self.met(&at, segment), None),
            };
            rank.push(place);
            node = below;
            at = at.key(segment.as_str());
        }
        rank
    }

    fn met(&mut self, table: &KeyPath, name: &str) -> usize {
        if let Ok(index) = name.parse() {
            return index;
        }
        let names = self.met.entry(table.clone()).or_default();
        let next = names.len();
        *names.entry(name.to_owned()).or_insert(next)
    }
}

/// Behind all keys of the schema.
const LAST: usize = 1 << 16;

/// What a schema says of one segment.
enum Step {
    /// A key of its own, with its place.
    Known(usize, &'static Value),
    /// A name that the site gives, or an element.
    Named(&'static Value),
    Unknown,
}

fn step(node: &'static Value, segment: &str) -> Step {
    let node = resolved(node);
    for form in ["anyOf", "oneOf"] {
        for part in node.get(form).and_then(Value::as_array).into_iter().flatten() {
            match step(part, segment) {
                Step::Unknown => {}
                found => return found,
            }
        }
    }
    // `KEY_add` and `KEY_remove` stand where `KEY` does.
    let base = segment.strip_suffix("_add").or_else(|| segment.strip_suffix("_remove")).unwrap_or(segment);
    if let Some(properties) = node.get("properties").and_then(Value::as_object) {
        let place = |name: &str| properties.iter().position(|(key, _)| key == name);
        if let Some(place) = place(segment).or_else(|| place(base)) {
            let (_, below) = properties.iter().nth(place).unwrap_or_else(|| unreachable!("found before"));
            return Step::Known(place, below);
        }
    }
    let elements = node.get("items").filter(|_| segment.parse::<usize>().is_ok());
    match elements.or(node.get("additionalProperties").filter(|below| below.is_object())) {
        Some(below) => Step::Named(below),
        None => Step::Unknown,
    }
}

fn resolved(node: &'static Value) -> &'static Value {
    let name = node.get("$ref").and_then(Value::as_str).and_then(|name| name.strip_prefix("#/"));
    name.and_then(|name| schema().pointer(&format!("/{name}"))).unwrap_or(node)
}

fn schema() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        let mut schema = schemars::schema_for!(Profile).to_value();
        // The overrides of a class are a profile, whatever its schema says of them.
        if let Some(set) = schema.pointer_mut("/$defs/ClassSection/properties/set") {
            *set = serde_json::json!({ "$ref": "#" });
        }
        schema
    })
}
