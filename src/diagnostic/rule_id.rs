//! The identity of a rule: code, name, severity, category.

use std::fmt;

/// Code, name and usual severity of a rule; the same in the registry and in every finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleId {
    /// Group and three digits, `SITE002`.
    pub code: &'static str,
    /// Kebab-case name of the bad pattern, `unknown-key`.
    pub name: &'static str,
    /// The severity unless a rule says otherwise for one finding.
    pub severity: Severity,
    /// What a violation harms.
    pub category: Category,
}

/// How bad a finding is. Ordered: `Info < Warn < Error`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Works, but not as well or not as meant.
    Warn,
    /// Does not work, or must not be installed.
    Error,
}

impl Severity {
    /// The word of options and machine formats: `error`, `warn` or `info`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What a violation harms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// Something does not work, or works on something else than meant.
    Correctness,
    /// Somebody gets rights that the site did not mean to give.
    Security,
    /// It works on one node and not on four thousand.
    Scale,
    /// It works with another version, system or tool than the site's.
    Compatibility,
    /// It works, and is harder to read or keep than it need be.
    Style,
}

impl Category {
    /// The word of options and machine formats.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Correctness => "correctness",
            Self::Security => "security",
            Self::Scale => "scale",
            Self::Compatibility => "compatibility",
            Self::Style => "style",
        }
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
