//! The effective profile as one TOML text, keys in the order of the reference.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use super::value::{inline, key};
use crate::diagnostic::KeyPath;
use crate::diagnostic::source::Source;
use crate::docs::key::{self as reference, KEYS};
use crate::profile::item::{Item, Node};

/// Whether each key says which layer set it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Values alone.
    Hidden,
    /// A comment behind each value names its layer and line.
    Shown,
}

/// The tree as TOML.
#[must_use]
pub fn toml(root: &Item, sources: &[Arc<Source>], origin: Origin) -> String {
    let mut writer = Writer { sources, origin, text: String::new() };
    writer.table(root, &KeyPath::root(), None);
    writer.text
}

struct Writer<'s> {
    sources: &'s [Arc<Source>],
    origin: Origin,
    text: String,
}

/// How a table is begun.
type Header<'h> = Option<(&'h str, &'h str)>;

impl Writer<'_> {
    /// The values of a table below its header, then the tables in it.
    fn table(&mut self, item: &Item, path: &KeyPath, brackets: Header<'_>) {
        let Node::Table(entries) = &item.node else { return };
        let (tables, values): (Vec<_>, Vec<_>) = in_order(entries, path)
            .into_iter()
            .partition(|(name, item)| is_written_as_table(item, &path.clone().key(*name)));
        if let Some((open, close)) =
            brackets.filter(|(open, _)| !values.is_empty() || tables.is_empty() || *open == "[[")
        {
            let blank = if self.text.is_empty() { "" } else { "\n" };
            // An element of a list is headed by the list's own path.
            let head = if open == "[[" { path.parent().unwrap_or_default() } else { path.clone() };
            let _ = writeln!(self.text, "{blank}{open}{head}{close}");
        }
        for (name, item) in values {
            let line = format!("{} = {}", key(name), inline(item, self.sources));
            let comment = self.comment(item);
            let _ = writeln!(self.text, "{line}{comment}");
        }
        for (name, item) in tables {
            let path = path.clone().key(name);
            match &item.node {
                Node::Array(elements) => {
                    for (n, element) in elements.iter().enumerate() {
                        self.table(element, &path.clone().index(n), Some(("[[", "]]")));
                    }
                }
                _ => self.table(item, &path, Some(("[", "]"))),
            }
        }
    }

    fn comment(&self, item: &Item) -> String {
        let source = self.sources.get(item.place.source).filter(|_| self.origin == Origin::Shown);
        source.map_or_else(String::new, |source| format!("  # {}", address(source, item)))
    }
}

/// Where a value is written: `cori.toml:12`, `--set`, `$SHIFTER_SITE__GATEWAY__TIMEOUT`.
#[must_use]
pub fn address(source: &Source, item: &Item) -> String {
    let start = item.place.key.as_ref().map_or(item.place.value.start, |key| key.start);
    super::address_of_line(source, source.position(start).line)
}

/// Lists in a list cannot be written with headers, and tables in it only below a header of their own.
fn is_written_as_table(item: &Item, path: &KeyPath) -> bool {
    let known = reference::find(path).is_none_or(|key| key.is_table || key.is_map);
    match &item.node {
        Node::Table(_) => known && !path.segments().iter().any(|segment| segment.parse::<usize>().is_ok()),
        Node::Array(elements) => {
            let nested = path.segments().iter().any(|segment| segment.parse::<usize>().is_ok());
            known && !nested && !elements.is_empty() && elements.iter().all(|element| element.as_table().is_some())
        }
        _ => false,
    }
}

/// The entries in the order of the reference; names of the site's own by the alphabet.
fn in_order<'i>(entries: &'i BTreeMap<String, Item>, path: &KeyPath) -> Vec<(&'i str, &'i Item)> {
    let mut list: Vec<(&str, &Item)> = entries.iter().map(|(name, item)| (name.as_str(), item)).collect();
    let rank = |name: &str| {
        let known = reference::find(&path.clone().key(name));
        known.and_then(|key| KEYS.iter().position(|one| one == key)).unwrap_or(usize::MAX)
    };
    list.sort_by_cached_key(|(name, _)| rank(name));
    list
}
