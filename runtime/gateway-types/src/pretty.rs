//! JSON as an administrator would write it: four spaces, and short lists on one line.

use serde_json::Value;

/// A list of plain values is written on one line up to this many bytes.
const SHORT: usize = 72;

/// Prints a value, with a newline at the end. Keys keep the value's order.
#[must_use]
pub fn print(value: &Value) -> String {
    let mut out = String::new();
    write_value(&mut out, value, 0);
    out.push('\n');
    out
}

fn write_value(out: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            let items = map.iter().map(|(key, value)| (Some(key.as_str()), value));
            write_block(out, '{', items, '}', depth);
        }
        Value::Array(list) if !list.is_empty() => match one_line(list) {
            Some(line) => out.push_str(&line),
            None => write_block(out, '[', list.iter().map(|value| (None, value)), ']', depth),
        },
        plain => out.push_str(&plain.to_string()),
    }
}

fn write_block<'a>(
    out: &mut String,
    open: char,
    items: impl Iterator<Item = (Option<&'a str>, &'a Value)>,
    close: char,
    depth: usize,
) {
    out.push(open);
    for (at, (key, value)) in items.enumerate() {
        out.push_str(if at == 0 { "\n" } else { ",\n" });
        indent(out, depth + 1);
        if let Some(key) = key {
            out.push_str(&Value::from(key).to_string());
            out.push_str(": ");
        }
        write_value(out, value, depth + 1);
    }
    out.push('\n');
    indent(out, depth);
    out.push(close);
}

fn indent(out: &mut String, depth: usize) {
    out.extend(std::iter::repeat_n("    ", depth));
}

/// `["root", "alice"]`, unless the list is long or holds lists and objects.
fn one_line(list: &[Value]) -> Option<String> {
    if list.iter().any(|value| value.is_array() || value.is_object()) {
        return None;
    }
    let items: Vec<String> = list.iter().map(Value::to_string).collect();
    let line = format!("[{}]", items.join(", "));
    (line.len() <= SHORT).then_some(line)
}
