//! Images in OCI layouts (OCI Image Specification 1.1, "Image Layout"): directories, or archives of them.
//!
//! The location's directory is itself a layout, or holds one layout for each repository. Within a
//! layout an image is found by `org.opencontainers.image.ref.name`, which tools write as
//! `repository:tag` or, where the directory stands for the repository, as the tag alone; Docker
//! writes the whole name as `io.containerd.image.name`.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use super::archive::Archive;
use super::cache::BlobCache;
use super::error::RegistryError;
use super::folder::Folder;
use super::manifest::{Descriptor, Document, Entry, Parsed};
use crate::reference::{Digest, Reference};

/// A layout that was found.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    location: String,
    folder: Folder,
    /// Whether the folder is the repository's own, so that a bare tag names an image of it.
    is_the_repository: bool,
}

impl Layout {
    /// The layout that holds the repository of `reference`.
    pub(crate) fn open(location: &str, directory: &Path, reference: &Reference) -> Result<Self, RegistryError> {
        let repository = reference.repository();
        let layout = |directory: &Path, is_the_repository| Self {
            location: location.to_owned(),
            folder: Folder::Directory(directory.to_owned()),
            is_the_repository,
        };
        let own = directory.join(repository);
        if is_layout(&own) {
            Ok(layout(&own, true))
        } else if is_layout(directory) {
            let is_the_repository = directory.file_name().is_some_and(|name| name == repository);
            Ok(layout(directory, is_the_repository))
        } else if directory.is_dir() {
            Err(not_found(location, reference))
        } else {
            Err(RegistryError::Location {
                location: location.to_owned(),
                what: format!("{} is not a directory", directory.display()),
            })
        }
    }

    /// The layout that an archive is of, if it is of one.
    pub(crate) fn of_archive(location: &str, archive: &Arc<Archive>, is_the_repository: bool) -> Option<Self> {
        let folder = Folder::Archive(Arc::clone(archive));
        folder.holds("oci-layout").then(|| Self { location: location.to_owned(), folder, is_the_repository })
    }

    /// The document that `reference` names in `index.json`.
    pub(crate) fn find(&self, reference: &Reference, limit: u64) -> Result<Document, RegistryError> {
        let bytes = self.folder.read("index.json", limit)?;
        let Parsed::Index(entries) = Document::new(bytes, None).parse()? else {
            return Err(RegistryError::Location {
                location: self.location.clone(),
                what: format!("{} is not an index", self.folder.describe("index.json").display()),
            });
        };
        let entry = match reference.digest() {
            Some(digest) => entries.iter().find(|e| e.descriptor.digest == digest),
            None => self.named(&entries, reference),
        };
        match (entry, reference.digest()) {
            (Some(entry), _) => self.document(&entry.descriptor, limit),
            // A digest may name a document that only another index mentions.
            (None, Some(digest)) if self.folder.holds(&blob_name(digest)) => {
                let bytes = self.folder.read(&blob_name(digest), limit)?;
                verified(Document::new(bytes, None), digest)
            }
            (None, _) => Err(not_found(&self.location, reference)),
        }
    }

    fn named<'a>(&self, entries: &'a [Entry], reference: &Reference) -> Option<&'a Entry> {
        let tag = reference.tag()?;
        let by_full_name = entries.iter().find(|entry| {
            let mut names = entry.ref_name.iter().chain(&entry.full_name);
            names.any(|name| reference.is_called(name))
        });
        let by_tag = || entries.iter().find(|entry| self.is_the_repository && entry.ref_name.as_deref() == Some(tag));
        let by_name = by_full_name.or_else(by_tag);
        match (by_name, entries) {
            (None, [only]) if self.is_the_repository && tag == "latest" => only.ref_name.is_none().then_some(only),
            (found, _) => found,
        }
    }

    /// The document a descriptor names.
    pub(crate) fn document(&self, descriptor: &Descriptor, limit: u64) -> Result<Document, RegistryError> {
        let bytes = self.folder.read(&blob_name(descriptor.digest), limit)?;
        let media_type = Some(descriptor.media_type.clone()).filter(|name| !name.is_empty());
        verified(Document::new(bytes, media_type), descriptor.digest)
    }

    /// Copies a blob into the cache.
    pub(crate) fn copy(&self, blob: &Descriptor, cache: &BlobCache) -> Result<File, RegistryError> {
        let name = blob_name(blob.digest);
        cache.copy(self.folder.open(&name)?, &self.folder.describe(&name), blob)
    }
}

fn is_layout(directory: &Path) -> bool {
    directory.join("oci-layout").is_file()
}

fn blob_name(digest: Digest) -> String {
    format!("blobs/sha256/{}", digest.hex())
}

fn verified(document: Document, expected: Digest) -> Result<Document, RegistryError> {
    if document.digest == expected {
        return Ok(document);
    }
    Err(RegistryError::Digest { what: "a manifest", expected, found: document.digest })
}

fn not_found(location: &str, reference: &Reference) -> RegistryError {
    RegistryError::NotFound { location: location.to_owned(), image: reference.to_string() }
}
