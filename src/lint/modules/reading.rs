//! How rules read modules.

use crate::diagnostic::KeyPath;
use crate::lint::View;
use crate::profile::section::{ArtifactKind, EnvSection, FilesystemSection, ModuleSection};
use crate::site::Site;

/// A module of a view.
pub(crate) struct Module<'a> {
    /// Its name.
    pub(crate) name: &'a str,
    /// Its table.
    pub(crate) table: &'a ModuleSection,
}

impl<'a> Module<'a> {
    /// The table's key.
    pub(crate) fn at(&self) -> KeyPath {
        KeyPath::from(["module", self.name])
    }

    /// Where the original copies it to in containers.
    pub(crate) fn directory(&self) -> String {
        format!("/opt/udiImage/modules/{}", self.name)
    }

    /// Whether something is copied or shown in its directory.
    pub(crate) fn has_files(&self) -> bool {
        self.table.copy_from.is_some() || self.table.version.values().any(|version| version.from.is_some())
    }

    /// Whether loading it changes nothing.
    pub(crate) fn does_nothing(&self) -> bool {
        let switches = ModuleSection {
            default: self.table.default,
            enabled: self.table.enabled,
            conflict: self.table.conflict.clone(),
            family: self.table.family.clone(),
            optional: self.table.optional,
            classes: self.table.classes.clone(),
            ..ModuleSection::default()
        };
        *self.table == switches
    }

    /// Whether it is loaded when the user names none.
    pub(crate) fn is_default(&self) -> bool {
        self.table.default == Some(true)
    }

    /// Whether the two are never loaded together.
    pub(crate) fn excludes(&self, other: &Module<'_>) -> bool {
        let family = self.table.family.as_ref();
        self.table.conflict.iter().any(|name| name == other.name)
            || other.table.conflict.iter().any(|name| name == self.name)
            || family.is_some_and(|family| other.table.family.as_ref() == Some(family))
    }

    /// Its file systems, and those of its versions, each list with its key.
    pub(crate) fn filesystems(&self) -> Vec<(KeyPath, &'a [FilesystemSection])> {
        let versions = self.table.version.iter().map(|(name, version)| {
            (self.at().key("version").key(name).key("filesystem"), version.filesystem.as_slice())
        });
        std::iter::once((self.at().key("filesystem"), self.table.filesystem.as_slice())).chain(versions).collect()
    }

    /// Its environment, and those of its versions, each with its key.
    pub(crate) fn environments(&self) -> Vec<(KeyPath, &'a EnvSection)> {
        let versions =
            self.table.version.iter().filter_map(|(name, version)| {
                Some((self.at().key("version").key(name).key("env"), version.env.as_ref()?))
            });
        let own = self.table.env.as_ref().map(|env| (self.at().key("env"), env));
        own.into_iter().chain(versions).collect()
    }
}

impl<'a> View<'a> {
    /// Whether the view shows all that containers on some nodes have: that of a class with containers, or the profile
    /// itself where it has no classes. What is missing can be told from such a view only.
    pub(crate) fn is_whole(&self) -> bool {
        match self.class {
            Some(_) => self.runs_containers(),
            None => self.describes_nodes() && self.profile.class.is_empty(),
        }
    }

    /// Whether containers run on the nodes of the view's class: it gets a udiRoot.conf.
    pub(crate) fn runs_containers(&self) -> bool {
        let gets_one = |class| Site::resolve(self.profile, Some(class)).is_ok_and(|s| s.renders(ArtifactKind::Udiroot));
        self.class.is_some_and(|class| *self.has_containers.get_or_init(|| gets_one(class)))
    }

    /// The modules that the nodes of the view have.
    pub(crate) fn modules(&self) -> Vec<Module<'a>> {
        let all = self.profile.module.iter().map(|(name, table)| Module { name, table });
        all.filter(|module| self.has_class(&module.table.classes)).collect()
    }
}
