//! From a reference to one platform's manifest.

use super::error::RegistryError;
use super::manifest::{Descriptor, Document, Entry, ImageManifest, Parsed};
use super::origin::Origin;
use crate::pull::PullRequest;
use crate::reference::Digest;
use shifter_formats::image::Platform;

/// How deep indexes may nest. One level is common, an index of indexes rare.
const DEPTH: usize = 3;

/// An image of one platform.
#[derive(Debug)]
pub(crate) struct Resolved {
    /// The digest of what the reference names.
    pub named: Digest,
    /// The digest of the platform manifest; its digits are the image's id.
    pub digest: Digest,
    /// The platform its index entry names; `None` where there was no index.
    pub platform: Option<Platform>,
    pub manifest: ImageManifest,
}

/// Finds the manifest of the request's platform.
pub(crate) async fn resolve(origin: &Origin, request: &PullRequest) -> Result<Resolved, RegistryError> {
    let mut document = origin.named(request).await?;
    let named = document.digest;
    let mut platform = None;
    for _ in 0..=DEPTH {
        match document.parse()? {
            Parsed::Image(manifest) => {
                check(&document, &manifest, request)?;
                return Ok(Resolved { named, digest: document.digest, platform, manifest });
            }
            Parsed::Index(entries) => {
                let entry = select(&entries, request)?;
                let limit = request.limits.manifest_bytes;
                document = origin.document(&entry.descriptor, limit).await?;
                platform.clone_from(&entry.platform);
            }
        }
    }
    Err(document.unusable(format!("indexes are nested more than {DEPTH} deep")))
}

fn check(document: &Document, manifest: &ImageManifest, request: &PullRequest) -> Result<(), RegistryError> {
    let limits = &request.limits;
    if manifest.layers.len() > limits.layers {
        return Err(RegistryError::TooManyLayers { layers: manifest.layers.len(), limit: limits.layers });
    }
    if manifest.layers.is_empty() {
        return Err(document.unusable("it has no layers"));
    }
    let too_large = |blob: &Descriptor, limit| RegistryError::TooLarge {
        what: format!("blob {}", blob.digest),
        bytes: blob.size,
        limit,
    };
    if manifest.config.size > limits.config_bytes {
        return Err(too_large(&manifest.config, limits.config_bytes));
    }
    let mut layers = manifest.layers.iter();
    match layers.find(|layer| layer.size > limits.layer_bytes) {
        Some(layer) => Err(too_large(layer, limits.layer_bytes)),
        None => Ok(()),
    }
}

/// The best entry for the platform: the highest variant that it runs, the first of equals.
///
/// Entries without a platform are indexes or images of unknown make; they are used only when they
/// are the single choice.
fn select<'a>(entries: &'a [Entry], request: &PullRequest) -> Result<&'a Entry, RegistryError> {
    let wanted = &request.platform;
    let images = || entries.iter().filter(|entry| !entry.is_no_image());
    let fitting = images().filter_map(|entry| {
        let platform = entry.platform.as_ref()?;
        let fits = platform.is_kind_of(wanted) && platform.level() <= wanted.level();
        fits.then_some((platform.level(), entry))
    });
    // `max_by_key` keeps the last of equals: turned round, the first wins.
    let best = fitting.collect::<Vec<_>>().into_iter().rev();
    if let Some((_, entry)) = best.max_by_key(|(level, _)| *level) {
        return Ok(entry);
    }
    let mut images = images();
    if let (Some(only), None) = (images.next(), images.next())
        && only.platform.is_none()
    {
        return Ok(only);
    }
    let offered: Vec<String> = entries
        .iter()
        .filter(|entry| !entry.is_no_image())
        .map(|entry| match &entry.platform {
            Some(platform) => platform.to_string(),
            None => "an unnamed platform".to_owned(),
        })
        .collect();
    Err(RegistryError::Platform {
        image: request.reference.to_string(),
        wanted: wanted.to_string(),
        offered: offered.join(", "),
    })
}
