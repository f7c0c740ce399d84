//! Values of a profile as TOML or JSON, secrets covered.

use std::sync::Arc;

use serde_json::Value;

use crate::diagnostic::source::Source;
use crate::profile::item::{Item, Node};

/// The value as TOML in one line.
#[must_use]
pub fn inline(item: &Item, sources: &[Arc<Source>]) -> String {
    match &item.node {
        Node::String(text) => toml::Value::String(shown(text, item, sources)).to_string(),
        Node::Integer(number) => number.to_string(),
        Node::Float(number) => toml::Value::Float(*number).to_string(),
        Node::Bool(truth) => truth.to_string(),
        Node::Array(elements) => {
            let elements: Vec<String> = elements.iter().map(|element| inline(element, sources)).collect();
            format!("[{}]", elements.join(", "))
        }
        Node::Table(entries) if entries.is_empty() => "{}".to_owned(),
        Node::Table(entries) => {
            let entries: Vec<String> =
                entries.iter().map(|(name, item)| format!("{} = {}", key(name), inline(item, sources))).collect();
            format!("{{ {} }}", entries.join(", "))
        }
    }
}

/// The value as JSON.
#[must_use]
pub fn json(item: &Item, sources: &[Arc<Source>]) -> Value {
    match &item.node {
        Node::String(text) => shown(text, item, sources).into(),
        Node::Integer(number) => (*number).into(),
        Node::Float(number) => (*number).into(),
        Node::Bool(truth) => (*truth).into(),
        Node::Array(elements) => elements.iter().map(|element| json(element, sources)).collect(),
        Node::Table(entries) => {
            Value::Object(entries.iter().map(|(name, item)| (name.clone(), json(item, sources))).collect())
        }
    }
}

/// A key as TOML writes it.
#[must_use]
pub fn key(name: &str) -> String {
    crate::diagnostic::KeyPath::from([name]).to_string()
}

/// The text of a string, or what covers it. A date is its text too.
fn shown(text: &str, item: &Item, sources: &[Arc<Source>]) -> String {
    let source = sources.get(item.place.source);
    source.map_or_else(|| text.to_owned(), |source| source.scrub(text))
}
