//! What somebody wrote and the typed profile lacks, and what may therefore not be said of it.

use figment::error::Kind;

use crate::diagnostic::{KeyPath, nearest};

/// Tables whose entries other tables name or are compared with, and the keys that say what a profile is made of.
const DEFINITIONS: &[&str] = &[
    "kind",
    "serves",
    "extends",
    "preset",
    "filesystem",
    "symlink",
    "module",
    "class",
    "registry",
    "platform",
    "storage",
];

/// What is missing from a typed profile because it could not be decoded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Loss {
    everything: bool,
    values: Vec<KeyPath>,
    meant: Vec<KeyPath>,
}

impl Loss {
    /// Nobody can tell what is missing: the text is not TOML.
    #[must_use]
    pub fn of_all() -> Self {
        Self { everything: true, ..Self::default() }
    }

    /// What was taken out because of these errors. An unknown key is no loss in itself; but what it
    /// was meant to be is not missing either.
    #[must_use]
    pub fn of(errors: &[(KeyPath, Kind)]) -> Self {
        let mut loss = Self::default();
        for (path, kind) in errors {
            match kind {
                Kind::UnknownField(key, known) => {
                    let near = nearest(key, known.iter().copied());
                    loss.meant.extend(near.zip(path.parent()).map(|(near, table)| table.key(near)));
                }
                _ => loss.values.push(path.clone()),
            }
        }
        loss
    }

    /// Whether nothing is missing.
    #[must_use]
    pub fn is_none(&self) -> bool {
        !self.everything && self.values.is_empty()
    }

    /// Whether rules can judge the rest: nothing is missing that others refer to.
    #[must_use]
    pub fn leaves_a_judgeable_rest(&self) -> bool {
        let defines = |path: &KeyPath| path.segments().first().is_some_and(|top| DEFINITIONS.contains(&top.as_str()));
        !self.everything && !self.values.iter().any(defines)
    }

    /// Whether what is said about `path` may come from the loss: it names a lost key, one of its
    /// tables or a neighbour, or a key that is there under a misspelt name (or that key's table).
    #[must_use]
    pub fn touches(&self, path: &KeyPath) -> bool {
        let near = |lost: &KeyPath| {
            lost.starts_with(path) || lost.parent().is_some_and(|table| !table.is_root() && path.starts_with(&table))
        };
        self.everything
            || self.values.iter().any(near)
            || self.meant.iter().any(|meant| meant == path || meant.parent().as_ref() == Some(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_value_silences_its_table_and_no_other() {
        let loss = Loss::of(&[("gateway.timeout".into(), Kind::Message(String::new()))]);
        assert!(loss.touches(&"gateway.timeout".into()) && loss.touches(&"gateway".into()));
        assert!(loss.touches(&"gateway.endpoints".into()));
        assert!(!loss.touches(&"images.path".into()));
        assert!(loss.leaves_a_judgeable_rest() && !loss.is_none());
    }

    #[test]
    fn a_misspelt_key_is_not_missing() {
        let unknown = Kind::UnknownField("cahce_dir".into(), &["cache_dir", "user"]);
        let loss = Loss::of(&[("gateway.cahce_dir".into(), unknown)]);
        assert!(loss.is_none());
        assert!(loss.touches(&"gateway.cache_dir".into()) && !loss.touches(&"gateway.user".into()));
    }

    #[test]
    fn a_lost_definition_or_text_leaves_nothing_to_judge() {
        let loss = Loss::of(&["filesystem.0.source".into()].map(|path| (path, Kind::Message(String::new()))));
        assert!(!loss.leaves_a_judgeable_rest());
        assert!(!Loss::of_all().leaves_a_judgeable_rest());
    }
}
