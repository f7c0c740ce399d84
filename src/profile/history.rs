//! What every layer says about a key, also those that lost.

use std::sync::Arc;

use super::{
    Loaded, class,
    item::{Item, Node},
    merge::Operation,
};
use crate::diagnostic::{KeyPath, source::Source};

/// What one layer says about a key.
#[derive(Debug, Clone)]
pub struct Setting {
    /// The text that says it.
    pub source: Arc<Source>,
    /// The line, from 1.
    pub line: usize,
    /// The class that has it so; none for what holds for all.
    pub class: Option<String>,
    /// What is done with the value: the key is set to it, or it is added to or taken out of a list.
    pub does: Does,
    /// The value.
    pub value: Item,
    /// Whether nothing later undoes it.
    pub in_effect: bool,
}

/// What a layer does with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    /// The key is set to it.
    Set,
    /// A list is changed by it.
    Change(Operation),
}

impl<T> Loaded<T> {
    /// What the layers say about the value at `path` of the effective profile, lowest layer first.
    #[must_use]
    pub fn history(&self, path: &KeyPath) -> Vec<Setting> {
        let mut said = Vec::new();
        for layer in &self.layers.files {
            self.of_layer(&layer.root, path, None, &mut said);
        }
        for name in self.class.iter().flat_map(|name| class::order(self.origins.root(), name)) {
            let set = KeyPath::from(["class", &name, "set"]);
            for root in self.layers.files.iter().filter_map(|layer| layer.root.get(&set)) {
                self.of_layer(root, path, Some(&name), &mut said);
            }
        }
        for layer in &self.layers.overrides {
            self.of_layer(&layer.root, path, None, &mut said);
        }
        let last = said.iter().rposition(|setting| setting.does == Does::Set).unwrap_or(0);
        for (n, setting) in said.iter_mut().enumerate() {
            setting.in_effect = n >= last;
        }
        said
    }

    /// What one layer says, in the order in which it counts: set, take out, add.
    fn of_layer(&self, root: &Item, path: &KeyPath, class: Option<&str>, said: &mut Vec<Setting>) {
        let Some((last, table)) = path.segments().split_last() else { return };
        let Some(table) = self.counterpart(root, table) else { return };
        let own = match self.element(table, path) {
            Some(element) => Some(element),
            None => table.child(last),
        };
        let change = |operation, suffix| {
            let key = format!("{last}{suffix}");
            Some((Does::Change(operation), table.child(&key)?))
        };
        let all =
            [own.map(|item| (Does::Set, item)), change(Operation::Remove, "_remove"), change(Operation::Add, "_add")];
        for (does, item) in all.into_iter().flatten() {
            if let Some(source) = self.origins.sources().get(item.place.source) {
                let start = item.place.key.as_ref().map_or(item.place.value.start, |key| key.start);
                said.push(Setting {
                    source: Arc::clone(source),
                    line: source.position(start).line,
                    class: class.map(str::to_owned),
                    does,
                    value: item.clone(),
                    in_effect: false,
                });
            }
        }
    }

    /// The table of a layer that became the one at `path` of the effective profile: entries of lists by their names.
    fn counterpart<'i>(&self, root: &'i Item, path: &[String]) -> Option<&'i Item> {
        let mut item = root;
        for (n, segment) in path.iter().enumerate() {
            let here = KeyPath::from(path[..=n].to_vec());
            item = match self.element(item, &here) {
                Some(element) => element,
                None if matches!(item.node, Node::Array(_)) => return None,
                None => item.child(segment)?,
            };
        }
        Some(item)
    }

    /// The element of the list `item` that has the name of the one at `path`.
    fn element<'i>(&self, item: &'i Item, path: &KeyPath) -> Option<&'i Item> {
        let meant = self.origins.root().get(path)?;
        item.as_array()?.iter().find(|element| match (name(meant), name(element)) {
            (Some(meant), Some(element)) => meant == element,
            _ => element.same(meant),
        })
    }
}

/// What names an entry of `[[filesystem]]` or `[[symlink]]`.
fn name(item: &Item) -> Option<&str> {
    ["link", "target", "source"].into_iter().find_map(|key| match key {
        // The target of a link is no name.
        "target" if item.child("link").is_some() => None,
        key => item.child(key)?.as_str(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::{self, LoadOptions, Profile};

    fn history(path: &str, class: Option<&str>) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let base = "schema = 1\n[gateway]\ntimeout = '10s'\nadmins = ['a']\n[[filesystem]]\nsource = '/home'\n[class.c]\n[class.d]\nfrom = ['c']\n";
        let top = "extends = 'base.toml'\nschema = 1\n[gateway]\ntimeout = '20s'\nadmins_add = ['b']\n[[filesystem]]\nsource = '/home'\noptions = ['ro']\n[class.c]\nset.gateway.timeout = '30s'\n";
        std::fs::write(folder.path().join("base.toml"), base).unwrap();
        std::fs::write(folder.path().join("top.toml"), top).unwrap();
        let options = LoadOptions {
            set: vec!["gateway.firewall=x".to_owned()],
            ..LoadOptions::file(folder.path().join("top.toml"))
        };
        let mut loaded: Loaded<Profile> = profile::load(&options).unwrap();
        if let Some(class) = class {
            loaded = loaded.for_class(class);
        }
        let line = |s: &Setting| {
            let name = s.source.name.rsplit('/').next().unwrap_or_default().to_owned();
            format!("{name}:{} {:?} {} {}", s.line, s.does, s.class.as_deref().unwrap_or("-"), s.in_effect)
        };
        loaded.history(&path.into()).iter().map(line).collect()
    }

    #[test]
    fn every_layer_has_its_say_and_the_last_one_holds() {
        let layers = ["base.toml:3 Set - false", "top.toml:4 Set - true"];
        assert_eq!(history("gateway.timeout", None), layers);
        let of_class = ["base.toml:3 Set - false", "top.toml:4 Set - false", "top.toml:10 Set c true"];
        assert_eq!(history("gateway.timeout", Some("d")), of_class);
        assert_eq!(history("gateway.admins", None), ["base.toml:4 Set - true", "top.toml:5 Change(Add) - true"]);
        assert_eq!(history("gateway.firewall", None), ["--set:1 Set - true"]);
        assert_eq!(history("gateway.bind", None), [""; 0]);
    }

    #[test]
    fn an_entry_of_a_list_is_followed_by_its_name() {
        assert_eq!(history("filesystem.0.options", None), ["top.toml:8 Set - true"]);
        assert_eq!(history("filesystem.0.source", None), ["base.toml:6 Set - false", "top.toml:7 Set - true"]);
    }
}
