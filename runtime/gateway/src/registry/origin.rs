//! The seam between kinds of places: documents and blobs, wherever they come from.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use super::archive::{Archive, SENT};
use super::cache::BlobCache;
use super::client::Client;
use super::download;
use super::error::RegistryError;
use super::layout::{Layout, Naming};
use super::manifest::{Descriptor, Document};
use super::saved::Saved;
use crate::pull::{PullRequest, Source};

/// An opened place.
#[derive(Clone)]
pub(crate) enum Origin {
    Registry(Client),
    Layout(Layout),
    Saved(Saved),
}

impl Origin {
    /// Opens the location of `request`. Nothing is asked of a registry yet.
    pub(crate) async fn open(request: &PullRequest) -> Result<Self, RegistryError> {
        match &request.location.source {
            Source::Registry(registry) => Ok(Self::Registry(Client::new(request, registry).await?)),
            Source::OciLayout(directory) => {
                let name = request.location.name.clone();
                let (directory, reference) = (directory.clone(), request.reference.clone());
                let open = move || Layout::open(&name, &directory, &reference);
                blocking(open).await.map(Self::Layout)
            }
            Source::Upload(path) => {
                let (path, request) = (path.clone(), request.clone());
                blocking(move || Self::in_upload(&path, &request)).await
            }
            Source::Archive(path) => {
                let (path, request) = (path.clone(), request.clone());
                blocking(move || Self::in_archive(&path, &request)).await
            }
        }
    }

    /// The image in an archive, or in the one of a directory that is called like the repository.
    fn in_archive(path: &Path, request: &PullRequest) -> Result<Self, RegistryError> {
        let repository = request.reference.repository();
        let own = path.join(format!("{repository}.tar"));
        let (path, is_the_repository) = match path.is_dir() {
            true => (own.as_path(), true),
            false => (path, path.file_stem().is_some_and(|stem| stem == repository)),
        };
        let naming = if is_the_repository { Naming::OfRepository } else { Naming::Whole };
        let archive = Arc::new(Archive::open(path, &request.directories.cache, &request.limits)?);
        match Layout::of_archive(&request.location.name, &archive, naming) {
            Some(layout) => Ok(Self::Layout(layout)),
            None => Saved::find(&archive, request).map(Self::Saved),
        }
    }

    /// The image in an archive that a user has sent.
    fn in_upload(path: &Path, request: &PullRequest) -> Result<Self, RegistryError> {
        let archive = Archive::open(path, &request.directories.cache, &request.limits)?.shown_as(SENT);
        let archive = Arc::new(archive);
        match Layout::of_archive(&request.location.name, &archive, Naming::Sent) {
            Some(layout) => Ok(Self::Layout(layout)),
            None => Saved::find(&archive, request).map(Self::Saved),
        }
    }

    /// The document the reference names.
    pub(crate) async fn named(&self, request: &PullRequest) -> Result<Document, RegistryError> {
        let limit = request.limits.manifest_bytes;
        match self {
            Self::Registry(client) => client.manifest(limit).await,
            Self::Layout(layout) => {
                let (layout, reference) = (layout.clone(), request.reference.clone());
                blocking(move || layout.find(&reference, limit)).await
            }
            Self::Saved(saved) => Ok(saved.manifest()),
        }
    }

    /// The manifest or index a descriptor names.
    pub(crate) async fn document(&self, descriptor: &Descriptor, limit: u64) -> Result<Document, RegistryError> {
        match self {
            Self::Registry(client) => client.manifest_by_digest(descriptor.digest, limit).await,
            Self::Layout(layout) => {
                let (layout, descriptor) = (layout.clone(), descriptor.clone());
                blocking(move || layout.document(&descriptor, limit)).await
            }
            // Its one document is the one it was found by.
            Self::Saved(saved) => Err(saved.manifest().unusable("it names no other")),
        }
    }

    /// Fetches a blob into the cache and opens it; `received` is told of the bytes that came.
    pub(crate) async fn fetch(
        &self,
        blob: &Descriptor,
        cache: &BlobCache,
        received: impl Fn(i64),
    ) -> Result<File, RegistryError> {
        match self {
            Self::Registry(client) => download::fetch(client, blob, cache, received).await,
            Self::Layout(layout) => {
                let (layout, cache, copied) = (layout.clone(), cache.clone(), blob.clone());
                let file = blocking(move || layout.copy(&copied, &cache)).await?;
                received(blob.size.cast_signed());
                Ok(file)
            }
            Self::Saved(saved) => {
                let (saved, cache, copied) = (saved.clone(), cache.clone(), blob.clone());
                let file = blocking(move || saved.copy(&copied, &cache)).await?;
                received(blob.size.cast_signed());
                Ok(file)
            }
        }
    }

    /// Whether the image was shown only to the user's credential.
    pub(crate) fn is_private(&self) -> bool {
        match self {
            Self::Registry(client) => client.has_used_credential(),
            Self::Layout(_) | Self::Saved(_) => false,
        }
    }
}

/// Runs plain code that reads files off the asynchronous threads.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // Only a runtime that is shutting down cancels blocking work.
            Err(_) => std::future::pending().await,
        },
    }
}
