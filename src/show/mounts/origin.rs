//! Which line of the profile made a place of a container.

use crate::diagnostic::KeyPath;
use crate::profile::Loaded;
use crate::profile::section::{FilesystemSection, scalar::AbsPath};
use crate::site::Site;

/// The profile as the class sees it.
pub(super) struct Origins<'a> {
    loaded: &'a Loaded,
    site: &'a Site,
}

impl<'a> Origins<'a> {
    pub(super) fn new(loaded: &'a Loaded, site: &'a Site) -> Self {
        Self { loaded, site }
    }

    /// The line of the first of these keys that somebody wrote.
    pub(super) fn of(&self, keys: &[&str]) -> Option<String> {
        keys.iter().find_map(|key| self.at(&KeyPath::from(*key)))
    }

    fn at(&self, path: &KeyPath) -> Option<String> {
        crate::show::origin_of(self.loaded, path)
    }

    pub(super) fn of_link(&self, link: &str) -> Option<String> {
        let of_class = |n: &usize| self.applies(&self.loaded.profile.symlink[*n].classes);
        let is_it =
            |n: &usize| self.loaded.profile.symlink[*n].link.as_ref().map(AbsPath::normal).as_deref() == Some(link);
        let n = (0..self.loaded.profile.symlink.len()).filter(is_it).find(of_class)?;
        self.at(&KeyPath::from("symlink").index(n))
    }

    /// The entry of a list at `table` that has this target.
    pub(super) fn of_filesystem(&self, table: &str, target: &str) -> Option<String> {
        self.entry(&KeyPath::from(table), &self.loaded.profile.filesystem, target)
    }

    fn entry(&self, table: &KeyPath, list: &[FilesystemSection], target: &str) -> Option<String> {
        let place = |entry: &FilesystemSection| entry.target.as_ref().or(entry.source.as_ref()).map(AbsPath::normal);
        let mut found = list.iter().enumerate().filter(|(_, entry)| self.applies(&entry.classes));
        let (n, _) = found.find(|(_, entry)| place(entry).as_deref() == Some(target))?;
        self.at(&table.clone().index(n))
    }

    /// The entry of a module's file systems, or the directory of its version.
    pub(super) fn of_module_mount(&self, name: &str, version: Option<&str>, target: &str) -> Option<String> {
        let own = KeyPath::from(["module", name]);
        let module = self.loaded.profile.module.get(name);
        let of_version = version.and_then(|number| {
            let at = own.clone().key("version").key(number);
            let written = module?.version.get(number)?;
            let from = written.from.as_ref().map(AbsPath::normal);
            let entry = self.entry(&at.clone().key("filesystem"), &written.filesystem, target);
            entry.or_else(|| self.at(&at.key("from")).filter(|_| from.as_deref() == Some(target)))
        });
        of_version
            .or_else(|| self.entry(&own.key("filesystem"), &module?.filesystem, target))
            .or_else(|| self.of_module(name))
    }

    /// The table of a module, of the fabric or of an accelerator.
    pub(super) fn of_module(&self, name: &str) -> Option<String> {
        let own = self.at(&KeyPath::from(["module", name]));
        let gpu = self.loaded.profile.gpu.as_ref().map(|gpu| gpu.vendors()).unwrap_or_default();
        let vendor = gpu
            .into_iter()
            .find(|(vendor, table)| table.module.as_deref().unwrap_or(vendor) == name && self.applies(&table.classes));
        own.or_else(|| self.at(&"fabric".into()).filter(|_| name == "fabric"))
            .or_else(|| self.at(&KeyPath::from(["gpu", vendor?.0])))
    }

    fn applies(&self, classes: &[String]) -> bool {
        let own = self.site.class.as_ref();
        classes.is_empty() || own.is_some_and(|own| classes.iter().any(|class| own.is_a.contains(class)))
    }
}
