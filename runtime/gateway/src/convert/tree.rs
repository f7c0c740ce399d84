//! The merged file system in memory: names, attributes, and where each file's bytes lie.
//!
//! A tree grows by one layer at a time. Each name remembers the layer that last wrote it, since a
//! whiteout hides what lies below its layer and nothing of the layer itself.

use std::collections::BTreeMap;

use super::policy::Attributes;

/// A name in the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NodeId(u32);

/// A file or symbolic link, which may have several names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct InodeId(u32);

/// What a name stands for.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    Directory { attributes: Attributes, children: BTreeMap<Box<[u8]>, NodeId> },
    Inode(InodeId),
}

#[derive(Clone, Debug)]
struct Node {
    layer: u32,
    body: Body,
}

/// What is not a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Inode {
    pub attributes: Attributes,
    pub content: Content,
}

/// Where the content of an inode is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// Entry number `entry` of layer `layer`, `size` bytes.
    File { layer: u32, entry: u32, size: u64 },
    /// A target, never followed by this program outside the tree.
    Symlink(Box<[u8]>),
    /// A device node or fifo: it takes its place in the merge and is not carried over.
    Dropped,
}

/// The merged tree.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    nodes: Vec<Node>,
    inodes: Vec<Inode>,
}

impl Tree {
    pub(crate) const ROOT: NodeId = NodeId(0);

    /// A tree with nothing but its root.
    pub(crate) fn new() -> Self {
        let mut tree = Self { nodes: Vec::new(), inodes: Vec::new() };
        tree.new_directory(0, Attributes::IMPLIED_DIRECTORY);
        tree
    }

    pub(crate) fn body(&self, node: NodeId) -> &Body {
        &self.nodes[node.0 as usize].body
    }

    pub(crate) fn inode(&self, inode: InodeId) -> &Inode {
        &self.inodes[inode.0 as usize]
    }

    pub(crate) fn is_directory(&self, node: NodeId) -> bool {
        matches!(self.body(node), Body::Directory { .. })
    }

    /// The target, if the name is a symbolic link.
    pub(crate) fn symlink(&self, node: NodeId) -> Option<&[u8]> {
        match self.body(node) {
            Body::Inode(inode) => match &self.inode(*inode).content {
                Content::Symlink(target) => Some(target),
                _ => None,
            },
            Body::Directory { .. } => None,
        }
    }

    /// The names in a directory, in their order; none in anything else.
    pub(crate) fn children(&self, node: NodeId) -> impl Iterator<Item = (&[u8], NodeId)> {
        let children = match self.body(node) {
            Body::Directory { children, .. } => Some(children),
            Body::Inode(_) => None,
        };
        let names = children.into_iter().flatten();
        names.map(|(name, child)| (&**name, *child))
    }

    pub(crate) fn child(&self, parent: NodeId, name: &[u8]) -> Option<NodeId> {
        match self.body(parent) {
            Body::Directory { children, .. } => children.get(name).copied(),
            Body::Inode(_) => None,
        }
    }

    pub(crate) fn new_directory(&mut self, layer: u32, attributes: Attributes) -> NodeId {
        let children = BTreeMap::new();
        self.new_node(layer, Body::Directory { attributes, children })
    }

    pub(crate) fn new_inode(&mut self, inode: Inode) -> InodeId {
        self.inodes.push(inode);
        InodeId(u32::try_from(self.inodes.len() - 1).expect("entries are limited below 2^32"))
    }

    /// A name for an inode.
    pub(crate) fn new_name(&mut self, layer: u32, inode: InodeId) -> NodeId {
        self.new_node(layer, Body::Inode(inode))
    }

    fn new_node(&mut self, layer: u32, body: Body) -> NodeId {
        self.nodes.push(Node { layer, body });
        NodeId(u32::try_from(self.nodes.len() - 1).expect("entries are limited below 2^32"))
    }

    /// How many names were ever made; removed ones count, since they hold memory.
    pub(crate) fn size(&self) -> u64 {
        self.nodes.len() as u64
    }

    /// Gives `parent` a child, in place of whatever had the name.
    pub(crate) fn place(&mut self, parent: NodeId, name: &[u8], child: NodeId) {
        match &mut self.nodes[parent.0 as usize].body {
            Body::Directory { children, .. } => {
                children.insert(name.into(), child);
            }
            Body::Inode(_) => unreachable!("only directories are given children"),
        }
    }

    /// A layer describes a directory that is there.
    pub(crate) fn describe(&mut self, node: NodeId, layer: u32, described: Attributes) {
        let node = &mut self.nodes[node.0 as usize];
        node.layer = layer;
        if let Body::Directory { attributes, .. } = &mut node.body {
            *attributes = described;
        }
    }

    /// Hides what lower layers put under `name`; what `layer` put there stays.
    pub(crate) fn white_out(&mut self, parent: NodeId, name: &[u8], layer: u32) {
        let Some(child) = self.child(parent, name) else {
            return;
        };
        if !self.keep_only(child, layer)
            && let Body::Directory { children, .. } = &mut self.nodes[parent.0 as usize].body
        {
            children.remove(name);
        }
    }

    /// Hides what lower layers put into a directory.
    pub(crate) fn make_opaque(&mut self, directory: NodeId, layer: u32) {
        let Body::Directory { children, .. } = &mut self.nodes[directory.0 as usize].body else {
            return;
        };
        let mut all = std::mem::take(children);
        all.retain(|_, child| self.keep_only(*child, layer));
        if let Body::Directory { children, .. } = &mut self.nodes[directory.0 as usize].body {
            *children = all;
        }
    }

    /// Takes out of a subtree all that `layer` did not write; `false` if nothing is left.
    fn keep_only(&mut self, node: NodeId, layer: u32) -> bool {
        let own = self.nodes[node.0 as usize].layer == layer;
        self.make_opaque(node, layer);
        match &mut self.nodes[node.0 as usize].body {
            Body::Inode(_) => own,
            Body::Directory { children, .. } if children.is_empty() => own,
            Body::Directory { attributes, .. } => {
                // What lies in it is new; that it was described below is forgotten.
                if !own {
                    *attributes = Attributes::IMPLIED_DIRECTORY;
                }
                true
            }
        }
    }
}
