//! The seam between kinds of places: documents and blobs, wherever they come from.

use std::fs::File;

use super::cache::BlobCache;
use super::client::Client;
use super::download;
use super::error::RegistryError;
use super::layout::Layout;
use super::manifest::{Descriptor, Document};
use crate::pull::{PullRequest, Source};

/// An opened place.
#[derive(Clone)]
pub(crate) enum Origin {
    Registry(Client),
    Layout(Layout),
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
        }
    }

    /// Whether the image was shown only to the user's credential.
    pub(crate) fn is_private(&self) -> bool {
        match self {
            Self::Registry(client) => client.has_used_credential(),
            Self::Layout(_) => false,
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
