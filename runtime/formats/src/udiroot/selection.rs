//! Which modules a selection loads, and in which order.

use std::fmt;

use super::{ModuleChoice, ModuleConf, ModuleName};

/// A module that is loaded: the lines without a version first, then those of the chosen version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded<'a> {
    /// Its name.
    pub name: &'a str,
    /// The chosen version.
    pub version: Option<&'a str>,
    /// What it brings, in order.
    pub parts: Vec<&'a ModuleConf>,
}

impl Loaded<'_> {
    fn family(&self) -> Option<&str> {
        self.parts.iter().rev().find_map(|part| part.family.as_deref())
    }

    fn conflicts_with(&self, name: &str) -> bool {
        self.parts.iter().any(|part| part.conflict.iter().any(|other| other == name))
    }
}

/// `mpich/8.1.30`, or the name alone.
impl fmt::Display for Loaded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        self.version.map_or(Ok(()), |version| write!(f, "/{version}"))
    }
}

/// Why a selection cannot be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SelectionError {
    /// No module has this name.
    Unknown(String),
    /// The module has no such version.
    UnknownVersion(String),
    /// The module has versions only, and the selection names none.
    NoDefaultVersion(String),
    /// The module is switched off.
    Disabled(String),
    /// Two modules exclude each other.
    Conflict(String, String),
    /// Two modules are of one family.
    SameFamily {
        /// The family.
        family: String,
        /// The module loaded first.
        first: String,
        /// The other.
        second: String,
    },
    /// The module requires itself, over others or directly.
    Circle(String),
}

impl fmt::Display for SelectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => write!(f, "no module is called `{name}`"),
            Self::UnknownVersion(name) => write!(f, "there is no `{name}`"),
            Self::NoDefaultVersion(name) => {
                write!(f, "module `{name}` has no default version; write `{name}/VERSION`")
            }
            Self::Disabled(name) => write!(f, "module `{name}` is not enabled"),
            Self::Conflict(first, second) => {
                write!(f, "modules `{first}` and `{second}` exclude each other")
            }
            Self::SameFamily { family, first, second } => {
                write!(f, "modules `{first}` and `{second}` are both of the family `{family}`")
            }
            Self::Circle(name) => write!(f, "module `{name}` requires itself"),
        }
    }
}

impl std::error::Error for SelectionError {}

/// The modules that a selection loads, in order: what a module requires comes before it.
///
/// An empty selection, and `none` alone, load nothing. A module that is named twice is loaded once.
///
/// # Errors
/// Refuses a selection that cannot be loaded whole.
pub fn select<'a>(
    modules: &'a [(ModuleName, ModuleConf)],
    choices: &[ModuleChoice],
) -> Result<Vec<Loaded<'a>>, SelectionError> {
    let mut loading = Loading { modules, loaded: Vec::new(), open: Vec::new() };
    if !matches!(choices, [only] if only.is_none()) {
        for choice in choices {
            loading.load(choice)?;
        }
    }
    Ok(loading.loaded)
}

struct Loading<'a> {
    modules: &'a [(ModuleName, ModuleConf)],
    loaded: Vec<Loaded<'a>>,
    /// Modules whose requirements are being loaded.
    open: Vec<&'a str>,
}

impl<'a> Loading<'a> {
    fn load(&mut self, choice: &ModuleChoice) -> Result<(), SelectionError> {
        let module = self.find(choice)?;
        if let Some(known) = self.loaded.iter().find(|known| known.name == module.name) {
            return if choice.version.is_none() || known.version == module.version {
                Ok(())
            } else {
                Err(conflict(known, &module))
            };
        }
        if module.parts.iter().any(|part| part.enabled == Some(false)) {
            return Err(SelectionError::Disabled(module.name.to_owned()));
        }
        if self.open.contains(&module.name) {
            return Err(SelectionError::Circle(module.name.to_owned()));
        }
        self.open.push(module.name);
        let parts = module.parts.clone();
        for required in parts.iter().flat_map(|part| &part.requires) {
            let required = ModuleChoice::parse(required).map_err(|_| SelectionError::Unknown(required.clone()))?;
            self.load(&required)?;
        }
        self.open.pop();
        self.check_against_loaded(&module)?;
        self.loaded.push(module);
        Ok(())
    }

