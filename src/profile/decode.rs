//! A typed value out of an untyped one, with every error and not only the first.
//!
//! serde stops at the first error. The node at fault is taken out and decoding begins anew, until
//! it succeeds. An entry that is missing only because it was taken out is no error of the site.

mod strict;

use std::collections::{BTreeSet, HashMap};

use figment::{error::Kind, value::Value};
use serde::de::DeserializeOwned;

use crate::diagnostic::KeyPath;

/// At most this many errors of one value; a file with more has another kind of problem.
pub(super) const MOST: usize = 512;

/// What decoding gave.
#[derive(Debug)]
pub struct Decoded<T> {
    /// The value without what was at fault; nothing when even that does not decode.
    pub typed: Option<T>,
    /// Every error: the path in the value as given, and what serde says.
    pub errors: Vec<(KeyPath, Kind)>,
    /// What was taken out.
    pub pruned: Pruned,
}

/// The value that decoded in the end, and how its paths relate to the original's.
#[derive(Debug)]
pub struct Pruned {
    value: Value,
    gone: BTreeSet<KeyPath>,
    kept: HashMap<KeyPath, Vec<usize>>,
}

/// Decodes `value`, collecting all errors.
#[must_use]
pub fn all<T: DeserializeOwned>(value: Value) -> Decoded<T> {
    let mut pruned = Pruned { value, gone: BTreeSet::new(), kept: HashMap::new() };
    let mut errors = Vec::new();
    while errors.len() < MOST {
        let error = match strict::decode::<T>(&pruned.value) {
            Ok(typed) => return Decoded { typed: Some(typed), errors, pruned },
            Err(error) => error,
        };
        let path = pruned.original(&error.path);
        let own_doing = match &error.kind {
            Kind::MissingField(field) => pruned.gone.contains(&path.clone().key(field.as_ref())),
            _ => false,
        };
        // All unknown keys of a table at once: decoding anew for each takes time with the square of their number.
        if let Kind::UnknownField(_, known) = &error.kind {
            let unknown = pruned.prune_others(&path, known);
            if !unknown.is_empty() {
                errors.extend(unknown.into_iter().map(|(path, key)| (path, Kind::UnknownField(key, known))));
                continue;
            }
        }
        if !own_doing {
            errors.push((path.clone(), error.kind));
        }
        if !pruned.prune(&path) {
            break;
        }
    }
    errors.truncate(MOST);
    Decoded { typed: None, errors, pruned }
}

impl Pruned {
    /// The path in the original value of a path in the pruned one.
    #[must_use]
    pub fn original(&self, path: &[String]) -> KeyPath {
        path.iter().fold(KeyPath::root(), |original, segment| {
            let index = segment.parse::<usize>().ok();
            match index.and_then(|n| self.kept.get(&original)?.get(n).copied()) {
                Some(n) => original.index(n),
                None => original.key(segment),
            }
        })
    }

    /// The segment of the `n`-th entry of the table or array at `path` (a path in the pruned value).
    #[must_use]
    pub fn nth_key(&self, path: &[String], n: usize) -> String {
        let entry = path.iter().try_fold(&self.value, |value, segment| match value {
            Value::Dict(_, entries) => entries.get(segment),
            Value::Array(_, elements) => elements.get(segment.parse::<usize>().ok()?),
            _ => None,
        });
        match entry {
            Some(Value::Dict(_, entries)) => entries.keys().nth(n).cloned().unwrap_or_else(|| n.to_string()),
            _ => n.to_string(),
        }
    }

    /// What was taken out, by its original path.
    pub fn gone(&self) -> impl Iterator<Item = &KeyPath> {
        self.gone.iter()
    }

    /// Takes the keys that are not `known` out of the table in which the key `path` stands; their paths and names.
    fn prune_others(&mut self, path: &KeyPath, known: &[&str]) -> Vec<(KeyPath, String)> {
        let Some(table) = path.parent() else { return Vec::new() };
        let others: Vec<String> = match self.at(&table) {
            Some(Value::Dict(_, entries)) => {
                entries.keys().filter(|key| !known.contains(&key.as_str())).cloned().collect()
            }
            _ => Vec::new(),
        };
        if let Some(Value::Dict(_, entries)) = self.at(&table) {
            others.iter().for_each(|key| drop(entries.remove(key)));
        }
        let paths: Vec<(KeyPath, String)> =
            others.into_iter().map(|key| (table.clone().key(key.as_str()), key)).collect();
        self.gone.extend(paths.iter().map(|(path, _)| path.clone()));
        paths
    }

