//! `NAME=VALUE`.

use std::fmt;

/// One variable and its value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Assignment {
    /// The name: not empty, without `=`.
    pub name: String,
    /// The value. Neither dialect can write an empty one in `siteEnv`.
    pub value: String,
}

/// Why a text is no assignment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AssignmentFault {
    /// There is no `=`.
    NoEquals,
    /// Nothing stands before the `=`.
    NoName,
    /// Nothing stands after the `=`.
    NoValue,
}

impl fmt::Display for AssignmentFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoEquals => "a variable is written NAME=VALUE",
            Self::NoName => "the variable has no name",
            Self::NoValue => "the variable has no value",
        })
    }
}

impl std::error::Error for AssignmentFault {}

impl Assignment {
    /// `name=value`, unchecked.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into() }
    }

    /// Reads `NAME=VALUE`; the value begins after the first `=`.
    ///
    /// # Errors
    /// Refuses a missing `=`, name or value. The original ignored such entries of a site without a word,
    /// and refused those of a user.
    pub fn parse(text: &str) -> Result<Self, AssignmentFault> {
        let (name, value) = text.split_once('=').ok_or(AssignmentFault::NoEquals)?;
        if name.is_empty() {
            return Err(AssignmentFault::NoName);
        }
        if value.is_empty() {
            return Err(AssignmentFault::NoValue);
        }
        Ok(Self::new(name, value))
    }
}

impl fmt::Display for Assignment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.name, self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_begins_after_the_first_equals_sign() {
        assert_eq!(Assignment::parse("FOO=a=b="), Ok(Assignment::new("FOO", "a=b=")));
        assert_eq!(Assignment::parse("FOO"), Err(AssignmentFault::NoEquals));
        assert_eq!(Assignment::parse("=x"), Err(AssignmentFault::NoName));
        assert_eq!(Assignment::parse("FOO="), Err(AssignmentFault::NoValue));
    }
}
