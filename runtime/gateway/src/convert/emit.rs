//! The merged tree, played to a writer.
//!
//! Directories and symbolic links come first, by name; files follow in the order their bytes stand
//! in the layers, so that each layer is read once from beginning to end. The order depends on the
//! image alone.

use std::collections::BTreeMap;

use super::error::{ConvertError, LayerError};
use super::look::Look;
use super::policy::Policy;
use super::report::Report;
use super::tar::TarReader;
use super::tree::{Body, Content, InodeId, NodeId, Tree};
use super::writer::{ImageWriter, WriteError};

/// A file of the result: where its bytes are and the names it has.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Planned {
    inode: InodeId,
    entry: u32,
    path: Vec<u8>,
    further: Vec<Vec<u8>>,
}

/// The files of the result by layer, in the order of their entries. Layers are numbered from 1.
pub(crate) type Plan = BTreeMap<u32, Vec<Planned>>;

/// A merged tree and how its attributes are written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Merged<'a> {
    pub tree: &'a Tree,
    pub policy: Policy,
}

/// Bytes of all planned files.
pub(crate) fn planned_bytes(tree: &Tree, plan: &Plan) -> u64 {
    let files = plan.values().flatten();
    let sizes = files.map(|file| match tree.inode(file.inode).content {
        Content::File { size, .. } => size,
        Content::Symlink(_) | Content::Dropped => 0,
    });
    sizes.sum()
}

/// Writes all that has no content, and plans the files.
pub(crate) fn emit_names(
    Merged { tree, policy }: Merged<'_>,
    writer: &mut dyn ImageWriter,
    report: &mut Report,
) -> Result<Plan, ConvertError> {
    let mut walk = Walk { tree, policy, writer, report, files: BTreeMap::new(), links: BTreeMap::new() };
    walk.directory(Tree::ROOT, &mut Vec::new())?;
    let mut plan = Plan::new();
    for (inode, mut names) in walk.files {
        let Content::File { layer, entry, .. } = tree.inode(inode).content else {
            unreachable!("only files are gathered");
        };
        let further = names.split_off(1);
        let path = names.swap_remove(0);
        plan.entry(layer).or_default().push(Planned { inode, entry, path, further });
    }
    for files in plan.values_mut() {
        files.sort_unstable_by_key(|file| file.entry);
    }
    Ok(plan)
}

struct Walk<'a> {
    tree: &'a Tree,
    policy: Policy,
    writer: &'a mut dyn ImageWriter,
    report: &'a mut Report,
    files: BTreeMap<InodeId, Vec<Vec<u8>>>,
    links: BTreeMap<InodeId, Vec<u8>>,
}

impl Walk<'_> {
    fn directory(&mut self, node: NodeId, path: &mut Vec<u8>) -> Result<(), ConvertError> {
        let Body::Directory { attributes, .. } = self.tree.body(node) else {
            unreachable!("only directories are walked");
        };
        let attributes = self.policy.apply(*attributes, true);
        self.writer.directory(path, attributes)?;
        self.report.directories += 1;
        let opened = attributes.mode & 0o005 != 0o005 && attributes.uid == 0 && self.report.closed.enter(path);
        let tree = self.tree;
        for (name, child) in tree.children(node) {
            let length = path.len();
            if length > 0 {
                path.push(b'/');
            }
            path.extend_from_slice(name);
            match tree.body(child) {
                Body::Directory { .. } => self.directory(child, path)?,
                Body::Inode(inode) => self.name(*inode, path)?,
            }
            path.truncate(length);
        }
        if opened {
            self.report.closed.leave();
        }
        Ok(())
    }

    fn name(&mut self, id: InodeId, path: &[u8]) -> Result<(), ConvertError> {
        let inode = self.tree.inode(id);
        match &inode.content {
            Content::Dropped => self.report.dropped_special.note(path),
            Content::File { size, .. } => {
                self.report.closed.file(path, *size, inode.attributes.mode & 0o111 != 0);
                self.files.entry(id).or_default().push(path.to_vec());
            }
            Content::Symlink(target) => match self.links.get(&id) {
                Some(first) => {
                    self.writer.hard_link(path, first)?;
                    self.report.hard_links += 1;
                }
                None => {
                    let attributes = self.policy.apply(inode.attributes, false);
                    self.writer.symlink(path, target, attributes)?;
                    self.links.insert(id, path.to_vec());
                    self.report.symlinks += 1;
                }
            },
        }
        Ok(())
    }
}

/// Writes the planned files of one layer; `layer` names it in errors.
pub(crate) fn emit_layer<R: std::io::BufRead>(
    Merged { tree, policy }: Merged<'_>,
    files: &[Planned],
    mut reader: TarReader<R>,
    layer: &str,
    writer: &mut dyn ImageWriter,
    report: &mut Report,
    mut advance: impl FnMut(u64),
) -> Result<(), ConvertError> {
    let wrong = |source| match source {
        LayerError::Cancelled => ConvertError::Cancelled,
        source => ConvertError::Layer { layer: layer.to_owned(), source },
    };
    let mut number = 0;
    for file in files {
        let entry = loop {
            let entry = reader.next_entry().map_err(wrong)?;
            number += 1;
            if number > file.entry {
                break entry;
            }
        };
        let inode = tree.inode(file.inode);
        let attributes = policy.apply(inode.attributes, false);
        let (Some(entry), Content::File { size, .. }) = (entry, &inode.content) else {
            unreachable!("the layer is the one the plan was made from");
        };
        assert_eq!(entry.size, *size, "the layer changed between its readings");
        let mut look = Look::at(&file.path, *size, &mut reader);
        match writer.file(&file.path, attributes, *size, &mut look) {
            Ok(()) => {}
            Err(WriteError::Output(error)) => return Err(error),
            Err(WriteError::Content(error)) => return Err(wrong(error.into())),
        }
        look.tell(&mut report.contents);
        for path in &file.further {
            writer.hard_link(path, &file.path)?;
        }
        report.files += 1;
        report.hard_links += file.further.len() as u64;
        report.file_bytes += size;
        if attributes.mode & 0o6000 != 0 {
            report.set_id.note(&file.path);
        } else if inode.attributes.mode & 0o6000 != 0 {
            report.dropped_set_id.note(&file.path);
        }
        advance(*size);
    }
    Ok(())
}
