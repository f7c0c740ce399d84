//! Versions of glibc, as symbols name them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A version such as 2.36. Symbols may name a third number, as `GLIBC_2.2.5` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Glibc {
    numbers: [u16; 3],
}

impl Glibc {
    /// The version in the name of a symbol's version, such as `GLIBC_2.34`.
    #[must_use]
    pub fn of_symbol(name: &[u8]) -> Option<Self> {
        // Asked for by files with relative relocations in the short form, which glibc reads from 2.36 on.
        if name == b"GLIBC_ABI_DT_RELR" {
            return Some(Self { numbers: [2, 36, 0] });
        }
        std::str::from_utf8(name).ok()?.strip_prefix("GLIBC_")?.parse().ok()
    }
}

/// A text that is no version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a version of glibc is two or three numbers, such as `2.36`")]
pub struct NoGlibc;

impl FromStr for Glibc {
    type Err = NoGlibc;

    fn from_str(text: &str) -> Result<Self, NoGlibc> {
        let mut numbers = [0; 3];
        let parts: Vec<&str> = text.split('.').collect();
        if !(2..=3).contains(&parts.len()) {
            return Err(NoGlibc);
        }
        for (number, part) in numbers.iter_mut().zip(parts) {
            *number = part.parse().map_err(|_| NoGlibc)?;
        }
        Ok(Self { numbers })
    }
}

impl TryFrom<String> for Glibc {
    type Error = NoGlibc;

    fn try_from(text: String) -> Result<Self, NoGlibc> {
        text.parse()
    }
}

impl From<Glibc> for String {
    fn from(version: Glibc) -> Self {
        version.to_string()
    }
}

impl fmt::Display for Glibc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.numbers;
        write!(f, "{major}.{minor}")?;
        if patch == 0 { Ok(()) } else { write!(f, ".{patch}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_by_their_numbers() {
        let of = |name: &str| Glibc::of_symbol(name.as_bytes());
        assert!(of("GLIBC_2.34") > of("GLIBC_2.4"));
        assert!(of("GLIBC_2.2.5") < of("GLIBC_2.3"));
        assert_eq!(of("GLIBC_ABI_DT_RELR").unwrap().to_string(), "2.36");
        assert_eq!((of("GLIBC_PRIVATE"), of("GLIBCXX_3.4"), of("GLIBC_2")), (None, None, None));
    }
}
