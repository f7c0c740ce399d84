//! The effective profile, and the file system that a container of it will see.

pub mod layout;
pub mod mounts;
pub mod value;

use crate::diagnostic::KeyPath;
use crate::diagnostic::source::{Source, SourceKind};
use crate::profile::Loaded;
use crate::profile::item::{Item, Node};

/// The tree of a profile as its nodes have it: without the names of layers, whose content is in it, and, once a class
/// is chosen, without what classes have otherwise.
#[must_use]
pub fn effective<T>(loaded: &Loaded<T>) -> Item {
    let mut root = loaded.origins.root().clone();
    let Node::Table(entries) = &mut root.node else { return root };
    for layers in ["extends", "preset"] {
        entries.remove(layers);
    }
    if loaded.class.is_some()
        && let Some(Node::Table(classes)) = entries.get_mut("class").map(|item| &mut item.node)
    {
        for class in classes.values_mut() {
            if let Node::Table(keys) = &mut class.node {
                keys.remove("set");
            }
        }
    }
    root
}

/// Where a value of the effective profile is written, if anybody wrote it.
#[must_use]
pub fn origin_of<T>(loaded: &Loaded<T>, path: &KeyPath) -> Option<String> {
    let item = loaded.origins.root().get(path)?;
    loaded.origins.source_of(path).map(|source| layout::address(source, item))
}

/// A line of a text as people name it. Options and variables have one line only.
#[must_use]
pub fn address_of_line(source: &Source, line: usize) -> String {
    match source.kind {
        SourceKind::Option | SourceKind::Environment => source.name.clone(),
        _ => format!("{}:{line}", source.name),
    }
}
