//! Where an edit of the effective profile goes: which text holds the key, and by which path it holds it.
//!
//! The third `[[filesystem]]` of a profile may be the first of its own file, an element may come from
//! a `_add` list, and a value may be that of a class. Places tell them apart: an entry of the merged
//! tree is the entry of the layer that stands at the same bytes.

use super::{
    item::{Item, Node, Place},
    layer::Layers,
    merge,
    origin::part,
};
use crate::diagnostic::{Edit, Finding, KeyPath, Label};

/// The source and the edit for every edit of a fix, or nothing when one of them has no place.
pub(super) fn written(root: &Item, layers: &Layers, finding: &Finding, edits: &[Edit]) -> Option<Vec<(usize, Edit)>> {
    let pinned = finding.anchor().and_then(|label| pinned_layer(layers, label));
    let tree = pinned.as_ref().unwrap_or(root);
    let mut all = Vec::new();
    for edit in edits {
        if matches!(edit, Edit::Script { .. }) {
            all.push((finding.anchor()?.pin.as_ref()?.source, edit.clone()));
            continue;
        }
        match in_place_of_operations(layers, edit) {
            Some(several) => all.extend(several),
            None => all.push(one(tree, layers, edit)?),
        }
    }
    Some(all)
}

/// A new list where the uppermost layer that has a say writes `KEY_add` or `KEY_remove`: the list itself, without them.
fn in_place_of_operations(layers: &Layers, edit: &Edit) -> Option<Vec<(usize, Edit)>> {
    let Edit::Set { path, value: toml::Value::Array(_) } = edit else { return None };
    let (table, key) = (path.parent()?, path.last()?);
    for layer in layers.files.iter().rev() {
        let Some(entries) = layer.root.get(&table).and_then(Item::as_table) else { continue };
        let operations: Vec<String> = ["_remove", "_add"].iter().map(|suffix| format!("{key}{suffix}")).collect();
        let written = operations.iter().filter(|name| entries.contains_key(*name));
        let mut edits: Vec<(usize, Edit)> =
            written.map(|name| (layer.source, Edit::remove(table.clone().key(name.as_str())))).collect();
        if !edits.is_empty() {
            edits.push((layer.source, edit.clone()));
            return Some(edits);
        }
        if entries.contains_key(key) {
            return None;
        }
    }
    None
}

fn one(tree: &Item, layers: &Layers, edit: &Edit) -> Option<(usize, Edit)> {
    let path = edit.path();
    let (item, depth) = tree.nearest(path);
    let must_be_there = matches!(edit, Edit::Remove { .. } | Edit::Rename { .. });
    if must_be_there && depth < path.segments().len() || matches!(edit, Edit::Comment { .. } | Edit::Script { .. }) {
        return None;
    }
    if depth == 0 {
        return Some((tree.place.source, edit.clone()));
    }
    let home = find_in(layers, item)?;
    let rest = KeyPath::from(path.segments()[depth..].to_vec());
    Some((item.place.source, edit.moved(home.join(&rest))))
}

/// The path of `item` in the layer that wrote it.
fn find_in(layers: &Layers, item: &Item) -> Option<KeyPath> {
    let layer = layers.files.iter().chain(&layers.overrides).find(|layer| layer.source == item.place.source)?;
    find(&layer.root, item)
}

/// The path of the entry of `tree` that stands where `wanted` stands.
pub(crate) fn find(tree: &Item, wanted: &Item) -> Option<KeyPath> {
    fn search(item: &Item, wanted: &Place, is_list: bool, path: &KeyPath) -> Option<KeyPath> {
        if !path.is_root() && item.place == *wanted && matches!(item.node, Node::Array(_)) == is_list {
            return Some(path.clone());
        }
        match &item.node {
            Node::Table(entries) => {
                entries.iter().find_map(|(key, item)| search(item, wanted, is_list, &path.clone().key(key.as_str())))
            }
            Node::Array(elements) => {
                let mut elements = elements.iter().enumerate();
                elements.find_map(|(n, item)| search(item, wanted, is_list, &path.clone().index(n)))
            }
            _ => None,
        }
    }
    search(tree, &wanted.place, matches!(wanted.node, Node::Array(_)), &KeyPath::root())
}

