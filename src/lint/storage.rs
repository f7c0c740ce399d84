//! What `[storage]` tells, found by path.

use crate::diagnostic::KeyPath;
use crate::lint::View;
use crate::lint::mounts::Mount;
use crate::lint::paths::{is_or_lies_in, same};
use crate::profile::section::StorageSection;

/// An entry of `[storage]`.
#[derive(Clone, Copy)]
pub(crate) struct Storage<'a> {
    /// The mount point.
    pub(crate) place: &'a str,
    /// What is told of it.
    pub(crate) facts: &'a StorageSection,
}

impl Storage<'_> {
    /// The entry's key.
    pub(crate) fn at(&self) -> KeyPath {
        KeyPath::from(["storage", self.place])
    }

    /// Whether users can make files there.
    pub(crate) fn users_write(&self) -> bool {
        self.facts.users_write == Some(true)
    }

    /// Whether an automounter mounts it or what is below.
    fn is_automounted(&self) -> bool {
        self.facts.automount == Some(true) || self.facts.r#type.as_deref() == Some("autofs")
    }
}

impl<'a> View<'a> {
    /// The file systems that `[storage]` tells of and the view's nodes have.
    pub(crate) fn storage(&self) -> Vec<Storage<'a>> {
        let all = self.profile.storage.iter().map(|(place, facts)| Storage { place, facts });
        all.filter(|storage| self.has_class(&storage.facts.classes)).collect()
    }

    /// The innermost entry that holds `path`.
    pub(crate) fn storage_of(&self, path: &str) -> Option<Storage<'a>> {
        let holds = |storage: &Storage<'_>| is_or_lies_in(path, storage.place);
        self.storage().into_iter().filter(holds).max_by_key(|storage| storage.place.len())
    }

    /// Where users can write, so that root must not trust what lies there: the entry of `[storage]` that says so,
    /// or one of the directories that are world-writable everywhere (FHS 3.18, 5.15).
    pub(crate) fn users_write_to(&self, path: &str) -> Option<String> {
        let told = self.storage_of(path).filter(Storage::users_write).map(|storage| storage.place);
        let known = crate::lint::paths::holder(path, &["/tmp", "/var/tmp", "/dev/shm"]);
        told.or(known).map(str::to_owned)
    }

    /// Whether an automounter serves the source.
    pub(crate) fn is_automounted(&self, mount: &Mount<'_>) -> bool {
        self.storage().iter().any(|storage| same(storage.place, mount.source) && storage.is_automounted())
    }

    /// The image directory and what is told of its file system.
    pub(crate) fn images_storage(&self) -> Option<(&'a str, Storage<'a>)> {
        let images = self.images().path.as_ref()?.as_str();
        Some((images, self.storage_of(images)?))
    }
}
