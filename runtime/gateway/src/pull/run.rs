//! The sequence of a pull.

use std::path::Path;

use tokio::sync::mpsc;

use super::error::PullError;
use super::examine::examine;
use super::fetch;
use super::product::{Product, Pulled};
use super::progress::{Phase, Progress};
use super::request::{Existing, PullRequest};
use crate::convert::Report;
use crate::convert::background::in_background;
use crate::convert::compressed::Cancel;
use crate::convert::run::{Converted, Job, convert};
use crate::registry::cache::BlobCache;
use crate::registry::error::RegistryError;
use crate::registry::image_config;
use crate::registry::origin::{Origin, blocking};
use crate::registry::resolve::{Resolved, resolve};
use crate::registry::turn;
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
    let cache = {
        let directory = request.directories.cache.clone();
        blocking(move || BlobCache::open(&directory)).await?
    };
    let mut candidates = request.candidates().into_iter();
    let mut candidate = candidates.next().ok_or_else(|| nothing_to_ask(&request))?;
    loop {
        let error = match pull_from(&candidate, &cache, progress).await {
            Err(PullError::Registry(error)) if error.may_be_the_places_own() => error,
            result => return result,
        };
        let Some(next) = candidates.next() else {
            return Err(error.into());
        };
        tracing::warn!(location = request.location.name, image = %request.reference, %error, "asking elsewhere");
        candidate = next;
    }
}

fn nothing_to_ask(request: &PullRequest) -> PullError {
    PullError::Registry(RegistryError::Location {
        location: request.location.name.clone(),
        what: "it has no mirrors and may not be asked directly".to_owned(),
    })
}

/// Pulls from one place.
async fn pull_from(request: &PullRequest, cache: &BlobCache, progress: &dyn Progress) -> Result<Pulled, PullError> {
    progress.detail("Getting manifest");
    let origin = Origin::open(request).await?;
    let resolved = resolve(&origin, request).await?;
    let (config, platform) = configuration(&origin, cache, request, &resolved).await?;
    let id = resolved.digest.hex();
    let target = request.directories.images.join(request.conversion.format.file_name(&id));
    let turn = match turn::try_take(&target) {
        Some(turn) => turn,
        None => {
            progress.detail("Waiting for another pull of the same image");
            turn::take(&target).await
        }
    };
    let present = present(&target).await?;
    let reused = present.filter(|_| request.existing == Existing::Reuse);
    let known = reused.is_some();
    let (product, bytes, report) = match reused {
        Some(bytes) => (Product::known(target, turn), bytes, Report::default()),
        None => {
            let layers = fetch::layers(&origin, cache, request, &resolved, progress).await?;
            let job = Job {
                id: id.clone(),
                layers: layers.into(),
                conversion: request.conversion.clone(),
                limits: request.limits.clone(),
                directory: request.directories.images.clone(),
            };
            let said = match &request.examiner {
                Some(examiner) => Some(examine(examiner, &job, progress).await?),
                None => None,
            };
            let (made, bytes, mut report) = converted(job, progress).await?;
            report.examination = said;
            (Product::new(made, turn), bytes, report)
        }
    };
    let private = origin.is_private();
    Ok(Pulled { id, digest: resolved.named, platform, config, private, product, bytes, known, report })
}

/// The image's configuration, and the platform it is for, which must be the one asked for.
async fn configuration(
    origin: &Origin,
    cache: &BlobCache,
    request: &PullRequest,
    resolved: &Resolved,
) -> Result<(ImageConfig, Platform), PullError> {
    let blob = &resolved.manifest.config;
    let file = fetch::blob(origin, cache, blob, |_| {}).await?;
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
///
/// A symbolic link and an empty file are no image; the new one replaces them.
async fn present(target: &Path) -> Result<Option<u64>, PullError> {
    match tokio::fs::symlink_metadata(target).await {
        Ok(metadata) if metadata.is_symlink() || metadata.len() == 0 => Ok(None),
        Ok(metadata) => Ok(Some(metadata.len())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(PullError::Directory { path: target.to_owned(), source }),
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
pub(super) async fn converted(job: Job, progress: &dyn Progress) -> Result<Converted, PullError> {
    let cancel = Cancel::default();
    let guard = CancelOnDrop(cancel.clone());
    let (sender, mut notes) = mpsc::channel(16);
    let work = in_background(move || {
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
