//! How two layers become one.
//!
//! | lower | upper | result |
//! |---|---|---|
//! | table | table | merged key by key |
//! | reference (`{ file }`, `{ env }`, `{ sops, key }`, `{ command }`) | reference | the upper one, whole |
//! | array | array | the upper one, whole |
//! | array | `KEY_remove = [...]` | without the elements that are equal to a listed one |
//! | array | `KEY_add = [...]` | followed by the listed elements that are not in it yet |
//! | `[[filesystem]]` | `[[filesystem]]` | merged by `target` (without one, by `source`); new ones follow |
//! | `[[symlink]]` | `[[symlink]]` | merged by `link`; new ones follow |
//! | anything | anything else | the upper one |
//!
//! `KEY`, `KEY_remove` and `KEY_add` of one layer apply in this order. In `filesystem_remove` and
//! `symlink_remove` a string names an entry by its target or link. Tables with names
//! (`[module.mpich]`, `[registry."quay.io"]`) merge by name because they are tables.
//! The names of environment variables and of verbatim keys (`env.set`, `env.prepend`, `env.append`,
//! `fabric.env`, `extra`) are the site's own: a variable called `PATH_add` is a variable.
//!
//! The overrides of a class (`class.NAME.set`) keep their operations until the class is asked for.
//!
//! A layer is [`normal`] before it is decoded: its `_add` elements have then become its array.

use std::collections::{BTreeMap, VecDeque};

use super::{
    item::{Item, Node, Place},
    way::Way,
};
use crate::diagnostic::KeyPath;

/// Keys of which a reference to something outside the profile consists.
const REFERENCE_KEYS: &[&str] = &["file", "env", "sops", "key", "command", "sha256"];

/// Arrays of tables whose elements have a name, and the keys that hold it, first choice first.
const NAMED: &[(&str, &[&str])] = &[("filesystem", &["target", "source"]), ("symlink", &["link"])];

/// Whether the upper layer's place becomes that of tables both layers write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upper {
    /// A file: its headers are the place where a missing key would be written.
    File,
    /// An option, a variable or a class: the file below stays the place.
    Override,
}

/// Something about a merge that its author may not have meant.
#[derive(Debug, Clone, PartialEq)]
pub enum Note {
    /// An array of the upper layer put one of the lower layer out of effect.
    Replaced {
        /// The key of the array.
        path: KeyPath,
        /// Where the upper layer writes it.
        upper: Place,
        /// Where the lower layer wrote it.
        lower: Place,
    },
    /// An element is added that is there already, or taken out where it is not.
    WithoutEffect {
        /// The key of the array below.
        path: KeyPath,
        /// Where the element is written.
        place: Place,
        /// What was to be done with it.
        operation: Operation,
    },
}

/// What `KEY_add` and `KEY_remove` do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Take elements out.
    Remove,
    /// Put elements behind the others.
    Add,
}

/// Lays `upper` over `lower` and notes what its author may not have meant.
pub fn over(lower: &mut Item, upper: &Item, kind: Upper) -> Vec<Note> {
    let mut notes = Vec::new();
    merge(lower, upper, kind, &Way::Top, &mut notes);
    notes
}

/// A layer on its own, with its list operations carried out on nothing.
#[must_use]
pub fn normal(layer: &Item) -> Item {
    let mut item = Item::empty(layer.place.source);
    merge(&mut item, layer, Upper::File, &Way::Top, &mut Vec::new());
    item
}

fn merge(lower: &mut Item, upper: &Item, kind: Upper, way: &Way<'_>, notes: &mut Vec<Note>) {
    let both_references = is_reference(lower) && is_reference(upper);
    match (&mut lower.node, &upper.node) {
        (Node::Table(below), Node::Table(above)) if !both_references => {
            if kind == Upper::File {
                lower.place = upper.place.clone();
            }
            table(below, above, kind, way, notes);
        }
        (Node::Array(below), Node::Array(above)) => match names(way, below, above) {
            Some(keys) => named(below, above, keys, kind, way, notes),
            None => {
                if !lower.same(upper) {
                    let (upper, lower) = (upper.place.clone(), lower.place.clone());
                    notes.push(Note::Replaced { path: way.path(), upper, lower });
                }
                *lower = plain(upper, way);
            }
        },
        _ => *lower = plain(upper, way),
    }
}

fn table(
    below: &mut BTreeMap<String, Item>,
    above: &BTreeMap<String, Item>,
    kind: Upper,
    way: &Way<'_>,
    notes: &mut Vec<Note>,
) {
    for (key, item) in above.iter().filter(|(key, item)| operation(way, key, item).is_none()) {
        let way = way.key(key);
        match below.get_mut(key) {
            Some(lower) => merge(lower, item, kind, &way, notes),
            None => {
                below.insert(key.clone(), plain(item, &way));
            }
        }
    }
    for wanted in [Operation::Remove, Operation::Add] {
        for (key, item) in above {
            if let Some((operation, base)) = operation(way, key, item)
                && operation == wanted
            {
                operate(operation, below, base, item, &way.key(base), notes);
            }
        }
    }
}

