//! A secret in memory.

use std::fmt;
use zeroize::Zeroizing;

/// A revealed secret. It has neither `Display` nor `Serialize`, its `Debug` shows nothing, and its memory is
/// overwritten when it goes.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretValue(Zeroizing<Vec<u8>>);

impl SecretValue {
    /// A secret's text, without the newline at its end.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self::from_bytes(text.strip_suffix('\n').unwrap_or(text).as_bytes())
    }

    /// A secret that need not be text: a key.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(bytes.to_vec()))
    }

    /// Its bytes, for the one file that holds it. Whoever takes them answers for where they go.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Its text, where it is text.
    #[must_use]
    pub fn expose_text(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// How many bytes it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing is there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretValue(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_neither_the_text_nor_its_length() {
        let shown = |text: &str| format!("{:?}", SecretValue::new(text));
        assert_eq!(shown("hunter2\n"), shown("a longer one"));
        assert_eq!(SecretValue::new("hunter2\n").expose_text(), Some("hunter2"));
    }
}
