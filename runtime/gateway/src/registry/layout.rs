//! Images in OCI layout directories (OCI Image Specification 1.1, "Image Layout").
//!
//! The location's directory is itself a layout, or holds one layout for each repository. Within a
//! layout an image is found by `org.opencontainers.image.ref.name`, which tools write as
//! `repository:tag` or, where the directory stands for the repository, as the tag alone.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::cache::BlobCache;
use super::error::RegistryError;
use super::manifest::{Descriptor, Document, Entry, Parsed};
use crate::reference::{Digest, Reference};

/// A layout that was found.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    location: String,
    directory: PathBuf,
    /// Whether the directory is the repository's own, so that a bare tag names an image of it.
    is_the_repository: bool,
}

impl Layout {
    /// The layout that holds the repository of `reference`.
    pub(crate) fn open(location: &str, directory: &Path, reference: &Reference) -> Result<Self, RegistryError> {
        let repository = reference.repository();
        let layout = |directory: PathBuf, is_the_repository| Self {
            location: location.to_owned(),
            directory,
            is_the_repository,
        };
        let own = directory.join(repository);
        if is_layout(&own) {
            Ok(layout(own, true))
        } else if is_layout(directory) {
            let is_the_repository = directory.file_name().is_some_and(|name| name == repository);
            Ok(layout(directory.to_owned(), is_the_repository))
        } else if directory.is_dir() {
            Err(not_found(location, reference))
        } else {
            Err(RegistryError::Location {
                location: location.to_owned(),
                what: format!("{} is not a directory", directory.display()),
            })
        }
    }

    /// The document that `reference` names in `index.json`.
    pub(crate) fn find(&self, reference: &Reference, limit: u64) -> Result<Document, RegistryError> {
        let bytes = self.read("index.json", limit)?;
        let Parsed::Index(entries) = Document::new(bytes, None).parse()? else {
            return Err(RegistryError::Location {
                location: self.location.clone(),
                what: format!("{}/index.json is not an index", self.directory.display()),
            });
        };
        let entry = match reference.digest() {
            Some(digest) => entries.iter().find(|e| e.descriptor.digest == digest),
            None => self.named(&entries, reference),
        };
        match (entry, reference.digest()) {
            (Some(entry), _) => self.document(&entry.descriptor, limit),
            // A digest may name a document that only another index mentions.
            (None, Some(digest)) if self.blob_path(digest).is_file() => {
                let bytes = self.read(&blob_name(digest), limit)?;
                verified(Document::new(bytes, None), digest)
            }
            (None, _) => Err(not_found(&self.location, reference)),
        }
    }

    fn named<'a>(&self, entries: &'a [Entry], reference: &Reference) -> Option<&'a Entry> {
        let tag = reference.tag()?;
        let full = format!("{}:{tag}", reference.repository());
        let mut names = vec![full.as_str()];
        if self.is_the_repository {
            names.push(tag);
        }
        if tag == "latest" {
            names.push(reference.repository());
        }
        let by_name = names.into_iter().find_map(|name| {
            let mut found = entries.iter();
            found.find(|entry| entry.ref_name.as_deref() == Some(name))
        });
        match (by_name, entries) {
            (None, [only]) if self.is_the_repository && tag == "latest" => only.ref_name.is_none().then_some(only),
            (found, _) => found,
        }
    }

    /// The document a descriptor names.
    pub(crate) fn document(&self, descriptor: &Descriptor, limit: u64) -> Result<Document, RegistryError> {
        let bytes = self.read(&blob_name(descriptor.digest), limit)?;
        let media_type = Some(descriptor.media_type.clone()).filter(|name| !name.is_empty());
        verified(Document::new(bytes, media_type), descriptor.digest)
    }

    /// Copies a blob into the cache. The layout is not the gateway's and may change under it.
    pub(crate) fn copy(&self, blob: &Descriptor, cache: &BlobCache) -> Result<File, RegistryError> {
        let path = self.blob_path(blob.digest);
        let fail = || RegistryError::file(&path);
        let mut source = File::open(&path).map_err(fail())?;
        let mut incoming = cache.receive(blob.clone())?;
        let mut buffer = vec![0; 1 << 18];
        loop {
            match source.read(&mut buffer).map_err(fail())? {
                0 => return incoming.finish(),
                count => incoming.write(&buffer[..count])?,
            }
        }
    }

    fn blob_path(&self, digest: Digest) -> PathBuf {
        self.directory.join(blob_name(digest))
    }

    fn read(&self, name: &str, limit: u64) -> Result<Vec<u8>, RegistryError> {
        let path = self.directory.join(name);
        let read = || -> io::Result<Vec<u8>> {
            let mut bytes = Vec::new();
            File::open(&path)?.take(limit + 1).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        let bytes = read().map_err(RegistryError::file(&path))?;
        if bytes.len() as u64 > limit {
            return Err(RegistryError::TooLarge { what: path.display().to_string(), bytes: bytes.len() as u64, limit });
        }
        Ok(bytes)
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
