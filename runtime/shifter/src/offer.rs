//! `--modules`: what a site offers to be loaded, read from its configuration as anybody can.

use shifter_formats::udiroot::{Conf, ModuleConf, ModuleName};

use crate::request::options::Form;

mod form;

/// One module, with all its versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it is, in one line.
    pub description: Option<&'a str>,
    /// The family of which at most one module is loaded.
    pub family: Option<&'a str>,
    /// Whether it is loaded for those who name none.
    pub is_default: bool,
    /// Whether it can be loaded.
    pub is_enabled: bool,
    /// Whether it leaves out what the node does not have.
    pub is_optional: bool,
    /// What is loaded before it.
    pub requires: Vec<&'a str>,
    /// What cannot be loaded with it, whichever of the two says so.
    pub conflicts: Vec<&'a str>,
    /// Its versions, in the order of the file.
    pub versions: Vec<Version<'a>>,
    /// Whether it can be named without a version.
    pub has_plain: bool,
    /// For the module without a version.
    pub deprecation: Deprecation<'a>,
}

/// One version of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version<'a> {
    /// The version.
    pub number: &'a str,
    /// Whether the bare name means it.
    pub is_default: bool,
    /// Whether it can be loaded.
    pub is_enabled: bool,
    /// What it is, beside what the module says.
    pub description: Option<&'a str>,
    /// What is loaded before it, beside what the module requires.
    pub requires: Vec<&'a str>,
    /// Whether it is on its way out.
    pub deprecation: Deprecation<'a>,
}

/// Whether something is on its way out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deprecation<'a> {
    /// The last day on which to load it.
    pub until: Option<&'a str>,
    /// What to load instead.
    pub replaced_by: Option<&'a str>,
}

/// What a configuration offers, as text.
#[must_use]
pub fn print(conf: &Conf, form: Form) -> String {
    let all = offered(conf);
    match form {
        Form::Table => form::table(&all),
        Form::Json => form::json(&all),
    }
}

/// The modules in the order of the file.
#[must_use]
pub fn offered(conf: &Conf) -> Vec<Offered<'_>> {
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in &conf.modules {
        if !names.contains(&name.name.as_str()) {
            names.push(&name.name);
        }
    }
    names.iter().map(|name| module(conf, name)).collect()
}

fn rows<'a>(conf: &'a Conf, name: &str) -> impl Iterator<Item = &'a (ModuleName, ModuleConf)> {
    conf.modules.iter().filter(move |(other, _)| other.name == name)
}

fn module<'a>(conf: &'a Conf, name: &'a str) -> Offered<'a> {
    let base = rows(conf, name).find(|(name, _)| name.version.is_none()).map(|(_, module)| module);
    let default = base.and_then(|module| module.version.as_deref());
    let is_enabled = base.and_then(|module| module.enabled) != Some(false);
    Offered {
        name,
        description: base.and_then(description),
        family: rows(conf, name).find_map(|(_, module)| module.family.as_deref()),
        is_default: conf.default_modules.iter().any(|choice| choice.name == name),
        is_enabled,
        is_optional: rows(conf, name).any(|(_, module)| module.optional == Some(true)),
        requires: base.map(|module| texts(&module.requires)).unwrap_or_default(),
        conflicts: conflicts(conf, name),
        versions: rows(conf, name)
            .filter_map(|(name, module)| {
                let number = name.version.as_deref()?;
                Some(Version {
                    number,
                    is_default: default == Some(number),
                    is_enabled: is_enabled && module.enabled != Some(false),
                    description: description(module),
                    requires: texts(&module.requires),
                    deprecation: deprecation(module),
                })
            })
            .collect(),
        has_plain: base.is_some(),
        deprecation: base.map(deprecation).unwrap_or_default(),
    }
}

fn conflicts<'a>(conf: &'a Conf, name: &str) -> Vec<&'a str> {
    let named = rows(conf, name).flat_map(|(_, module)| &module.conflict).map(String::as_str);
    let naming = conf.modules.iter().filter(|(_, module)| module.conflict.iter().any(|other| other == name));
    let mut all: Vec<&str> = named.chain(naming.map(|(other, _)| other.name.as_str())).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn description(module: &ModuleConf) -> Option<&str> {
    module.description.as_ref().map(|text| text.0.as_str())
}

fn deprecation(module: &ModuleConf) -> Deprecation<'_> {
    Deprecation { until: module.deprecated_until.as_deref(), replaced_by: module.replaced_by.as_deref() }
}

fn texts(list: &[String]) -> Vec<&str> {
    list.iter().map(String::as_str).collect()
}

#[cfg(test)]
mod tests;
