//! Values as TOML text.

use toml::{Table, Value};

use crate::diagnostic::KeyPath;

/// The value on one line.
pub(crate) fn inline(value: &Value) -> String {
    match value {
        Value::Array(elements) => {
            format!("[{}]", elements.iter().map(inline).collect::<Vec<_>>().join(", "))
        }
        Value::Table(table) if table.is_empty() => "{}".to_owned(),
        Value::Table(table) => format!("{{ {} }}", pairs(table).join(", ")),
        Value::String(text) if text.chars().any(char::is_control) => basic(text),
        plain => plain.to_string(),
    }
}

/// The `key = value` of a table; what names an entry comes first.
pub(crate) fn pairs(table: &Table) -> Vec<String> {
    const FIRST: [&str; 4] = ["source", "link", "target", "file"];
    let rank = |key: &str| FIRST.iter().position(|first| *first == key).unwrap_or(FIRST.len());
    let mut entries: Vec<(&String, &Value)> = table.iter().collect();
    entries.sort_by_key(|(key, _)| rank(key));
    entries.into_iter().map(|(name, value)| format!("{} = {}", key(name), inline(value))).collect()
}

/// A key, in quotes if it needs them.
pub(crate) fn key(name: &str) -> String {
    KeyPath::root().key(name).to_string()
}

/// A string with escapes, on one line.
fn basic(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
