//! The values of secrets while a plan is made, or the tokens that stand for them.

use crate::profile::section::secret::Secret;
use std::collections::BTreeMap;
use std::fmt;

/// A revealed secret. It has no `Display`, its `Debug` shows nothing, and its memory is overwritten when it goes.
#[derive(Clone, PartialEq, Eq)]
pub struct Revealed(Vec<u8>);

impl Revealed {
    /// A secret's text, without the newline at its end.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.strip_suffix('\n').unwrap_or(text).as_bytes().to_vec())
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.0).expect("it was made from a text")
    }
}

impl fmt::Debug for Revealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Revealed(…)")
    }
}

impl Drop for Revealed {
    fn drop(&mut self) {
        self.0.fill(0);
        // Without a use the optimiser would drop the line above.
        std::hint::black_box(&self.0);
    }
}

/// What stands in the files where a secret belongs.
#[derive(Clone, Debug)]
pub enum Vault {
    /// The fixed token `@SECRET:name@`, which the gateway refuses by name. For tests and CI.
    Placeholders,
    /// The secrets themselves, by reference.
    Values(Vec<(Secret, Revealed)>),
}

impl Vault {
    /// Secrets by the name of their reference, as a test gives them.
    #[must_use]
    pub fn of_files(values: &BTreeMap<String, String>) -> Self {
        Self::Values(values.iter().map(|(file, text)| (Secret::File(file.clone()), Revealed::new(text))).collect())
    }

    /// The text to write for a secret; none when it was not revealed.
    pub(super) fn text(&self, secret: &Secret) -> Option<String> {
        match self {
            Self::Placeholders => Some(placeholder(secret)),
            Self::Values(values) => {
                values.iter().find(|(reference, _)| reference == secret).map(|(_, value)| value.text().to_owned())
            }
        }
    }
}

/// The token that stands for a secret.
#[must_use]
pub fn placeholder(secret: &Secret) -> String {
    format!("@SECRET:{}@", secret.name())
}

/// Whether a text is such a token.
pub(super) fn is_placeholder(text: &str) -> bool {
    text.strip_prefix("@SECRET:").and_then(|rest| rest.strip_suffix('@')).is_some_and(|name| !name.contains('@'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revealed_secret_shows_nothing() {
        let vault = Vault::of_files(&BTreeMap::from([("secrets/x".to_owned(), "hunter2\n".to_owned())]));
        assert!(!format!("{vault:?}").contains("hunter2"));
        assert_eq!(vault.text(&Secret::File("secrets/x".into())).as_deref(), Some("hunter2"));
        assert_eq!(vault.text(&Secret::Env("X".into())), None);
    }

    #[test]
    fn a_placeholder_names_the_secret() {
        let token = placeholder(&Secret::File("secrets/redis".into()));
        assert_eq!(token, "@SECRET:redis@");
        assert!(is_placeholder(&token) && !is_placeholder("@SECRET:a@b@"));
        assert_eq!(shifter_gateway_types::config::placeholder_name(&token), Some("redis"));
    }
}
