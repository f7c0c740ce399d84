//! What of the host containers show, parents before children, and which directories must exist first.

use super::class::{Class, applies};
use super::resolve::Resolver;
use crate::diagnostic::KeyPath;
use crate::profile::section::{FilesystemSection, Phase, Via};
use std::collections::BTreeSet;

/// A mount in containers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filesystem {
    /// The directory on the host.
    pub source: String,
    /// Where containers see it.
    pub target: String,
    /// Nobody writes there.
    pub read_only: bool,
    /// With what is mounted below.
    pub recursive: bool,
    /// `slave` or `private`, where it says so.
    pub propagation: Option<String>,
    /// Options that nothing knows, as written.
    pub unknown: Vec<String>,
    /// A private file system for each node.
    pub per_node_cache: Option<NodeCache>,
    /// Names that autofs mounts below.
    pub automount: Vec<String>,
    /// Left out where the host lacks it.
    pub optional: bool,
    /// Mounted by the premount script, as imported.
    pub by_hook: bool,
}

/// The size and kind of a per-node file system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeCache {
    /// Bytes.
    pub size: u64,
    /// `xfs`.
    pub fs: String,
}

/// A symbolic link in containers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its place, absolute.
    pub link: String,
    /// What it says.
    pub target: String,
    /// When it is made.
    pub phase: Phase,
}

impl Resolver<'_> {
    /// The entries of a list at `path` that exist for `class`, in mount order.
    pub(super) fn filesystems(
        &mut self,
        path: &KeyPath,
        list: &[FilesystemSection],
        class: Option<&Class>,
    ) -> Vec<Filesystem> {
        let mut found = Vec::new();
        for (n, written) in list.iter().enumerate() {
            let at = path.clone().index(n);
            let Some(source) = &written.source else {
                self.missing(at.key("source"), "source = \"/home\"");
                continue;
            };
            let source = self.absolute(at.clone().key("source"), source);
            let target = match &written.target {
                Some(target) => self.absolute(at.key("target"), target),
                None => source.clone(),
            };
            if applies(&written.classes, class) {
                found.push(filesystem(written, source, target));
            }
        }
        mount_order(found)
    }

    /// The links that exist for `class`, in the order of the file.
    pub(super) fn links(&mut self, class: Option<&Class>) -> Vec<Link> {
        let mut found = Vec::new();
        for (n, written) in self.profile.symlink.iter().enumerate() {
            let at = KeyPath::from("symlink").index(n);
            let (Some(link), Some(target)) = (&written.link, &written.target) else {
                let key = if written.link.is_none() { "link" } else { "target" };
                self.missing(at.key(key), "link = \"/scratch\", target = \"mnt/scratch\"");
                continue;
            };
            let link = self.absolute(at.key("link"), link);
            if applies(&written.classes, class) {
                found.push(Link { link, target: target.clone(), phase: written.phase.unwrap_or_default() });
            }
        }
        found
    }
}

fn filesystem(written: &FilesystemSection, source: String, target: String) -> Filesystem {
    let has = |option: &str| written.options.iter().any(|o| o == option);
    let known = ["ro", "rec", "slave", "private"];
    Filesystem {
        source,
        target,
        read_only: has("ro"),
        recursive: has("rec"),
        propagation: ["slave", "private"].into_iter().find(|o| has(o)).map(str::to_owned),
        unknown: written.options.iter().filter(|o| !known.contains(&o.as_str())).cloned().collect(),
        per_node_cache: written.per_node_cache.as_ref().and_then(|cache| {
            let fs = cache.fs.clone().unwrap_or_else(|| "xfs".to_owned());
            cache.size.as_ref().map(|size| NodeCache { size: size.bytes(), fs })
        }),
        automount: written.automount.clone(),
        optional: written.optional.unwrap_or(false),
        by_hook: written.via == Some(Via::Hook),
    }
}

/// Whether `path` lies below `parent`, by component.
pub(super) fn is_below(path: &str, parent: &str) -> bool {
    parent == "/" && path != "/" || path.strip_prefix(parent).is_some_and(|rest| rest.starts_with('/'))
}

/// Parents before what lies below them; otherwise in the order given. A mount over a parent would hide its children.
#[must_use]
pub fn mount_order(list: Vec<Filesystem>) -> Vec<Filesystem> {
    let mut ordered: Vec<Filesystem> = Vec::with_capacity(list.len());
    for entry in list {
        let at = ordered.iter().position(|other| is_below(&other.target, &entry.target)).unwrap_or(ordered.len());
        ordered.insert(at, entry);
    }
    ordered
}

/// The directories, relative to the container's root, that must exist before the mounts and the links: the parents of
/// their places, without those that a mount or a link brings itself. Sorted; a parent of another is left out.
pub(super) fn parents<'a>(places: impl Iterator<Item = &'a str>, mounts: &[Filesystem]) -> Vec<String> {
    let mut needed: BTreeSet<String> = BTreeSet::new();
    for place in places {
        let Some((parent, _)) = place.rsplit_once('/') else { continue };
        let hidden = mounts.iter().any(|mount| parent == mount.target || is_below(parent, &mount.target));
        if !parent.is_empty() && !hidden {
            needed.insert(parent.to_owned());
        }
    }
    let covered = |path: &String| needed.iter().any(|other| is_below(other, path));
    let relative = |path: &String| path.strip_prefix('/').unwrap_or(path).to_owned();
    needed.iter().filter(|path| !covered(path)).map(relative).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mounts(targets: &[&str]) -> Vec<Filesystem> {
        let section = FilesystemSection::default();
        targets.iter().map(|t| filesystem(&section, (*t).to_owned(), (*t).to_owned())).collect()
    }

    #[test]
    fn a_parent_is_mounted_before_its_children_and_the_rest_keeps_its_order() {
        let ordered = mount_order(mounts(&["/z", "/a/b", "/m", "/a", "/a/c"]));
        let targets: Vec<&str> = ordered.iter().map(|entry| entry.target.as_str()).collect();
        assert_eq!(targets, ["/z", "/a", "/a/b", "/m", "/a/c"]);
    }

    #[test]
    fn parents_are_made_unless_a_mount_brings_them() {
        let list = mounts(&["/home", "/home/projects", "/mnt/a", "/mnt/b", "/var/opt/cray/alps", "/var/opt"]);
        let made = parents(list.iter().map(|entry| entry.target.as_str()), &list);
        assert_eq!(made, ["mnt", "var"]);
    }

    #[test]
    fn a_name_that_begins_alike_is_not_below() {
        assert!(is_below("/a/b", "/a") && is_below("/a", "/"));
        assert!(!is_below("/ab", "/a") && !is_below("/a", "/a"));
    }
}
