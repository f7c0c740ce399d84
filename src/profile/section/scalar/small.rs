//! Three small scalars: a glob, a percentage, a version.

use super::{Scalar, scalar};
use std::fmt;

/// A shell pattern over names or paths, with `*`, `?` and `[...]`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Glob(String);

impl Glob {
    /// The pattern as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Has it a wildcard at all?
    #[must_use]
    pub fn is_pattern(&self) -> bool {
        self.0.contains(['*', '?', '['])
    }
}

impl Scalar for Glob {
    const EXPECTING: &'static str = "a name or a pattern such as \"SLINGSHOT_*\" or \"/dev/cxi*\"";
    const EXAMPLES: &'static [&'static str] = &["LMOD_*", "/dev/cxi*"];

    fn read(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("the pattern is empty".to_owned());
        }
        if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(format!("`{text}` has white space"));
        }
        if text.matches('[').count() != text.matches(']').count() {
            return Err(format!("`{text}` has an unmatched bracket"));
        }
        Ok(Self(text.to_owned()))
    }
}

scalar!(Glob, "a name or shell pattern");

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A share of a whole: `"85%"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Percent(u8);

impl Percent {
    /// The number before the sign, 0 to 100.
    #[must_use]
    pub fn value(self) -> u8 {
        self.0
    }
}

impl Scalar for Percent {
    const EXPECTING: &'static str = "a percentage such as \"85%\"";
    const EXAMPLES: &'static [&'static str] = &["85%"];
    const PATTERN: Option<&'static str> = Some("^(100|[0-9]{1,2})%$");

    fn read(text: &str) -> Result<Self, String> {
        let number = text.strip_suffix('%').ok_or_else(|| format!("`{text}` lacks the sign %"))?;
        match number.parse::<u8>() {
            Ok(n) if n <= 100 && number.bytes().all(|b| b.is_ascii_digit()) => Ok(Self(n)),
            _ => Err(format!("`{text}` is not between 0% and 100%")),
        }
    }
}

scalar!(Percent, "a percentage from 0% to 100%");

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.0)
    }
}

/// A version of software or of a module: `"8.1.30"`. Compared number by number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version(String);

impl Version {
    /// The version as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key that versions are ordered by: runs of digits compare as numbers, the rest as text.
    #[must_use]
    pub fn order(&self) -> Vec<(u64, String)> {
        self.0
            .split(['.', '-', '_', '+'])
            .map(|part| {
                let end = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
                (part[..end].parse().unwrap_or(0), part[end..].to_owned())
            })
            .collect()
    }
}

impl Scalar for Version {
    const EXPECTING: &'static str = "a version in quotes, such as \"24.05\" or \"8.1.30\"";
    const EXAMPLES: &'static [&'static str] = &["24.05", "8.1.30"];
    const PATTERN: Option<&'static str> = Some("^[0-9A-Za-z][0-9A-Za-z.+_-]*$");

    fn read(text: &str) -> Result<Self, String> {
        let ok = text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '_' | '-'));
        if ok { Ok(Self(text.to_owned())) } else { Err(format!("`{text}` is not a version")) }
    }
}

scalar!(Version, "a version");

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_by_number() {
        let order = |text: &str| text.parse::<Version>().unwrap().order();
        assert!(order("8.1.9") < order("8.1.30"));
        assert!(order("5.14") < order("6.1"));
    }

    #[test]
    fn a_percentage_stays_within_the_whole() {
        assert_eq!("85%".parse::<Percent>().unwrap().value(), 85);
        for text in ["85", "101%", "-1%", "+5%", "%"] {
            assert!(text.parse::<Percent>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_glob_has_no_blank() {
        assert!("SLINGSHOT_*".parse::<Glob>().unwrap().is_pattern());
        assert!("a b".parse::<Glob>().is_err());
        assert!("[a".parse::<Glob>().is_err());
    }
}
