//! How rules read environments: the site's and those of modules, with key paths.

use crate::diagnostic::KeyPath;
use crate::lint::View;
use crate::profile::section::{EnvProxy, EnvSection, EnvValue};

/// A table that changes the environment.
pub(crate) struct Environment<'a> {
    /// Its key: `env`, `module.mpich.env`.
    pub(crate) at: KeyPath,
    /// The module it belongs to.
    pub(crate) module: Option<&'a str>,
    table: &'a EnvSection,
}

/// A search path that gets new elements.
pub(crate) struct List<'a> {
    /// Its key: `env.append.PATH`.
    pub(crate) at: KeyPath,
    /// The variable.
    pub(crate) name: &'a str,
    /// The elements with their keys.
    pub(crate) parts: Vec<(KeyPath, &'a str)>,
}

impl<'a> Environment<'a> {
    /// Every value that is set: key, name, text. A list is given joined, as the runtime writes it.
    pub(crate) fn set(&self) -> Vec<(KeyPath, &'a str, String)> {
        let at = self.at.clone().key("set");
        let given = self.table.set.iter();
        given.map(|(name, value)| (at.clone().key(name), name.as_str(), EnvValue::joined(value))).collect()
    }

    /// Every search path that gets elements, those of `prepend` first.
    pub(crate) fn lists(&self) -> Vec<List<'a>> {
        let tables = [("prepend", &self.table.prepend), ("append", &self.table.append)];
        let lists = tables.into_iter().flat_map(|(table, lists)| {
            let at = self.at.clone().key(table);
            lists.iter().map(move |(name, parts)| (at.clone().key(name), name, parts))
        });
        lists
            .map(|(at, name, parts)| {
                let parts = parts.iter().enumerate().map(|(n, part)| (at.clone().index(n), part.as_str())).collect();
                List { at, name, parts }
            })
            .collect()
    }

    /// Every value: those that are set, and each element of a list.
    pub(crate) fn values(&self) -> Vec<(KeyPath, &'a str, String)> {
        let mut values = self.set();
        for list in self.lists() {
            values.extend(list.parts.into_iter().map(|(at, part)| (at, list.name, part.to_owned())));
        }
        values
    }

    /// Every variable that gets a value, with its key.
    pub(crate) fn names(&self) -> Vec<(KeyPath, &'a str)> {
        let set = self.set().into_iter().map(|(at, name, _)| (at, name));
        set.chain(self.lists().into_iter().map(|list| (list.at, list.name))).collect()
    }

    /// The key that asks for the site's proxy, where it does.
    pub(crate) fn wants_proxy(&self) -> Option<KeyPath> {
        (self.table.proxy == Some(EnvProxy::Site)).then(|| self.at.clone().key("proxy"))
    }

    /// Every variable that is removed, with its key.
    pub(crate) fn unset(&self) -> Vec<(KeyPath, &'a str)> {
        let at = self.at.clone().key("unset");
        self.table.unset.iter().enumerate().map(|(n, name)| (at.clone().index(n), name.as_str())).collect()
    }
}

impl<'a> View<'a> {
    /// The site's environment, then those of the modules.
    pub(crate) fn environments(&self) -> Vec<Environment<'a>> {
        let site = self.profile.env.as_ref().map(|table| Environment { at: "env".into(), module: None, table });
        let modules = self.modules().into_iter().flat_map(|module| {
            let name = module.name;
            module.environments().into_iter().map(move |(at, table)| Environment { at, module: Some(name), table })
        });
        site.into_iter().chain(modules).collect()
    }
}
