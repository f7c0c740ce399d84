//! The passwords that stood in imported files, on their way to files of their own.

use crate::profile::section::secret::Secret;
use crate::render::vault::Vault;
use crate::secret::{Extent, FEWEST, Forms, SecretValue, weakness};
use std::fmt;
use toml::{Table, Value};

/// Passwords by the file each goes to. Nothing shows them.
#[derive(Clone, Default)]
pub struct Secrets {
    directory: String,
    kept: Vec<(String, String)>,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.kept.iter().map(|(name, _)| name)).finish()
    }
}

impl Secrets {
    /// For references into `directory`, as the profile writes it.
    pub(super) fn new(directory: &str) -> Self {
        Self { directory: directory.trim_end_matches('/').to_owned(), kept: Vec::new() }
    }

    /// The reference to a file of an installed system.
    pub(super) fn reference_to(file: &str) -> Value {
        Value::Table(Table::from_iter([("file".to_owned(), Value::from(file))]))
    }

    /// Keeps a password under a name made of plain characters, and gives the reference to it.
    pub(super) fn keep(&mut self, name: &str, text: &str) -> Value {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        let base: String = name.chars().map(|c| if plain(c) { c } else { '_' }).collect();
        let base = if base.starts_with('.') { format!("_{base}") } else { base };
        let mut name = base.clone();
        let mut n = 2;
        while self.kept.iter().any(|(known, other)| *known == name && other != text) {
            name = format!("{base}-{n}");
            n += 1;
        }
        if !self.kept.iter().any(|(known, _)| *known == name) {
            self.kept.push((name.clone(), text.to_owned()));
        }
        Self::reference_to(&self.path(&name))
    }

    /// The file of a name, as the profile writes it.
    pub(super) fn path(&self, name: &str) -> String {
        if self.directory.is_empty() { name.to_owned() } else { format!("{}/{name}", self.directory) }
    }

    /// The names of the files.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.kept.iter().map(|(name, _)| name.as_str())
    }

    /// Each file below the directory of secrets with what it holds, a line end included.
    pub(super) fn files(&self) -> impl Iterator<Item = (&str, Vec<u8>)> {
        self.kept.iter().map(|(name, text)| (name.as_str(), format!("{text}\n").into_bytes()))
    }

    /// What rendering the profile needs.
    pub(super) fn vault(&self) -> Vault {
        let of = |(name, text): &(String, String)| (Secret::File(self.path(name)), SecretValue::new(text));
        Vault::Values(self.kept.iter().map(of).collect())
    }

    /// Whether a password is short or was printed somewhere.
    pub(crate) fn is_weak(text: &str) -> bool {
        weakness(text.as_bytes(), Extent::FirstLine, FEWEST).is_some()
    }

    /// Whether one of the passwords stands in a text, in any form.
    pub(super) fn stands_in(&self, text: &str) -> bool {
        let forms = self.kept.iter().filter_map(|(_, secret)| Forms::of(&SecretValue::new(secret)));
        forms.into_iter().any(|forms| forms.found_in(text.as_bytes()).is_some())
    }

    /// `text` without any of the passwords.
    pub(super) fn scrub(&self, text: &str) -> String {
        let of_some_length = self.kept.iter().filter(|(_, secret)| secret.len() > 3);
        of_some_length.fold(text.to_owned(), |text, (_, secret)| text.replace(secret.as_str(), "***"))
    }
}
