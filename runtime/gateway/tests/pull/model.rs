//! What unpacking layers means, said as simply as possible: a flat table of paths.
//!
//! Slow and plain on purpose. Each rule is a sentence over all paths; the merge under test keeps a
//! tree instead.

use std::collections::BTreeMap;

use super::builder::{Item, What};
use super::tree::{Facts, Kind, Tree};

#[derive(Clone, Debug)]
struct Row {
    layer: usize,
    /// Names with the same number are one inode.
    inode: usize,
    kind: Option<Kind>,
    mode: u32,
    owner: (u32, u32),
    time: i64,
}

/// A table of paths; the root is the empty one.
pub(crate) struct Model {
    rows: BTreeMap<String, Row>,
    inodes: usize,
}

/// Why an image is refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refused;

fn join(parent: &str, name: &str) -> String {
    if parent.is_empty() { name.to_owned() } else { format!("{parent}/{name}") }
}

fn parts(path: &str) -> Vec<String> {
    let parts = path.split('/').filter(|part| !part.is_empty() && *part != ".");
    parts.map(str::to_owned).collect()
}

fn is_below(path: &str, directory: &str) -> bool {
    directory.is_empty() && !path.is_empty() || path.starts_with(&format!("{directory}/"))
}

impl Model {
    /// The tree after all layers, or that they are refused.
    pub(crate) fn merge(layers: &[Vec<Item>]) -> Result<Tree, Refused> {
        let mut model = Self { rows: BTreeMap::new(), inodes: 0 };
        let root = model.implied(0);
        model.rows.insert(String::new(), root);
        for (number, items) in layers.iter().enumerate() {
            for item in items {
                model.apply(number + 1, item)?;
            }
        }
        Ok(model.tree())
    }

    fn implied(&mut self, layer: usize) -> Row {
        self.inodes += 1;
        Row { layer, inode: self.inodes, kind: Some(Kind::Directory), mode: 0o755, owner: (0, 0), time: 0 }
    }

    fn is_directory(&self, path: &str) -> bool {
        self.rows.get(path).is_some_and(|row| row.kind == Some(Kind::Directory))
    }

    fn remove(&mut self, path: &str) {
        self.rows.retain(|other, _| other != path && !is_below(other, path));
    }

    /// The directory that `path` leads to; made on the way if `layer` is given.
    fn lead(&mut self, path: &[String], layer: Option<usize>) -> Result<Option<String>, Refused> {
        let mut here = String::new();
        let mut ahead: Vec<String> = path.to_vec();
        let mut links = 0;
        while !ahead.is_empty() {
            let name = ahead.remove(0);
            if name == ".." {
                here = here.rsplit_once('/').map_or("", |(parent, _)| parent).to_owned();
                continue;
            }
            let next = join(&here, &name);
            match self.rows.get(&next).map(|row| row.kind.clone()) {
                Some(Some(Kind::Directory)) => here = next,
                Some(Some(Kind::Symlink(target))) => {
                    links += 1;
                    if links > 40 {
                        return Err(Refused);
                    }
                    if target.starts_with('/') {
                        here.clear();
                    }
                    ahead.splice(0..0, parts(&target));
                }
                _ => {
                    let Some(layer) = layer else {
                        return Ok(None);
                    };
                    let row = self.implied(layer);
                    self.remove(&next);
                    self.rows.insert(next.clone(), row);
                    here = next;
                }
            }
        }
        Ok(Some(here))
    }

    /// Nothing of lower layers stays at or below `path`; `itself` says whether `path` is meant too.
    fn hide(&mut self, path: &str, itself: bool, layer: usize) {
        let meant = |other: &str| is_below(other, path) || itself && other == path;
        let own: Vec<String> = self
            .rows
            .iter()
            .filter(|(other, row)| meant(other) && row.layer == layer)
            .map(|(other, _)| other.clone())
            .collect();
        let leads_to_own = |other: &str| own.iter().any(|path| is_below(path, other));
        self.rows.retain(|other, row| !meant(other) || row.layer == layer || leads_to_own(other));
        for (other, row) in &mut self.rows {
            if meant(other) && row.layer != layer {
                (row.mode, row.owner, row.time) = (0o755, (0, 0), 0);
            }
        }
    }

    fn apply(&mut self, layer: usize, item: &Item) -> Result<(), Refused> {
        let mut path = parts(&item.path);
        let attributes = |row: &mut Row| {
            row.layer = layer;
            (row.mode, row.time) = (item.mode, item.time.cast_signed());
            row.owner = (item.owner.0 as u32, item.owner.1 as u32);
        };
        let Some(name) = path.pop() else {
            if item.what != What::Directory {
                return Err(Refused);
            }
            attributes(self.rows.get_mut("").unwrap());
            return Ok(());
        };
        if let Some(hidden) = name.strip_prefix(".wh.") {
            if let Some(parent) = self.lead(&path, None)? {
                match hidden {
                    ".wh..opq" => self.hide(&parent, false, layer),
                    hidden => self.hide(&join(&parent, hidden), true, layer),
                }
            }
            return Ok(());
        }
        let target = match &item.what {
            What::HardLink(target) => {
                let mut target = parts(target);
                let name = target.pop().ok_or(Refused)?;
                let parent = self.lead(&target, None)?.ok_or(Refused)?;
                let row = self.rows.get(&join(&parent, &name)).ok_or(Refused)?;
                if row.kind == Some(Kind::Directory) {
                    return Err(Refused);
                }
                Some(row.clone())
            }
            _ => None,
        };
        let parent = self.lead(&path, Some(layer))?.expect("it was made");
        let path = join(&parent, &name);
        if item.what == What::Directory && self.is_directory(&path) {
            attributes(self.rows.get_mut(&path).unwrap());
            return Ok(());
        }
        let mut row = self.implied(layer);
        match &item.what {
            What::HardLink(_) => {
                row = target.expect("looked up above");
                row.layer = layer;
            }
            what => {
                row.kind = match what {
                    What::File(data) => Some(Kind::File(data.clone())),
                    What::Directory => Some(Kind::Directory),
                    What::Symlink(target) => Some(Kind::Symlink(target.clone())),
                    _ => None,
                };
                attributes(&mut row);
                if matches!(what, What::Symlink(_)) {
                    row.mode = 0o777;
                }
            }
        }
        self.remove(&path);
        self.rows.insert(path, row);
        Ok(())
    }

    fn tree(self) -> Tree {
        let mut first_names: BTreeMap<usize, String> = BTreeMap::new();
        for (path, row) in &self.rows {
            first_names.entry(row.inode).or_insert_with(|| path.clone());
        }
        let rows = self.rows.into_iter().filter_map(|(path, row)| {
            let facts = Facts {
                kind: row.kind?,
                mode: row.mode,
                owner: row.owner,
                time: row.time,
                first_name: first_names[&row.inode].clone(),
            };
            Some((path, facts))
        });
        rows.collect()
    }
}
