//! A site with the installed names of its trees.

use super::Tree;
use crate::site::{Filesystem, Site};
use std::collections::BTreeSet;

/// `site` with every path of the host that lies in one of `trees` as it is installed, and the trees that were met. What
/// containers see keeps its name.
pub(crate) fn place(site: &Site, trees: &[Tree]) -> (Site, BTreeSet<Tree>) {
    let mut placing = Placing { trees, met: BTreeSet::new() };
    let mut site = site.clone();
    if let Some(node) = &mut site.node {
        placing.optional(&mut node.paths.opt_udi_image);
        placing.optional(&mut node.site_resources);
        placing.filesystems(&mut node.filesystems);
        for module in &mut node.modules {
            placing.optional(&mut module.copy_from);
            placing.optional(&mut module.root_hook);
            placing.filesystems(&mut module.filesystems);
        }
    }
    (site, placing.met)
}

struct Placing<'a> {
    trees: &'a [Tree],
    met: BTreeSet<Tree>,
}

impl Placing<'_> {
    fn filesystems(&mut self, mounts: &mut [Filesystem]) {
        for mount in mounts {
            self.path(&mut mount.source);
        }
    }

    fn optional(&mut self, path: &mut Option<String>) {
        if let Some(path) = path {
            self.path(path);
        }
    }

    fn path(&mut self, path: &mut String) {
        let inside =
            |tree: &&Tree| path.strip_prefix(&tree.path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        // Of trees within one another the inner one is meant.
        if let Some(tree) = self.trees.iter().filter(inside).max_by_key(|tree| tree.path.len()) {
            *path = format!("{}{}", tree.place(), &path[tree.path.len()..]);
            self.met.insert(tree.clone());
        }
    }
}
