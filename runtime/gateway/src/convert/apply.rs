//! One entry of one layer, applied to the tree as unpacking it would change a directory.
//!
//! The rules are those of the OCI Image Specification 1.1 ("Image Layer Filesystem Changeset"):
//! whiteouts hide lower layers only, wherever in the layer they stand; a directory over a directory
//! keeps its children; anything else takes the place of what was there. The last of several equal
//! names in a layer wins. Symbolic links on the way to an entry are followed within the tree, as
//! containerd and umoci do.

use super::error::LayerError;
use super::limits::Limits;
use super::policy::Attributes;
use super::tar::{Entry, Kind};
use super::tree::{Body, Content, Inode, NodeId, Tree};

/// Symbolic links on the way to one entry (Linux follows as many, path_resolution(7)).
const LINKS: u32 = 40;
/// Steps through symbolic links that all entries of an image may cost together.
const LINK_STEPS: u64 = 500_000_000;
/// The longest file name of Linux.
const NAME_BYTES: usize = 255;

/// Applies entries in their order.
pub(crate) struct Applier<'a> {
    tree: Tree,
    limits: &'a Limits,
    layer: u32,
    entry: u32,
    link_steps: u64,
}

impl<'a> Applier<'a> {
    pub(crate) fn new(limits: &'a Limits) -> Self {
        Self { tree: Tree::new(), limits, layer: 0, entry: 0, link_steps: 0 }
    }

    /// Begins the next layer up. Layers are numbered from 1; 0 is before all of them.
    pub(crate) fn next_layer(&mut self) {
        self.layer += 1;
        self.entry = 0;
    }

    /// The merged tree.
    pub(crate) fn finish(self) -> Tree {
        self.tree
    }

    /// Applies the next entry of the layer.
    pub(crate) fn apply(&mut self, entry: &Entry) -> Result<(), LayerError> {
        let number = self.entry;
        self.entry += 1;
        let refuse = |what| LayerError::Entry { path: entry.path.clone(), what };
        let path = components(&entry.path).map_err(refuse)?;
        self.within_limits(&path)?;
        let attributes = attributes(entry);
        let Some((name, parents)) = path.split_last() else {
            if entry.kind != Kind::Directory {
                return Err(refuse("the root of an image is a directory"));
            }
            self.tree.describe(Tree::ROOT, self.layer, attributes);
            return Ok(());
        };
        if let Some(hidden) = name.strip_prefix(b".wh.") {
            return self.white_out(parents, hidden).map_err(refuse);
        }
        // A hard link's target is looked up first: its name may lie where the link goes.
        let target = match entry.kind {
            Kind::HardLink => Some(self.link_target(&entry.link).map_err(refuse)?),
            _ => None,
        };
        let parent = self.walk(parents, Missing::Make).map_err(refuse)?;
        let (parent, depth) = parent.expect("missing directories are made");
        if depth + name.len() > self.limits.path_bytes {
            return Err(self.too_long());
        }
        let node = match entry.kind {
            Kind::Directory => {
                let present = self.tree.child(parent, name);
                match present.filter(|node| self.tree.is_directory(*node)) {
                    Some(node) => {
                        self.tree.describe(node, self.layer, attributes);
                        return Ok(());
                    }
                    None => self.tree.new_directory(self.layer, attributes),
                }
            }
            Kind::HardLink => match target.map(|node| self.tree.body(node).clone()) {
                Some(Body::Inode(inode)) => self.tree.new_name(self.layer, inode),
                _ => return Err(refuse("a hard link to a directory")),
            },
            Kind::File | Kind::Symlink | Kind::Special => {
                let content = self.content(entry, number).map_err(refuse)?;
                let inode = self.tree.new_inode(Inode { attributes, content });
                self.tree.new_name(self.layer, inode)
            }
        };
        self.tree.place(parent, name, node);
        self.within_memory()
    }

