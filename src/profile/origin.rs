//! Where every value of the effective profile was written.

use std::{path::PathBuf, sync::Arc};

use super::{
    item::{Item, Node, Place},
    layer::Layers,
    written,
};
use crate::diagnostic::{self, Aim, Edit, Finding, KeyPath, Label, Located, Written, source::Source};

/// The merged tree with places, and the texts the places lie in.
#[derive(Debug, Clone)]
pub struct Origins {
    root: Item,
    layers: Arc<Layers>,
}

impl Origins {
    /// `layers` has at least the source of the profile's own file.
    pub(super) fn new(root: Item, layers: Arc<Layers>) -> Self {
        Self { root, layers }
    }

    /// The merged tree.
    #[must_use]
    pub fn root(&self) -> &Item {
        &self.root
    }

    /// Every text the profile was made of; the first is its own file.
    #[must_use]
    pub fn sources(&self) -> &[Arc<Source>] {
        &self.layers.sources
    }

    /// The text that sets `path`, if anything does.
    #[must_use]
    pub fn source_of(&self, path: &KeyPath) -> Option<&Arc<Source>> {
        self.root.get(path).and_then(|item| self.sources().get(item.place.source))
    }

    /// The directory from which a relative path written at `path` counts: that of the layer that
    /// wrote it, or that of the profile's own file.
    #[must_use]
    pub fn directory_of(&self, path: &KeyPath) -> PathBuf {
        let own = self.sources().first();
        let source = self.source_of(path).or(own);
        source.map(|source| source.directory()).unwrap_or_default()
    }

    /// The keys of the table at `path` in the order in which the layers wrote them, lowest layer first.
    #[must_use]
    pub fn keys_as_written(&self, path: &KeyPath) -> Vec<&str> {
        let Some(entries) = self.root.get(path).and_then(Item::as_table) else { return Vec::new() };
        let mut keys: Vec<_> = entries.iter().map(|(key, item)| (first_place(item), key.as_str())).collect();
        // ORDER: a base has a higher index than the file that extends it, so sources sort downwards.
        keys.sort_by_key(|((source, start), _)| (std::cmp::Reverse(*source), *start));
        keys.into_iter().map(|(_, key)| key).collect()
    }

    /// Turns the labels of `finding` into places and takes secrets out of its texts.
    #[must_use]
    pub fn locate(&self, finding: &Finding) -> Located {
        let mut finding = finding.clone();
        let scrub = |text: &str| self.sources().iter().fold(text.to_owned(), |text, source| source.scrub(&text));
        finding.message = scrub(&finding.message);
        finding.help = finding.help.as_deref().map(scrub);
        finding.notes = finding.notes.iter().map(|note| scrub(note)).collect();
        for label in &mut finding.labels {
            label.text = scrub(&label.text);
        }
        let places = finding.labels.iter().map(|label| self.place(label)).collect();
        for n in 0..finding.fixes.len() {
            finding.fixes[n].written = self.written(&finding, &finding.fixes[n].edits);
        }
        Located { finding, places }
    }

    /// Where the edits of a fix go; nowhere, if one of them has no place.
    fn written(&self, finding: &Finding, edits: &[Edit]) -> Vec<Written> {
        let homes = written::written(&self.root, &self.layers, finding, edits).unwrap_or_default();
        let source = |n: usize| Arc::clone(self.sources().get(n).unwrap_or(&self.sources()[0]));
        homes.into_iter().map(|(n, edit)| Written { source: source(n), edit }).collect()
    }

    /// The place of one label. A label on a key that nobody wrote marks the table it would be in.
    fn place(&self, label: &Label) -> diagnostic::Place {
        let pinned = label.pin.as_ref().and_then(|pin| Some((pin.source, pin.span.clone()?)));
        let (source, span) = pinned.unwrap_or_else(|| {
            let (item, depth) = self.root.nearest(&label.path);
            let exact = depth == label.path.segments().len();
            (item.place.source, part(item, label.aim, exact))
        });
        let source = self.sources().get(source).unwrap_or(&self.sources()[0]);
        diagnostic::Place {
            span: source.clamp(span),
            source: Arc::clone(source),
            text: label.text.clone(),
            primary: label.primary,
        }
    }
}

/// The bytes of an entry that a label marks: of a table always its key or header.
#[must_use]
pub fn part(item: &Item, aim: Aim, exact: bool) -> std::ops::Range<usize> {
    let Place { key, value, .. } = &item.place;
    match (aim, exact, key) {
        (Aim::Value, true, _) if !matches!(item.node, Node::Table(_)) => value.clone(),
        (_, _, Some(key)) => key.clone(),
        _ => value.clone(),
    }
}

/// Where the first part of an entry stands. A table made by dotted keys stands where they do.
fn first_place(item: &Item) -> (usize, usize) {
    let start = item.place.key.as_ref().map_or(item.place.value.start, |key| key.start);
    (item.place.source, start)
}
