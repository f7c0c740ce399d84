//! One way to write each value.

use crate::edit::{
    literal,
    syntax::{Node, Value},
};

/// How wide a line may be.
const WIDE: usize = 100;

/// The value, which begins in column `column` of its line.
pub(super) fn write(text: &str, value: &Value, column: usize) -> String {
    let raw = &text[value.span.clone()];
    if has_comment(text, value) {
        return raw.to_owned();
    }
    let line = one_line(text, value);
    match &value.node {
        Node::Array(elements) if column + line.chars().count() > WIDE && !elements.is_empty() => {
            let elements = elements.iter().map(|element| format!("    {},\n", one_line(text, element)));
            format!("[\n{}]", elements.collect::<String>())
        }
        _ => line,
    }
}

/// The keys of a pair, each in quotes only if it needs them.
pub(super) fn key(names: &[String]) -> String {
    names.iter().map(|name| literal::key(name)).collect::<Vec<_>>().join(".")
}

fn one_line(text: &str, value: &Value) -> String {
    match &value.node {
        Node::Scalar => scalar(&text[value.span.clone()]),
        Node::Array(elements) => {
            format!("[{}]", elements.iter().map(|element| one_line(text, element)).collect::<Vec<_>>().join(", "))
        }
        Node::Table(pairs) if pairs.is_empty() => "{}".to_owned(),
        Node::Table(pairs) => {
            let pair = |(keys, value): &(Vec<(std::ops::Range<usize>, String)>, Value)| {
                let names: Vec<String> = keys.iter().map(|(_, name)| name.clone()).collect();
                format!("{} = {}", key(&names), one_line(text, value))
            };
            format!("{{ {} }}", pairs.iter().map(pair).collect::<Vec<_>>().join(", "))
        }
    }
}

/// A literal string that needs no escapes goes into double quotes; all else stays as it is.
fn scalar(raw: &str) -> String {
    let inner = raw.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    match inner {
        Some(inner) if !raw.starts_with("'''") && !inner.contains(['"', '\\']) => format!("\"{inner}\""),
        _ => raw.to_owned(),
    }
}

/// Whether a comment stands inside of the value: then its lines are the author's.
fn has_comment(text: &str, value: &Value) -> bool {
    let (Node::Array(_) | Node::Table(_)) = &value.node else { return false };
    let mut parts: Vec<std::ops::Range<usize>> = Vec::new();
    scalars(value, &mut parts);
    let mut at = value.span.start;
    for part in parts {
        if text[at..part.start].contains('#') {
            return true;
        }
        at = part.end;
    }
    text[at..value.span.end].contains('#')
}

fn scalars(value: &Value, parts: &mut Vec<std::ops::Range<usize>>) {
    match &value.node {
        Node::Scalar => parts.push(value.span.clone()),
        Node::Array(elements) => elements.iter().for_each(|element| scalars(element, parts)),
        Node::Table(pairs) => {
            for (keys, value) in pairs {
                parts.extend(keys.iter().map(|(span, _)| span.clone()));
                scalars(value, parts);
            }
        }
    }
}
