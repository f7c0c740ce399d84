//! What the profile's schema says of a key: its documentation, its type, the values it can have.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::{diagnostic::KeyPath, schema};

/// The schema of the profile, read once.
#[derive(Debug)]
pub(super) struct Keys(Value);

/// What may stand at a path: the alternatives, each with its references followed.
#[derive(Debug)]
pub(super) struct Node<'k> {
    keys: &'k Keys,
    /// As written: with the description of the key rather than of its type.
    written: Option<&'k Value>,
    forms: Vec<&'k Value>,
}

impl Keys {
    pub(super) fn new() -> Self {
        Self(schema::profile())
    }

    /// What may stand at `path`; nothing for a path that no profile has.
    pub(super) fn node(&self, path: &KeyPath) -> Option<Node<'_>> {
        let mut node = Node { keys: self, written: None, forms: self.forms(&self.0) };
        for segment in path.segments() {
            node = node.child(segment)?;
        }
        Some(node)
    }

    /// Every way to read `schema`: alternatives and references followed, `null` left out.
    fn forms<'k>(&'k self, schema: &'k Value) -> Vec<&'k Value> {
        let mut open = vec![schema];
        let mut forms: Vec<&Value> = Vec::new();
        while let Some(schema) = open.pop() {
            let target = schema.get("$ref").and_then(Value::as_str);
            let target = target.and_then(|name| self.0.pointer(name.strip_prefix('#')?));
            match (target, alternatives(schema)) {
                (Some(target), _) => open.push(target),
                (None, Some(parts)) => open.extend(parts.iter().rev()),
                (None, None) if schema.get("type").is_some_and(|kind| kind == "null") => {}
                (None, None) => forms.push(schema),
            }
        }
        forms
    }
}

fn alternatives(schema: &Value) -> Option<&Vec<Value>> {
    ["anyOf", "oneOf", "allOf"].iter().find_map(|form| schema.get(form)?.as_array())
}

impl<'k> Node<'k> {
    /// The entry `segment` of a table or array.
    pub(super) fn child(&self, segment: &str) -> Option<Self> {
        let entry = |form: &&'k Value| {
            let named = form.get("properties").and_then(|all| all.get(segment));
            let any = form.get("additionalProperties").filter(|entry| entry.is_object());
            let element = form.get("items").filter(|_| segment.parse::<usize>().is_ok());
            named.or(any).or(element)
        };
        let written = self.forms.iter().find_map(entry)?;
        Some(Self { keys: self.keys, written: Some(written), forms: self.keys.forms(written) })
    }

    /// The keys of a table, with their nodes, as they are written down.
    pub(super) fn keys(&self) -> Vec<(&'k str, Self)> {
        let tables = self.forms.iter().filter_map(|form| form.get("properties")?.as_object());
        let names = tables.flat_map(Map::keys).map(String::as_str);
        names.filter_map(|name| Some((name, self.child(name)?))).collect()
    }

    /// Whether it is a table whose keys are names that the site gives.
    pub(super) fn takes_names(&self) -> bool {
        self.forms.iter().any(|form| form.get("additionalProperties").is_some_and(Value::is_object))
    }

    /// Whether it is a table.
    pub(super) fn is_table(&self) -> bool {
        self.is("object")
    }

    /// Whether it is an array.
    pub(super) fn is_array(&self) -> bool {
        self.is("array")
    }

    /// Whether it is an array of tables.
    pub(super) fn is_array_of_tables(&self) -> bool {
        self.is_array() && self.child("0").is_some_and(|element| element.is_table())
    }

    fn is(&self, kind: &str) -> bool {
        self.forms.iter().any(|form| match form.get("type") {
            Some(Value::Array(kinds)) => kinds.iter().any(|one| one == kind),
            one => one.is_some_and(|one| one == kind),
        })
    }

    /// The values it can have, where they can be told one by one, and what each means.
    pub(super) fn values(&self) -> Vec<(&'k Value, Option<&'k str>)> {
        let mut values = Vec::new();
        for form in &self.forms {
            let about = || form.get("description").and_then(Value::as_str);
            if let Some(one) = form.get("const") {
                values.push((one, about()));
            }
            let listed = form.get("enum").and_then(Value::as_array).into_iter().flatten();
            values.extend(listed.filter(|value| !value.is_null()).map(|value| (value, None)));
        }
        if self.is("boolean") {
            values.extend([(&Value::Bool(true), None), (&Value::Bool(false), None)]);
        }
        values
    }

    /// What it is for.
    pub(super) fn about(&self) -> Option<&'k str> {
        let of = |schema: &'k Value| schema.get("description").and_then(Value::as_str);
        self.written.and_then(of).or_else(|| self.forms.iter().copied().find_map(of))
    }

    /// Its type in a few words.
    pub(super) fn kind(&self) -> String {
        let mut kinds: Vec<&str> = Vec::new();
        for form in &self.forms {
            let types: Vec<&str> = match form.get("type") {
                Some(Value::Array(types)) => types.iter().filter_map(Value::as_str).collect(),
                one => one.and_then(Value::as_str).into_iter().collect(),
            };
            for name in types {
                let name = match name {
                    "object" => "table",
                    "integer" => "whole number",
                    "null" => continue,
                    name => name,
                };
                if !kinds.contains(&name) {
                    kinds.push(name);
                }
            }
        }
        kinds.join(" or ")
    }

    /// The page of the key `path` as Markdown.
    pub(super) fn page(&self, path: &KeyPath) -> String {
        let mut page = format!("**`{path}`**");
        let kind = self.kind();
        if !kind.is_empty() {
            let _ = write!(page, " ({kind})");
        }
        if let Some(about) = self.about() {
            let _ = write!(page, "\n\n{about}");
        }
        let default = self.written.and_then(|written| written.get("default"));
        if let Some(default) = default.filter(|value| !value.is_null() && **value != Value::Array(Vec::new())) {
            let _ = write!(page, "\n\nDefault: `{default}`");
        }
        let values = self.values();
        if values.iter().any(|(_, about)| about.is_some()) {
            page.push('\n');
            for (value, about) in values {
                let _ = write!(page, "\n- `{value}`: {}", about.unwrap_or_default());
            }
        }
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_tells_what_a_key_is() {
        let keys = Keys::new();
        let node = |path: &str| keys.node(&path.into());
        assert_eq!(node("schema").map(|node| node.kind()).as_deref(), Some("whole number"));
        assert!(node("filesystem").is_some_and(|node| node.is_array_of_tables()));
        assert!(node("module.mpich").is_some_and(|node| node.is_table() && !node.takes_names()));
        assert!(node("module").is_some_and(|node| node.takes_names()));
        assert!(node("class.gpu.set.runtime.rootfs").is_some());
        assert!(node("filesystem.0.classes.3").is_some_and(|node| node.kind() == "string"));
        assert!(node("gateway.nonsense").is_none());
        let values = node("target.shifter").map(|node| node.values().len());
        assert_eq!(values, Some(crate::target::Target::ALL.len()));
        assert!(node("runtime.writable_root").is_some_and(|node| node.values().len() == 2));
    }

    #[test]
    fn a_page_tells_the_type_the_purpose_and_the_values() {
        let keys = Keys::new();
        let page = keys.node(&"kind".into()).expect("a key").page(&"kind".into());
        assert!(page.starts_with("**`kind`** (string)\n\nWhat is described"), "{page}");
        assert!(page.contains("- `\"gateway\"`: A gateway that serves"), "{page}");
    }
}