/// An upper value that meets nothing below: its own list operations still apply.
fn plain(item: &Item, way: &Way<'_>) -> Item {
    let node = match &item.node {
        Node::Table(entries) => {
            let mut below = BTreeMap::new();
            table(&mut below, entries, Upper::File, way, &mut Vec::new());
            Node::Table(below)
        }
        Node::Array(elements) => {
            Node::Array(elements.iter().enumerate().map(|(n, e)| plain(e, &way.index(n))).collect())
        }
        leaf => leaf.clone(),
    };
    Item { node, place: item.place.clone() }
}

/// The list operation that `key` of the table at `way` asks for, and the key it works on.
fn operation<'k>(way: &Way<'_>, key: &'k str, item: &Item) -> Option<(Operation, &'k str)> {
    item.as_array()?;
    key.strip_suffix("_add")
        .map(|base| (Operation::Add, base))
        .or_else(|| key.strip_suffix("_remove").map(|base| (Operation::Remove, base)))
        .filter(|(_, base)| !base.is_empty() && !keeps_its_keys(way))
}

/// Whether the keys of the table at `way` are names that the site gives, or are for a class to apply.
fn keeps_its_keys(way: &Way<'_>) -> bool {
    let path = way.path();
    let segments: Vec<&str> = path.segments().iter().map(String::as_str).collect();
    match segments.as_slice() {
        ["class", _, "set", ..] => true,
        [.., "env", "set" | "prepend" | "append"] | [.., "fabric", "env"] => true,
        segments => segments.contains(&"extra"),
    }
}

fn operate(
    operation: Operation,
    below: &mut BTreeMap<String, Item>,
    key: &str,
    list: &Item,
    way: &Way<'_>,
    notes: &mut Vec<Note>,
) {
    let empty = || Item { node: Node::Array(Vec::new()), place: list.place.clone() };
    let Node::Array(elements) = &mut below.entry(key.to_owned()).or_insert_with(empty).node else { return };
    let keys = NAMED.iter().find(|(name, _)| *name == key).map(|(_, keys)| *keys);
    let meant = |element: &Item, listed: &Item| {
        let named = keys.and_then(|keys| Some((name(element, keys)?, listed.as_str().or(name(listed, keys))?)));
        element.same(listed) || named.is_some_and(|(element, listed)| element == listed)
    };
    for listed in list.as_array().unwrap_or_default() {
        let before = elements.len();
        match operation {
            Operation::Remove => elements.retain(|element| !meant(element, listed)),
            Operation::Add if elements.iter().any(|element| element.same(listed)) => {}
            Operation::Add => elements.push(plain(listed, way)),
        }
        if elements.len() == before {
            notes.push(Note::WithoutEffect { path: way.path(), place: listed.place.clone(), operation });
        }
    }
}

fn is_reference(item: &Item) -> bool {
    item.as_table()
        .is_some_and(|entries| !entries.is_empty() && entries.keys().all(|key| REFERENCE_KEYS.contains(&key.as_str())))
}

/// The keys that name the elements, if both arrays are lists of named tables.
fn names(way: &Way<'_>, below: &[Item], above: &[Item]) -> Option<&'static [&'static str]> {
    let (_, keys) = NAMED.iter().find(|(name, _)| way.last() == Some(name))?;
    below.iter().chain(above).all(|item| item.as_table().is_some()).then_some(*keys)
}

fn name<'i>(item: &'i Item, keys: &[&str]) -> Option<&'i str> {
    keys.iter().find_map(|key| item.child(key)?.as_str())
}

