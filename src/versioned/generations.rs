//! Which versions the kept generations name.

use super::Tree;
use crate::install::{InstallError, Store};
use crate::render::Manifest;
use crate::site::Site;
use std::collections::BTreeSet;

/// What manifests say of trees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// The trees, as their profiles name them.
    pub trees: BTreeSet<String>,
    /// Their installed versions.
    pub versions: BTreeSet<String>,
}

/// The trees of every kept generation, the one in place among them.
///
/// # Errors
/// When a generation cannot be read.
pub fn named(store: &Store) -> Result<Named, InstallError> {
    let mut named = Named::default();
    for generation in store.generations()? {
        for file in generation.files.iter().filter(|file| file.install.ends_with("/manifest.json")) {
            let bytes = store.stored(generation.number, &file.content.stored)?;
            // One of an older form names no trees.
            let Ok(manifest) = serde_json::from_slice::<Manifest>(&bytes) else { continue };
            named.trees.extend(manifest.trees.iter().map(|tree| tree.path.clone()));
            named.versions.extend(manifest.trees.into_iter().map(|tree| tree.install));
        }
    }
    Ok(named)
}

/// The trees that the files of `sites` name.
#[must_use]
pub fn needed(sites: &[Site], trees: &[Tree]) -> Vec<Tree> {
    let met: BTreeSet<Tree> = sites.iter().flat_map(|site| super::place(site, trees).1).collect();
    met.into_iter().collect()
}
