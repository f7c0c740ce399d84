//! The sequence of a pull.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::sync::mpsc;

use super::error::PullError;
use super::product::{Product, Pulled};
use super::progress::{Phase, Progress};
use super::request::{Existing, PullRequest};
use crate::convert::Report;
use crate::convert::compressed::Cancel;
use crate::convert::run::{Converted, Job, Layer, convert};
use crate::registry::cache::BlobCache;
use crate::registry::error::RegistryError;
use crate::registry::image_config;
use crate::registry::manifest::Descriptor;
use crate::registry::origin::{Origin, blocking};
use crate::registry::resolve::{Resolved, resolve};
use crate::registry::{ImageConfig, Platform};

/// Pulls one image.
///
/// The future may be dropped at any moment: downloads end with it, a conversion notices soon, and
/// nothing but verified blobs in the cache is left behind.
///
/// # Errors
/// The image cannot be found, fetched, trusted or converted; the error names the cause.
pub async fn pull(request: PullRequest, progress: &dyn Progress) -> Result<Pulled, PullError> {
    progress.phase(Phase::Pulling);
    progress.detail("Getting manifest");
    let cache = {
        let directory = request.directories.cache.clone();
        blocking(move || BlobCache::open(&directory)).await?
    };
    let origin = Origin::open(&request).await?;
    let resolved = resolve(&origin, &request).await?;
    let (config, platform) = configuration(&origin, &cache, &request, &resolved).await?;
    let id = resolved.digest.hex();
    let target = request.directories.images.join(request.conversion.format.file_name(&id));
    let present = present(&target).await?;
    let mut pulled = Pulled {
        id,
        digest: resolved.named,
        platform,
        config,
        private: false,
        product: Product::Known(target),
        bytes: 0,
        known: true,
        report: Report::default(),
    };
    match present {
        Some(bytes) if request.existing == Existing::Reuse => pulled.bytes = bytes,
        _ => {
            let layers = fetch(&origin, &cache, &request, &resolved, progress).await?;
            let job = Job {
                id: pulled.id.clone(),
                layers,
                conversion: request.conversion.clone(),
                limits: request.limits.clone(),
                directory: request.directories.images.clone(),
            };
            let converted = converted(job, progress).await?;
            (pulled.product, pulled.bytes, pulled.report) = converted;
            pulled.known = false;
        }
    }
    pulled.private = origin.is_private();
    Ok(pulled)
}

/// The image's configuration, and the platform it is for, which must be the one asked for.
async fn configuration(
    origin: &Origin,
    cache: &BlobCache,
    request: &PullRequest,
    resolved: &Resolved,
) -> Result<(ImageConfig, Platform), PullError> {
    let blob = &resolved.manifest.config;
    let file = fetch_one(origin, cache, blob, |_| {}).await?;
    let bytes = blocking(move || {
        use std::io::Read as _;
        let mut bytes = Vec::new();
        let mut file = file;
        file.read_to_end(&mut bytes).map(|_| bytes)
    })
    .await
    .map_err(RegistryError::file(&request.directories.cache))?;
    let (config, stated) = image_config::parse(&bytes)?;
    let platform = match (&resolved.platform, stated) {
        (Some(chosen), _) => chosen.clone(),
        // An image without an index says in its configuration what it is for.
        (None, Some(stated)) if !stated.is_kind_of(&request.platform) => {
            return Err(PullError::Registry(RegistryError::Platform {
                image: request.reference.to_string(),
                wanted: request.platform.to_string(),
                offered: stated.to_string(),
            }));
        }
        (None, stated) => stated.unwrap_or_else(|| request.platform.clone()),
    };
    Ok((config, platform))
}

/// The bytes of the image, if the image directory holds it.
async fn present(target: &Path) -> Result<Option<u64>, PullError> {
    match tokio::fs::symlink_metadata(target).await {
        Ok(metadata) => Ok(Some(metadata.len())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(PullError::Directory { path: target.to_owned(), source }),
    }
}

/// All layers, each blob once, several at a time.
async fn fetch(
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
    let fetching = in_order.into_iter().enumerate().map(|(number, blob)| {
        let received = &received;
        async move {
            progress.detail(&format!("Pulling layer {} of {count}: {}", number + 1, blob.digest));
            let file = fetch_one(origin, cache, &blob, received).await?;
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
async fn fetch_one(
    origin: &Origin,
    cache: &BlobCache,
    blob: &Descriptor,
    received: impl Fn(i64),
) -> Result<File, RegistryError> {
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

/// Raises the flag when the pull is given up.
struct CancelOnDrop(Cancel);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.raise();
    }
}

/// The conversion, on a thread of its own; what it tells is passed on from here.
async fn converted(job: Job, progress: &dyn Progress) -> Result<Converted, PullError> {
    let cancel = Cancel::default();
    let guard = CancelOnDrop(cancel.clone());
    let (sender, mut notes) = mpsc::channel(16);
    let work = blocking(move || {
        convert(&job, &cancel, &|phase, done, total| {
            // A note that finds no room is made up for by the next one.
            let _ = sender.try_send((phase, done, total));
        })
    });
    tokio::pin!(work);
    let mut shown = None;
    let result = loop {
        tokio::select! {
            Some((phase, done, total)) = notes.recv() => {
                if shown != Some(phase) {
                    shown = Some(phase);
                    progress.phase(phase);
                    progress.detail(describe(phase));
                }
                progress.bytes(done, total);
            }
            result = &mut work => break result,
        }
    };
    drop(guard);
    Ok(result?)
}

fn describe(phase: Phase) -> &'static str {
    match phase {
        Phase::Pulling => "Pulling layers",
        Phase::Examination => "Examining image",
        Phase::Conversion => "Converting image",
        Phase::Transfer => "Transferring image",
    }
}
