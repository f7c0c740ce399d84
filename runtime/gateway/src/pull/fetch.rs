//! The blobs of an image, into the cache.

use std::collections::BTreeMap;
use std::fs::File;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use shifter_gateway_types::rest::LayerProgress;

use super::error::PullError;
use super::progress::Progress;
use super::request::PullRequest;
use crate::convert::run::Layer;
use crate::registry::cache::BlobCache;
use crate::registry::error::RegistryError;
use crate::registry::manifest::Descriptor;
use crate::registry::origin::{Origin, blocking};
use crate::registry::resolve::Resolved;
use crate::registry::turn;

/// All layers, each blob once, several at a time.
pub(super) async fn layers(
    origin: &Origin,
    cache: &BlobCache,
    request: &PullRequest,
    resolved: &Resolved,
    progress: &dyn Progress,
) -> Result<Vec<Layer>, PullError> {
    let layers = &resolved.manifest.layers;
    let blobs: BTreeMap<_, _> = layers.iter().map(|blob| (blob.digest, blob)).collect();
    let total = blobs.values().map(|blob| blob.size).sum();
    let count = blobs.len();
    let done = AtomicU64::new(0);
    let received = |bytes: i64| {
        let before = done.fetch_add(bytes.cast_unsigned(), Ordering::Relaxed);
        progress.bytes(before.wrapping_add(bytes.cast_unsigned()), Some(total));
    };
    progress.bytes(0, Some(total));
    // In the image's order, so that a person watching sees the layers go by.
    let mut in_order: Vec<Descriptor> = Vec::new();
    for blob in layers {
        if !in_order.iter().any(|seen| seen.digest == blob.digest) {
            in_order.push(blob.clone());
        }
    }
    let shown =
        in_order.iter().map(|blob| LayerProgress { digest: blob.digest.to_string(), bytes: blob.size, done: 0 });
    progress.layers(&shown.collect::<Vec<_>>());
    let fetching = in_order.into_iter().enumerate().map(|(number, blob)| {
        let received = &received;
        async move {
            progress.detail(&format!("Pulling layer {} of {count}: {}", number + 1, blob.digest));
            let here = AtomicU64::new(0);
            let received = |bytes: i64| {
                received(bytes);
                let before = here.fetch_add(bytes.cast_unsigned(), Ordering::Relaxed);
                progress.layer(number, before.wrapping_add(bytes.cast_unsigned()));
            };
            let file = self::blob(origin, cache, &blob, received).await?;
            Ok::<_, RegistryError>((blob.digest, file))
        }
    });
    let downloads = request.limits.downloads.max(1);
    let fetched = stream::iter(fetching).buffer_unordered(downloads);
    let files: BTreeMap<_, File> = fetched.try_collect().await?;
    let opened = layers.iter().map(|blob| {
        let file = files[&blob.digest].try_clone();
        let file = file.map_err(RegistryError::file(&request.directories.cache))?;
        Ok(Layer { digest: blob.digest.to_string(), file, compressed: blob.size })
    });
    opened.collect()
}

/// A blob from the cache, or from its origin through the cache.
pub(super) async fn blob(
    origin: &Origin,
    cache: &BlobCache,
    blob: &Descriptor,
    received: impl Fn(i64),
) -> Result<File, RegistryError> {
    let _turn = turn::take(&cache.path(blob.digest)).await;
    let found = {
        let (cache, blob) = (cache.clone(), blob.clone());
        blocking(move || cache.find(&blob)).await?
    };
    match found {
        Some(file) => {
            received(blob.size.cast_signed());
            Ok(file)
        }
        None => origin.fetch(blob, cache, received).await,
    }
}
