//! Names of modules: in keys (`module_mpich@8.1.30_siteFs`) and in selections (`mpich/8.1.30`).

use std::fmt;

/// A module, or one version of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModuleName {
    /// The name: letters, digits and `. + -`.
    pub name: String,
    /// The version, where the lines are for one version only. Native.
    pub version: Option<String>,
}

/// A module as it is selected.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModuleChoice {
    /// The name.
    pub name: String,
    /// The version asked for; `None` is the default version. Native.
    pub version: Option<String>,
}

/// Why a text is no name of a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModuleNameFault {
    /// A name or version holds `_`, at which the original splits the key.
    Underscore,
    /// It is empty, longer than 64 bytes, or holds another character.
    Characters,
    /// `none` means that no module is loaded.
    None,
}

impl ModuleNameFault {
    pub(super) const fn help(self) -> &'static str {
        match self {
            Self::Underscore => "write `-` for `_`; the original takes the text before the first `_` for the name",
            Self::Characters => "names hold letters, digits and `. + -`, as in `mpich` or `mpich@8.1.30`",
            Self::None => "choose another name",
        }
    }
}

impl fmt::Display for ModuleNameFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Underscore => "the name of a module cannot hold `_`",
            Self::Characters => "no name of a module",
            Self::None => "`none` stands for no module",
        })
    }
}

impl std::error::Error for ModuleNameFault {}

fn check(text: &str) -> Result<String, ModuleNameFault> {
    if text.contains('_') {
        return Err(ModuleNameFault::Underscore);
    }
    let is_name = text.len() <= 64
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'+' | b'-'));
    if is_name { Ok(text.to_owned()) } else { Err(ModuleNameFault::Characters) }
}

fn check_both(text: &str, separator: char) -> Result<(String, Option<String>), ModuleNameFault> {
    match text.split_once(separator) {
        Some((name, version)) => Ok((check(name)?, Some(check(version)?))),
        None => Ok((check(text)?, None)),
    }
}

impl ModuleName {
    /// The module without a version.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), version: None }
    }

    /// Reads `mpich` or `mpich@8.1.30`, as in a key.
    ///
    /// # Errors
    /// Refuses `none` and whatever no key can hold.
    pub fn parse(text: &str) -> Result<Self, ModuleNameFault> {
        let (name, version) = check_both(text, '@')?;
        if name.eq_ignore_ascii_case("none") {
            return Err(ModuleNameFault::None);
        }
        Ok(Self { name, version })
    }
}

impl fmt::Display for ModuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        match &self.version {
            Some(version) => write!(f, "@{version}"),
            None => Ok(()),
        }
    }
}

impl ModuleChoice {
    /// The default version of a module.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), version: None }
    }

    /// Reads `mpich` or `mpich/8.1.30`.
    ///
    /// # Errors
    /// Refuses what cannot be the name of a module.
    pub fn parse(text: &str) -> Result<Self, ModuleNameFault> {
        let (name, version) = check_both(text, '/')?;
        Ok(Self { name, version })
    }

    /// Reads a selection such as `mpich/8.1.30,cvmfs`, as `--module` gives it. Blanks beside commas are refused.
    ///
    /// # Errors
    /// The first part that cannot be the name of a module, and why.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, (String, ModuleNameFault)> {
        text.split(',')
            .filter(|part| !part.is_empty())
            .map(|part| Self::parse(part).map_err(|fault| (part.to_owned(), fault)))
            .collect()
    }

    /// The original compares the text as it stands.
    pub(super) fn read_original(text: &str) -> Self {
        Self::new(text)
    }

    /// Whether this is `none`, which alone in a list means that no module is loaded.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.version.is_none() && self.name.eq_ignore_ascii_case("none")
    }
}

impl fmt::Display for ModuleChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        match &self.version {
            Some(version) => write!(f, "/{version}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_versions_hold_no_underscore() {
        assert_eq!(ModuleName::parse("mpich@8.1.30").unwrap().to_string(), "mpich@8.1.30");
        assert_eq!(ModuleName::parse("my_mpich"), Err(ModuleNameFault::Underscore));
        assert_eq!(ModuleName::parse("a b"), Err(ModuleNameFault::Characters));
        assert_eq!(ModuleName::parse(""), Err(ModuleNameFault::Characters));
        assert_eq!(ModuleName::parse("None"), Err(ModuleNameFault::None));
        assert_eq!(ModuleName::parse("mpich@"), Err(ModuleNameFault::Characters));
    }

    #[test]
    fn a_selection_keeps_its_order() {
        let list = ModuleChoice::parse_list("mpich/8.1.30,cvmfs").unwrap();
        assert_eq!(list[0].version.as_deref(), Some("8.1.30"));
        assert_eq!(list[1], ModuleChoice::new("cvmfs"));
        assert!(ModuleChoice::parse_list("n, m").is_err());
    }
}