    /// The node at the original path `path`, if it is still there.
    fn at(&mut self, path: &KeyPath) -> Option<&mut Value> {
        let mut node = &mut self.value;
        let mut at = KeyPath::root();
        for segment in path.segments() {
            node = match node {
                Value::Dict(_, entries) => entries.get_mut(segment)?,
                Value::Array(_, elements) => index(&self.kept, &at, segment).and_then(|n| elements.get_mut(n))?,
                _ => return None,
            };
            at = at.key(segment);
        }
        Some(node)
    }

    /// Takes out the node at the original path `path`.
    fn prune(&mut self, path: &KeyPath) -> bool {
        let Some((last, parents)) = path.segments().split_last() else { return false };
        let mut node = &mut self.value;
        let mut at = KeyPath::root();
        for segment in parents {
            let child = match node {
                Value::Dict(_, entries) => entries.get_mut(segment),
                Value::Array(_, elements) => index(&self.kept, &at, segment).and_then(|n| elements.get_mut(n)),
                _ => None,
            };
            let Some(child) = child else { return false };
            node = child;
            at = at.key(segment);
        }
        let done = match node {
            Value::Dict(_, entries) => entries.remove(last).is_some(),
            Value::Array(_, elements) => {
                let kept = self.kept.entry(at).or_insert_with(|| (0..elements.len()).collect());
                match last.parse().ok().and_then(|n: usize| kept.iter().position(|original| *original == n)) {
                    Some(n) => {
                        kept.remove(n);
                        elements.remove(n);
                        true
                    }
                    None => false,
                }
            }
            _ => false,
        };
        done && self.gone.insert(path.clone())
    }
}

/// Where the element with the original index `segment` of the array `at` is now.
fn index(kept: &HashMap<KeyPath, Vec<usize>>, at: &KeyPath, segment: &str) -> Option<usize> {
    let original = segment.parse().ok()?;
    match kept.get(at) {
        Some(kept) => kept.iter().position(|n| *n == original),
        None => Some(original),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::{
        diagnostic::source::{Source, SourceKind},
        profile::document,
    };

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only decoded")]
    struct Top {
        name: String,
        #[serde(default)]
        list: Vec<Entry>,
        table: Option<Table>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only decoded")]
    struct Entry {
        from: String,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only decoded")]
    struct Table {
        must: u8,
    }

    fn errors(text: &str) -> Vec<String> {
        let document = document::read(&Source::new("t", SourceKind::Preset, text), 0);
        let decoded = all::<Top>(document.root.to_value());
        decoded.errors.iter().map(|(path, kind)| format!("{path}: {kind}")).collect()
    }

    #[test]
    fn all_errors_of_a_value_come_out_at_their_original_places() {
        let errors = errors("name = \"x\"\nlist = [{ from = 1 }, { from = \"a\", to = 2 }, { from = 3 }]\nnam = 1\n");
        let paths: Vec<&str> = errors.iter().map(|e| e.split(':').next().unwrap_or_default()).collect();
        assert_eq!(paths, ["list.0.from", "list.1.to", "list.2.from", "nam"]);
    }

    #[test]
    fn what_is_missing_by_pruning_is_not_reported_but_its_parent_goes() {
        assert_eq!(errors("name = \"x\"\n[table]\nmust = \"text\"\n").len(), 1);
        assert_eq!(errors("name = \"x\"\n[table]\n"), ["table: missing field `must`"]);
    }

    #[test]
    fn an_array_is_no_table() {
        assert_eq!(
            errors("name = \"x\"\ntable = [5]\n"),
            ["table: invalid type: found sequence, expected struct Table"]
        );
        assert_eq!(errors("name = \"x\"\nlist = [[\"a\"], { from = 1 }]\n").len(), 2);
    }

    #[test]
    fn a_missing_key_at_the_top_ends_the_decoding() {
        assert_eq!(errors("[table]\nmust = 300\n").len(), 2);
    }
}
