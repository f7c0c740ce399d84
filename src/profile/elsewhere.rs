//! A key that is known, but in another table: `threads` belongs in `gateway.workers`.

use serde_json::Value;

use crate::diagnostic::Finding;

/// How deep tables are looked through, and how many places are worth naming.
const DEEP: usize = 4;
const MANY: usize = 3;

/// Says in which tables of `schema` an unknown `key` would be known. Where many know it, none is meant.
#[must_use]
pub(super) fn with_other_table(finding: Finding, key: &str, schema: &Value) -> Finding {
    let mut tables = Vec::new();
    search(schema, schema, key, &mut Vec::new(), &mut tables);
    if tables.is_empty() || tables.len() > MANY {
        return finding;
    }
    finding.help(format!("`{key}` is a key of {}", tables.join(" and of ")))
}

fn search(root: &Value, schema: &Value, key: &str, path: &mut Vec<String>, tables: &mut Vec<String>) {
    if path.len() > DEEP {
        return;
    }
    let schema = resolved(root, schema);
    for form in ["anyOf", "oneOf", "allOf"] {
        for part in schema.get(form).and_then(Value::as_array).into_iter().flatten() {
            search(root, part, key, path, tables);
        }
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, property) in properties.into_iter().flatten() {
        let table = path.join(".");
        if name == key && !path.is_empty() && !tables.contains(&format!("`{table}`")) {
            tables.push(format!("`{table}`"));
        }
        path.push(name.clone());
        search(root, property, key, path, tables);
        path.pop();
    }
    if let Some(entry) = schema.get("additionalProperties").filter(|entry| entry.is_object()) {
        path.push("NAME".to_owned());
        search(root, entry, key, path, tables);
        path.pop();
    }
    if let Some(element) = schema.get("items") {
        search(root, element, key, path, tables);
    }
}

fn resolved<'s>(root: &'s Value, schema: &'s Value) -> &'s Value {
    let target = schema.get("$ref").and_then(Value::as_str).and_then(|name| root.pointer(name.strip_prefix('#')?));
    target.unwrap_or(schema)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{diagnostic::structural, profile::Profile};

    fn help(key: &str) -> Option<String> {
        let schema = schemars::schema_for!(Profile).to_value();
        with_other_table(Finding::new(&structural::UNKNOWN_KEY, "m"), key, &schema).help
    }

    #[test]
    fn a_key_in_the_wrong_table_is_told_the_right_one() {
        assert_eq!(help("threads").as_deref(), Some("`threads` is a key of `gateway.workers`"));
        assert_eq!(help("copy_from").as_deref(), Some("`copy_from` is a key of `module.NAME`"));
    }

    #[test]
    fn a_key_of_many_tables_or_of_none_is_not_placed() {
        assert_eq!(help("path"), None);
        assert_eq!(help("nonsense"), None);
    }
}