/// Merges by name. Two entries of one layer with the same name both stay: that is a mistake to be
/// reported, not one to be hidden.
fn named(below: &mut Vec<Item>, above: &[Item], keys: &[&str], kind: Upper, way: &Way<'_>, notes: &mut Vec<Note>) {
    let mut free: BTreeMap<&str, VecDeque<usize>> = BTreeMap::new();
    for (n, lower) in below.iter().enumerate() {
        if let Some(name) = name(lower, keys) {
            free.entry(name).or_default().push_back(n);
        }
    }
    let same: Vec<Option<usize>> =
        above.iter().map(|upper| name(upper, keys).and_then(|wanted| free.get_mut(wanted)?.pop_front())).collect();
    for (upper, same) in above.iter().zip(same) {
        match same {
            Some(n) => merge(&mut below[n], upper, kind, &way.index(n), notes),
            None => below.push(plain(upper, &way.index(below.len()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        diagnostic::source::{Source, SourceKind},
        profile::document,
    };

    fn layer(index: usize, text: &str) -> Item {
        let document = document::read(&Source::new("t", SourceKind::Preset, text), index);
        assert!(document.findings.is_empty(), "{:?}", document.findings);
        document.root
    }

    /// The merged tree as one line, figment's way of printing values.
    fn merged(lower: &str, upper: &str) -> String {
        let mut item = normal(&layer(0, lower));
        over(&mut item, &layer(1, upper), Upper::File);
        line(&item)
    }

    fn line(item: &Item) -> String {
        match &item.node {
            Node::String(text) => text.clone(),
            Node::Integer(number) => number.to_string(),
            Node::Float(number) => number.to_string(),
            Node::Bool(truth) => truth.to_string(),
            Node::Array(elements) => format!("[{}]", elements.iter().map(line).collect::<Vec<_>>().join(" ")),
            Node::Table(entries) => {
                let entries: Vec<String> = entries.iter().map(|(key, item)| format!("{key}={}", line(item))).collect();
                format!("{{{}}}", entries.join(" "))
            }
        }
    }

    #[test]
    fn tables_merge_and_arrays_replace() {
        assert_eq!(merged("[a]\nx = 1\nl = [1, 2]", "[a]\ny = 2\nl = [3]"), "{a={l=[3] x=1 y=2}}");
    }

    #[test]
    fn a_replaced_array_is_noted_and_an_equal_one_is_not() {
        let mut lower = normal(&layer(0, "l = [1]\nm = [2]"));
        let notes = over(&mut lower, &layer(1, "l = [3]\nm = [2]"), Upper::File);
        let [Note::Replaced { path, upper, lower }] = notes.as_slice() else { panic!("{notes:?}") };
        assert_eq!((path.to_string().as_str(), lower.source, upper.source), ("l", 0, 1));
    }

    #[test]
    fn a_list_is_changed_by_remove_then_add() {
        assert_eq!(merged("l = [\"a\", \"b\"]", "l_add = [\"c\", \"b\"]\nl_remove = [\"a\"]"), "{l=[b c]}");
        assert_eq!(merged("l = [\"a\"]", "l = [\"x\"]\nl_add = [\"y\"]"), "{l=[x y]}");
        assert_eq!(merged("", "[t]\nl_add = [\"y\"]"), "{t={l=[y]}}");
    }

    #[test]
    fn an_operation_without_effect_is_noted() {
        let mut lower = normal(&layer(0, "l = [\"a\"]"));
        let upper = layer(1, "l_add = [\"a\", \"b\"]\nl_remove = [\"x\"]\nm_remove = [\"y\"]");
        let notes = over(&mut lower, &upper, Upper::File);
        let idle = notes.iter().filter(|note| matches!(note, Note::WithoutEffect { .. })).count();
        assert_eq!((idle, notes.len()), (3, 3), "{notes:?}");
    }

    #[test]
    fn filesystems_merge_by_target_and_symlinks_by_link() {
        let lower = "[[filesystem]]\nsource = \"/a\"\n[[filesystem]]\nsource = \"/b\"\ntarget = \"/c\"\n";
        let upper = "[[filesystem]]\nsource = \"/x\"\ntarget = \"/c\"\n[[filesystem]]\nsource = \"/d\"\n";
        assert_eq!(merged(lower, upper), "{filesystem=[{source=/a} {source=/x target=/c} {source=/d}]}");
        assert_eq!(merged(lower, "filesystem_remove = [\"/c\"]"), "{filesystem=[{source=/a}]}");
        let lower = "[[symlink]]\nlink = \"/u\"\ntarget = \"a\"\n";
        assert_eq!(merged(lower, "[[symlink]]\nlink = \"/u\"\ntarget = \"b\"\n"), "{symlink=[{link=/u target=b}]}");
    }

    #[test]
    fn the_same_target_twice_in_one_layer_stays_twice() {
        let twice = "[[filesystem]]\nsource = \"/a\"\n[[filesystem]]\nsource = \"/a\"\n";
        assert_eq!(merged("", twice), "{filesystem=[{source=/a} {source=/a}]}");
        assert_eq!(merged("[[filesystem]]\nsource = \"/a\"\n", twice), "{filesystem=[{source=/a} {source=/a}]}");
    }

    #[test]
    fn a_reference_replaces_a_reference() {
        assert_eq!(merged("p = { file = \"a\" }", "p = { env = \"B\" }"), "{p={env=B}}");
    }

    #[test]
    fn environment_variables_may_be_called_anything() {
        assert_eq!(merged("", "[env.append]\nPATH_add = [\"/a\"]"), "{env={append={PATH_add=[/a]}}}");
    }

    #[test]
    fn every_element_keeps_the_place_of_its_layer() {
        let mut lower = normal(&layer(0, "l = [1]"));
        over(&mut lower, &layer(1, "l_add = [2]"), Upper::File);
        let sources: Vec<usize> =
            (0..2).filter_map(|n| lower.get(&KeyPath::from("l").index(n))).map(|e| e.place.source).collect();
        assert_eq!(sources, [0, 1]);
    }
}
