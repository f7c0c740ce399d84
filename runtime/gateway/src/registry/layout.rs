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
use super::titles;
use crate::reference::{Digest, Reference};

/// A layout that was found.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    location: String,
    folder: Folder,
    naming: Naming,
}

/// How images of a layout are found by their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Naming {
    /// By their whole names.
    Whole,
    /// The folder is the repository's own: a bare tag names an image of it too.
    OfRepository,
    /// A user has sent it: the only image is the one, whatever it is called.
    Sent,
}

impl Layout {
    /// The layout that holds the repository of `reference`.
    pub(crate) fn open(location: &str, directory: &Path, reference: &Reference) -> Result<Self, RegistryError> {
        let repository = reference.repository();
        let layout = |directory: &Path, naming| Self {
            location: location.to_owned(),
            folder: Folder::Directory(directory.to_owned()),
            naming,
        };
        let own = directory.join(repository);
        if is_layout(&own) {
            Ok(layout(&own, Naming::OfRepository))
        } else if is_layout(directory) {
            let is_the_repository = directory.file_name().is_some_and(|name| name == repository);
            Ok(layout(directory, if is_the_repository { Naming::OfRepository } else { Naming::Whole }))
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
    pub(crate) fn of_archive(location: &str, archive: &Arc<Archive>, naming: Naming) -> Option<Self> {
        let folder = Folder::Archive(Arc::clone(archive));
        folder.holds("oci-layout").then(|| Self { location: location.to_owned(), folder, naming })
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

    /// What the images are called.
    pub(crate) fn titles(&self, limit: u64) -> Result<Vec<String>, RegistryError> {
        match Document::new(self.folder.read("index.json", limit)?, None).parse()? {
            Parsed::Index(entries) => {
                let names = |entry: Entry| entry.full_name.or(entry.ref_name);
                Ok(entries.into_iter().filter_map(names).collect())
            }
            Parsed::Image(_) => Ok(Vec::new()),
        }
    }

    fn named<'a>(&self, entries: &'a [Entry], reference: &Reference) -> Option<&'a Entry> {
        let tag = reference.tag()?;
        let called = |is_it: &dyn Fn(&str) -> bool| {
            entries.iter().find(|entry| entry.ref_name.iter().chain(&entry.full_name).any(|name| is_it(name)))
        };
        let by_full_name = called(&|name| reference.is_called(name));
        let is_own = self.naming == Naming::OfRepository;
        let by_tag = || entries.iter().find(|entry| is_own && entry.ref_name.as_deref() == Some(tag));
        let by_name = by_full_name.or_else(by_tag);
        match (by_name, entries) {
            (None, [only]) if is_own && tag == "latest" => only.ref_name.is_none().then_some(only),
            (None, [only]) if self.naming == Naming::Sent => Some(only),
            (None, _) if self.naming == Naming::Sent => called(&|name| titles::is_short_for(reference, name)),
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
