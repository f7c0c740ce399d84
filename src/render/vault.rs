//! The values of secrets while a plan is made, or the tokens that stand for them.

use crate::profile::section::secret::Secret;
use crate::secret::SecretValue;
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// What stands in the files where a secret belongs.
#[derive(Clone, Debug)]
pub enum Vault {
    /// The fixed token `@SECRET:name@`, which the gateway refuses by name. For tests and CI.
    Placeholders,
    /// The secrets themselves, by reference.
    Values(Vec<(Secret, SecretValue)>),
}

impl Vault {
    /// Secrets by the name of their reference, as a test gives them.
    #[must_use]
    pub fn of_files(values: &BTreeMap<String, String>) -> Self {
        Self::Values(values.iter().map(|(file, text)| (Secret::File(file.clone()), SecretValue::new(text))).collect())
    }

    /// Every value, with its reference.
    pub(super) fn values(&self) -> impl Iterator<Item = (&Secret, &SecretValue)> {
        let values = match self {
            Self::Placeholders => [].as_slice(),
            Self::Values(values) => values,
        };
        values.iter().map(|(secret, value)| (secret, value))
    }

    /// The text to write for a secret; none when it was not revealed.
    pub(super) fn text(&self, secret: &Secret) -> Option<Zeroizing<String>> {
        match self {
            Self::Placeholders => Some(placeholder(secret).into()),
            Self::Values(values) => {
                let (_, value) = values.iter().find(|(reference, _)| reference == secret)?;
                Some(value.expose_text()?.to_owned().into())
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
        assert_eq!(vault.text(&Secret::File("secrets/x".into())).as_deref().map(String::as_str), Some("hunter2"));
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
