//! Names of variables, with `*` and `?` where the native dialect reads them.

use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt as _;

/// The name of a variable, or a pattern of names: `*` is any text, `?` any one byte.
///
/// The original knows no patterns: for it a `*` is part of the name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NamePattern(String);

impl NamePattern {
    /// A pattern as written.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it can match more than one name.
    #[must_use]
    pub fn is_glob(&self) -> bool {
        self.0.contains(['*', '?'])
    }

    /// Whether it matches the name.
    #[must_use]
    pub fn matches(&self, name: impl AsRef<OsStr>) -> bool {
        glob(self.0.as_bytes(), name.as_ref().as_bytes())
    }
}

/// Matches in linear space and at most quadratic time: only the last `*` is ever tried again.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut seen) = (0, 0);
    let mut last_star: Option<(usize, usize)> = None;
    while seen < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                last_star = Some((at, seen));
                at += 1;
            }
            Some(&wanted) if wanted == b'?' || wanted == text[seen] => {
                at += 1;
                seen += 1;
            }
            _ => match last_star {
                None => return false,
                Some((star, from)) => {
                    last_star = Some((star, from + 1));
                    at = star + 1;
                    seen = from + 1;
                }
            },
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

impl fmt::Display for NamePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for NamePattern {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_text_and_a_question_mark_one_byte() {
        let matches = |pattern: &str, name: &str| NamePattern::new(pattern).matches(name);
        assert!(matches("LMOD_*", "LMOD_CMD"));
        assert!(matches("*", ""));
        assert!(matches("_ModuleTable*", "_ModuleTable001_"));
        assert!(matches("BASH_FUNC_*%%", "BASH_FUNC_module%%"));
        assert!(matches("A?C", "ABC"));
        assert!(matches("*a*b", "xaybzab"));
        assert!(!matches("LMOD_*", "XLMOD_A"));
        assert!(!matches("A?", "A"));
        assert!(!matches("a", "ab"));
    }
}
