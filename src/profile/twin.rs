//! The profile that this one is meant to equal (`site.twin.of`), read beside it.
//!
//! It is read here, once for all classes, so that the rule that compares the two opens no file. Its own twin is not read.

use std::sync::Arc;

use super::{
    Loaded, Model,
    buffers::Buffers,
    item::{Item, Node},
    layer::{self, Input, Layers},
    view,
};
use crate::diagnostic::{Severity, source::SourceKind};

/// The other profile, with its layers.
#[derive(Debug)]
pub struct Twin {
    /// Its path, as written.
    pub of: String,
    /// Its merged tree, with places in the texts of this profile; or why there is none to compare with.
    pub root: Result<Item, String>,
}

/// Reads the twin that the highest layer names, and adds its texts to the sources.
pub(super) fn read<T: Model>(layers: &mut Layers, buffers: &Buffers) -> Option<Twin> {
    let named = layers.overrides.iter().rev().chain(layers.files.iter().rev());
    let item = named.map(|layer| &layer.root).find_map(|root| root.child("site")?.child("twin")?.child("of"))?;
    let of = item.as_str()?.to_owned();
    let directory = layers.sources.get(item.place.source).map(|source| source.directory()).unwrap_or_default();
    let file = directory.join(&of);
    let own = layers.sources.first().map(|source| &source.kind);
    if let Some(SourceKind::File(own)) = own
        && buffers.canonical(own).ok().is_some_and(|own| buffers.canonical(&file).ok() == Some(own))
    {
        return Some(Twin { of, root: Err("it is this profile".to_owned()) });
    }
    let root = match layer::collect(&Input::File(file), &[], &[], buffers) {
        Err(error) => Err(error.to_string()),
        Ok(other) => {
            let twin: Loaded<T> = view(Arc::new(other), None);
            let errors = twin.findings.iter().filter(|finding| finding.severity == Severity::Error).count();
            let first = layers.sources.len();
            layers.sources.extend(twin.origins.sources().iter().map(Arc::clone));
            match errors {
                0 => {
                    let mut root = twin.origins.root().clone();
                    shift(&mut root, first);
                    Ok(root)
                }
                1 => Err("it has an error".to_owned()),
                many => Err(format!("it has {many} errors")),
            }
        }
    };
    Some(Twin { of, root })
}

/// Counts the sources of `item` from `first` on.
fn shift(item: &mut Item, first: usize) {
    item.place.source += first;
    match &mut item.node {
        Node::Table(entries) => entries.values_mut().for_each(|entry| shift(entry, first)),
        Node::Array(elements) => elements.iter_mut().for_each(|element| shift(element, first)),
        _ => {}
    }
}
