//! A TOML tree in which every value knows where it was written.

use std::{collections::BTreeMap, ops::Range};

use figment::value::{Num, Tag, Value};

use crate::diagnostic::KeyPath;

/// A value and the place where it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// The value.
    pub node: Node,
    /// Its place.
    pub place: Place,
}

/// What a TOML value is; dates are their text.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// A string, or a date or time as written.
    String(String),
    /// An integer.
    Integer(i64),
    /// A float.
    Float(f64),
    /// A boolean.
    Bool(bool),
    /// An array, inline or of tables.
    Array(Vec<Item>),
    /// A table, inline or with a header.
    Table(BTreeMap<String, Item>),
}

/// Bytes of one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Index of the source.
    pub source: usize,
    /// The key, or the last segment of a table header; array elements have none.
    pub key: Option<Range<usize>>,
    /// The value, or the header of a table.
    pub value: Range<usize>,
}

impl Item {
    /// An empty table at the very start of a source.
    #[must_use]
    pub fn empty(source: usize) -> Self {
        Self { node: Node::Table(BTreeMap::new()), place: Place { source, key: None, value: 0..0 } }
    }

    /// The entry at `path`.
    #[must_use]
    pub fn get(&self, path: &KeyPath) -> Option<&Self> {
        let (item, depth) = self.nearest(path);
        (depth == path.segments().len()).then_some(item)
    }

    /// The entry at `path` or its closest ancestor, with the number of segments followed.
    #[must_use]
    pub fn nearest(&self, path: &KeyPath) -> (&Self, usize) {
        let mut item = self;
        for (depth, segment) in path.segments().iter().enumerate() {
            match item.child(segment) {
                Some(child) => item = child,
                None => return (item, depth),
            }
        }
        (item, path.segments().len())
    }

    /// The entry one segment further down.
    #[must_use]
    pub fn child(&self, segment: &str) -> Option<&Self> {
        match &self.node {
            Node::Table(entries) => entries.get(segment),
            Node::Array(elements) => elements.get(segment.parse::<usize>().ok()?),
            _ => None,
        }
    }

    /// The text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.node {
            Node::String(text) => Some(text),
            _ => None,
        }
    }

    /// The entries of a table.
    #[must_use]
    pub fn as_table(&self) -> Option<&BTreeMap<String, Self>> {
        match &self.node {
            Node::Table(entries) => Some(entries),
            _ => None,
        }
    }

    /// The elements of an array.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Self]> {
        match &self.node {
            Node::Array(elements) => Some(elements),
            _ => None,
        }
    }

    /// Every string in a string or an array of strings, as `extends` and its like allow.
    #[must_use]
    pub fn strings(&self) -> Vec<(&str, &Self)> {
        match &self.node {
            Node::String(text) => vec![(text, self)],
            Node::Array(elements) => elements.iter().filter_map(|e| Some((e.as_str()?, e))).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether both mean the same value, wherever they are written.
    #[must_use]
    pub fn same(&self, other: &Self) -> bool {
        match (&self.node, &other.node) {
            (Node::Array(a), Node::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same(b)),
            (Node::Table(a), Node::Table(b)) => {
                a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| a.same(b)))
            }
            (a, b) => a == b,
        }
    }

    /// The value for the decoder, without places.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let tag = Tag::Default;
        match &self.node {
            Node::String(text) => Value::String(tag, text.clone()),
            Node::Integer(number) => Value::Num(tag, Num::I64(*number)),
            Node::Float(number) => Value::Num(tag, Num::F64(*number)),
            Node::Bool(truth) => Value::Bool(tag, *truth),
            Node::Array(elements) => Value::Array(tag, elements.iter().map(Self::to_value).collect()),
            Node::Table(entries) => {
                Value::Dict(tag, entries.iter().map(|(key, item)| (key.clone(), item.to_value())).collect())
            }
        }
    }
}