    fn content(&self, entry: &Entry, number: u32) -> Result<Content, &'static str> {
        match entry.kind {
            Kind::File => Ok(Content::File { layer: self.layer, entry: number, size: entry.size }),
            Kind::Symlink if entry.link.is_empty() => Err("a symbolic link to nothing"),
            Kind::Symlink if entry.link.len() > self.limits.path_bytes => {
                Err("the target of the symbolic link is too long")
            }
            Kind::Symlink => Ok(Content::Symlink(entry.link.clone().into())),
            Kind::Special | Kind::Directory | Kind::HardLink => Ok(Content::Dropped),
        }
    }

    fn white_out(&mut self, parents: &[&[u8]], hidden: &[u8]) -> Result<(), &'static str> {
        let parent = self.walk(parents, Missing::Leave)?;
        match (hidden, parent) {
            (b"" | b"." | b"..", _) => Err("a whiteout of no name"),
            (b".wh..opq", Some((directory, _))) => {
                self.tree.make_opaque(directory, self.layer);
                Ok(())
            }
            (name, Some((directory, _))) => {
                self.tree.white_out(directory, name, self.layer);
                Ok(())
            }
            (_, None) => Ok(()),
        }
    }

    fn link_target(&mut self, link: &[u8]) -> Result<NodeId, &'static str> {
        const MISSING: &str = "a hard link to a file that is not in the image";
        let path = components(link).map_err(|_| "a hard link with `..` in its target")?;
        let (name, parents) = path.split_last().ok_or("a hard link to the root")?;
        let (parent, _) = self.walk(parents, Missing::Leave)?.ok_or(MISSING)?;
        self.tree.child(parent, name).ok_or(MISSING)
    }

    /// The directory at `path`, and the bytes of its path with a slash behind.
    ///
    /// Nothing outside the tree can be meant: `..` occurs in targets of symbolic links only and
    /// stops at the root.
    fn walk(&mut self, path: &[&[u8]], missing: Missing) -> Result<Option<(NodeId, usize)>, &'static str> {
        let mut trail = vec![(Tree::ROOT, 0)];
        let mut pending: Vec<Box<[u8]>> = path.iter().rev().map(|&part| part.into()).collect();
        let mut links = LINKS;
        while let Some(name) = pending.pop() {
            let (here, length) = *trail.last().expect("the root is never left");
            if &*name == b".." {
                if trail.len() > 1 {
                    trail.pop();
                }
                continue;
            }
            let length = length + name.len() + 1;
            let child = self.tree.child(here, &name);
            if let Some(node) = child.filter(|node| self.tree.is_directory(*node)) {
                trail.push((node, length));
            } else if let Some(target) = child.and_then(|node| self.tree.symlink(node)) {
                links = links.checked_sub(1).ok_or("too many symbolic links on its way")?;
                if target.starts_with(b"/") {
                    trail.truncate(1);
                }
                let parts = target.split(|byte| *byte == b'/').rev();
                let parts = parts.filter(|part| !part.is_empty() && *part != b".");
                let before = pending.len();
                pending.extend(parts.map(Box::from));
                self.link_steps += (pending.len() - before) as u64;
                if self.link_steps > LINK_STEPS {
                    return Err("the image has too many symbolic links on the way to its files");
                }
            } else if missing == Missing::Leave {
                return Ok(None);
            } else if name.len() > NAME_BYTES || length > self.limits.path_bytes {
                return Err("its place in the image has too long a path");
            } else {
                let implied = Attributes::IMPLIED_DIRECTORY;
                let node = self.tree.new_directory(self.layer, implied);
                self.tree.place(here, &name, node);
                trail.push((node, length));
            }
        }
        Ok(trail.pop())
    }

    fn within_limits(&self, path: &[&[u8]]) -> Result<(), LayerError> {
        if path.iter().any(|name| name.len() > NAME_BYTES) {
            return Err(LayerError::Limit { what: "the length of a file name", limit: NAME_BYTES as u64 });
        }
        let length = path.iter().map(|name| name.len() + 1).sum::<usize>();
        if length > self.limits.path_bytes + 1 {
            return Err(self.too_long());
        }
        Ok(())
    }

    /// Directories that no entry describes count as entries: they cost as much.
    fn within_memory(&self) -> Result<(), LayerError> {
        if self.tree.size() > self.limits.entries.saturating_mul(2) {
            return Err(LayerError::Limit { what: "the number of entries", limit: self.limits.entries });
        }
        Ok(())
    }

    fn too_long(&self) -> LayerError {
        LayerError::Limit { what: "the length of a path", limit: self.limits.path_bytes as u64 }
    }
}

/// What to do about directories on the way that are not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Missing {
    Make,
    Leave,
}

/// The names of a path: absolute paths are relative to the root, `.` is nothing, `..` is refused.
fn components(path: &[u8]) -> Result<Vec<&[u8]>, &'static str> {
    let parts = path.split(|byte| *byte == b'/');
    let names: Vec<&[u8]> = parts.filter(|part| !part.is_empty() && *part != b".").collect();
    if names.contains(&&b".."[..]) {
        return Err("its path contains `..`");
    }
    Ok(names)
}

/// Squashfs has 32 bits for each; times before 1970 and after 2106 become the nearest it has.
fn attributes(entry: &Entry) -> Attributes {
    let id = |id: u64| u32::try_from(id).unwrap_or(65_534);
    Attributes {
        mode: match entry.kind {
            Kind::Symlink => 0o777,
            _ => (entry.mode & 0o7777) as u16,
        },
        uid: id(entry.uid),
        gid: id(entry.gid),
        mtime: u32::try_from(entry.mtime.max(0)).unwrap_or(u32::MAX),
    }
}

#[cfg(test)]
mod tests;