/// The tree of one layer, when the label speaks of that layer alone.
fn pinned_layer(layers: &Layers, label: &Label) -> Option<Item> {
    let pin = label.pin.as_ref()?;
    let span = pin.span.as_ref()?;
    let layer = layers.files.iter().chain(&layers.overrides).find(|layer| layer.source == pin.source)?;
    let tree = merge::normal(&layer.root);
    let (item, depth) = tree.nearest(&label.path);
    let exact = depth == label.path.segments().len();
    (exact && part(item, label.aim, exact) == *span).then_some(tree)
}

#[cfg(test)]
mod tests {
    use crate::{
        diagnostic::{Edit, Finding, Fix, structural},
        profile::{self, LoadOptions, Loaded},
    };

    /// `file: edit` for an edit of the effective profile.
    fn home(loaded: &Loaded, edit: Edit) -> Option<String> {
        let path = edit.path().clone();
        let finding = Finding::new(&structural::WRONG_TYPE, "m").at(path, "").fix(Fix::safe("f", vec![edit]));
        let located = loaded.origins.locate(&finding);
        let written = located.finding.fixes[0].written.first()?;
        let file = written.source.name.rsplit('/').next().unwrap_or_default();
        Some(format!("{file}: {}", written.edit.path()))
    }

    #[test]
    fn an_edit_goes_to_the_layer_that_wrote_the_key() {
        let directory = tempfile::tempdir().expect("a directory");
        let at = |name: &str| directory.path().join(name);
        let base = "schema = 1\n[[filesystem]]\nsource = \"/a\"\n[gateway]\nadmins = [\"root\"]\n";
        std::fs::write(at("base.toml"), base).expect("written");
        let own = "extends = \"base.toml\"\n[[filesystem]]\nsource = \"/b\"\n[gateway]\nadmins_add = [\"bob\"]\n\
                   [class.c]\nset.runtime.rootfs = \"ramfs\"\nset.filesystem_add = [{ source = \"/c\" }]\n";
        std::fs::write(at("own.toml"), own).expect("written");
        let loaded: Loaded = profile::load(&LoadOptions::file(at("own.toml"))).expect("read");
        let home_of = |path: &str| home(&loaded, Edit::set(path, 1));
        assert_eq!(home_of("filesystem.0.source").as_deref(), Some("base.toml: filesystem.0.source"));
        assert_eq!(home_of("filesystem.1.source").as_deref(), Some("own.toml: filesystem.0.source"));
        assert_eq!(home_of("filesystem.1.target").as_deref(), Some("own.toml: filesystem.0.target"));
        assert_eq!(home_of("gateway.admins.1").as_deref(), Some("own.toml: gateway.admins_add.0"));
        assert_eq!(home_of("runtime.rootfs").as_deref(), Some("own.toml: runtime.rootfs"));
        assert_eq!(home(&loaded, Edit::remove("runtime.rootfs")), None, "nobody wrote it");
        let admins = Fix::safe("f", vec![Edit::set("gateway.admins", vec!["root"])]);
        let finding = Finding::new(&structural::WRONG_TYPE, "m").at("gateway.admins", "").fix(admins);
        let all = loaded.origins.locate(&finding).finding.fixes[0].written.clone();
        let edits: Vec<&Edit> = all.iter().map(|written| &written.edit).collect();
        let expected = [Edit::remove("gateway.admins_add"), Edit::set("gateway.admins", vec!["root"])];
        assert_eq!(edits, expected.iter().collect::<Vec<_>>());
        let class = loaded.for_class("c");
        let home_of = |path: &str| home(&class, Edit::set(path, 1));
        assert_eq!(home_of("runtime.rootfs").as_deref(), Some("own.toml: class.c.set.runtime.rootfs"));
        assert_eq!(home_of("filesystem.2.source").as_deref(), Some("own.toml: class.c.set.filesystem_add.0.source"));
    }
}