    fn check_against_loaded(&self, module: &Loaded<'a>) -> Result<(), SelectionError> {
        for known in &self.loaded {
            if known.conflicts_with(module.name) || module.conflicts_with(known.name) {
                return Err(conflict(known, module));
            }
            if let Some(family) = module.family()
                && known.family() == Some(family)
            {
                return Err(SelectionError::SameFamily {
                    family: family.to_owned(),
                    first: known.name.to_owned(),
                    second: module.name.to_owned(),
                });
            }
        }
        Ok(())
    }

    fn find(&self, choice: &ModuleChoice) -> Result<Loaded<'a>, SelectionError> {
        let rows = || self.modules.iter().filter(|(name, _)| name.name == choice.name);
        let base = rows().find(|(name, _)| name.version.is_none());
        let Some((first, _)) = rows().next() else {
            return Err(SelectionError::Unknown(choice.name.clone()));
        };
        let default = base.and_then(|(_, module)| module.version.as_deref());
        let wanted = choice.version.as_deref().or(default);
        let mut parts: Vec<&ModuleConf> = base.map(|(_, module)| module).into_iter().collect();
        let mut version = None;
        match wanted {
            None if base.is_none() => {
                return Err(SelectionError::NoDefaultVersion(choice.name.clone()));
            }
            None => {}
            Some(wanted) => {
                let Some((name, module)) = rows().find(|(name, _)| name.version.as_deref() == Some(wanted)) else {
                    let name = format!("{}/{wanted}", choice.name);
                    return Err(SelectionError::UnknownVersion(name));
                };
                version = name.version.as_deref();
                parts.push(module);
            }
        }
        Ok(Loaded { name: &first.name, version, parts })
    }
}

fn conflict(known: &Loaded<'_>, module: &Loaded<'_>) -> SelectionError {
    SelectionError::Conflict(known.to_string(), module.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::Conf;
    use super::*;

    const SITE: &str = "system=s\nudiMount=/u\nloopMount=/l\nimagePath=/i\npopulateEtcDynamically=1\n";

    fn names(lines: &str, choices: &str) -> Result<Vec<String>, SelectionError> {
        let conf = Conf::parse_native(format!("{SITE}{lines}")).unwrap();
        let choices = ModuleChoice::parse_list(choices).unwrap();
        let loaded = select(&conf.modules, &choices)?;
        Ok(loaded.iter().map(|module| format!("{}/{}", module.name, module.version.unwrap_or("-"))).collect())
    }

    const VERSIONS: &str = "module_mpich_family=mpi\nmodule_mpich_version=8.1.30\n\
        module_mpich@8.1.30_requires=fabric\nmodule_mpich@8.1.28_copyPath=/m\n\
        module_fabric_siteEnv=A=1\nmodule_openmpi_family=mpi\n";

    #[test]
    fn requirements_come_first_and_once() {
        assert_eq!(names(VERSIONS, "mpich,fabric").unwrap(), ["fabric/-", "mpich/8.1.30"]);
        assert_eq!(names(VERSIONS, "mpich/8.1.28").unwrap(), ["mpich/8.1.28"]);
        assert_eq!(names(VERSIONS, "none").unwrap(), [""; 0]);
        assert_eq!(names(VERSIONS, "").unwrap(), [""; 0]);
    }

    #[test]
    fn one_family_and_one_version_at_a_time() {
        assert!(matches!(names(VERSIONS, "mpich,openmpi"), Err(SelectionError::SameFamily { .. })));
        assert!(matches!(names(VERSIONS, "mpich,mpich/8.1.28"), Err(SelectionError::Conflict(..))));
        assert_eq!(names(VERSIONS, "mpich/9"), Err(SelectionError::UnknownVersion("mpich/9".into())));
    }

    #[test]
    fn conflicts_hold_both_ways_and_circles_are_refused() {
        let lines =
            "module_a_conflict=b\nmodule_b_enabled=1\nmodule_c_requires=d\nmodule_d_requires=c\nmodule_e_enabled=0\n";
        assert!(matches!(names(lines, "a,b"), Err(SelectionError::Conflict(..))));
        assert!(matches!(names(lines, "b,a"), Err(SelectionError::Conflict(..))));
        assert!(matches!(names(lines, "c"), Err(SelectionError::Circle(..))));
        assert!(matches!(names(lines, "e"), Err(SelectionError::Disabled(..))));
        assert!(matches!(names(lines, "f"), Err(SelectionError::Unknown(..))));
    }
}
