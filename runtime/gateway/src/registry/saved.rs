//! Images in Docker's own archives, as `docker save` and `skopeo copy … docker-archive:` write them.
//!
//! `manifest.json` lists the images of the archive: the configuration's member, those of the layers, lowest first, and
//! the names (Docker Image Specification 1.2, "Combined Image JSON + Filesystem Changeset Format"). No manifest with
//! digests is in it, so one is made, always the same for the same archive: schema 2, with the layers as they lie there.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::archive::{Archive, Section};
use super::cache::{BlobCache, digest_of};
use super::error::RegistryError;
use super::manifest::{Descriptor, Document};
use super::titles;
use crate::convert::compressed;
use crate::pull::{PullRequest, Source};
use crate::reference::Digest;

const LIST: &str = "manifest.json";
const MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const CONFIG: &str = "application/vnd.docker.container.image.v1+json";
const LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar";

/// One image of an archive.
#[derive(Clone, Debug)]
pub(crate) struct Saved {
    path: PathBuf,
    manifest: Document,
    blobs: BTreeMap<Digest, Section>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    config: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    layers: Vec<String>,
}

/// The part of a configuration that tells the digests of uncompressed layers.
#[derive(Deserialize)]
struct Configuration {
    rootfs: RootFs,
}

#[derive(Deserialize)]
struct RootFs {
    diff_ids: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    schema_version: u32,
    media_type: &'static str,
    config: Blob,
    layers: Vec<Blob>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Blob {
    media_type: &'static str,
    size: u64,
    digest: String,
}

impl Saved {
    /// The image of the archive that `request` names; of an archive with a single image, without a name, that one.
    ///
    /// # Errors
    /// The archive does not have it, or is not whole.
    pub(crate) fn find(archive: &Arc<Archive>, request: &PullRequest) -> Result<Self, RegistryError> {
        let limits = &request.limits;
        let unusable = |what: String| RegistryError::Location {
            location: request.location.name.clone(),
            what: format!("{}: {what}", archive.path().display()),
        };
        let member = |name: &str| archive.member(name).ok_or_else(|| unusable(format!("it has no member `{name}`")));
        let read = |name: &str, limit: u64| {
            let section = member(name)?;
            if section.size() > limit {
                let what = format!("`{name}` of {}", archive.path().display());
                return Err(RegistryError::TooLarge { what, bytes: section.size(), limit });
            }
            whole(section).map_err(RegistryError::file(archive.path()))
        };
        let list: Vec<Listed> = serde_json::from_slice(&read(LIST, limits.manifest_bytes)?)
            .map_err(|error| unusable(format!("`{LIST}` is no list of images: {error}")))?;
        let image = chosen(&list, request)?;
        let config = read(&image.config, limits.config_bytes)?;
        let stated: Configuration = serde_json::from_slice(&config)
            .map_err(|error| unusable(format!("`{}` is no image configuration: {error}", image.config)))?;
        let diff_ids = stated.rootfs.diff_ids;
        if diff_ids.len() != image.layers.len() {
            let (layers, stated) = (image.layers.len(), diff_ids.len());
            return Err(unusable(format!("it has {layers} layers, and its configuration speaks of {stated}")));
        }
        let mut blobs = BTreeMap::from([(Digest::of(&config), member(&image.config)?)]);
        let mut layers = Vec::new();
        for (name, diff_id) in image.layers.iter().zip(&diff_ids) {
            let layer = member(name)?;
            let size = layer.size();
            let digest = if is_compressed(&layer).map_err(RegistryError::file(archive.path()))? {
                digest_of(&mut layer.clone()).map_err(RegistryError::file(archive.path()))?
            } else {
                diff_id.parse().map_err(|error| unusable(format!("`{}`: {error}", image.config)))?
            };
            blobs.insert(digest, layer);
            layers.push(Blob { media_type: LAYER, size, digest: digest.to_string() });
        }
        let config = Blob { media_type: CONFIG, size: config.len() as u64, digest: Digest::of(&config).to_string() };
        let manifest = Manifest { schema_version: 2, media_type: MANIFEST, config, layers };
        let bytes = serde_json::to_vec(&manifest).expect("strings and numbers");
        let manifest = Document::new(bytes, Some(MANIFEST.to_owned()));
        Ok(Self { path: archive.path().to_owned(), manifest, blobs })
    }

    /// What the images of an archive are called.
    pub(crate) fn titles(archive: &Archive, limit: u64) -> Option<Vec<String>> {
        let list = archive.member(LIST).filter(|section| section.size() <= limit)?;
        let list: Vec<Listed> = serde_json::from_slice(&whole(list).ok()?).ok()?;
        Some(list.into_iter().flat_map(|image| image.repo_tags.unwrap_or_default()).collect())
    }

    /// The manifest that was made.
    pub(crate) fn manifest(&self) -> Document {
        self.manifest.clone()
    }

    /// Copies a blob into the cache, where it is checked.
    ///
    /// # Errors
    /// It is not of this image, or not what the configuration says.
    pub(crate) fn copy(&self, blob: &Descriptor, cache: &BlobCache) -> Result<File, RegistryError> {
        let section = self.blobs.get(&blob.digest).cloned();
        let section = section.ok_or_else(|| self.manifest.unusable(format!("it has no blob {}", blob.digest)))?;
        cache.copy(section, &self.path, blob)
    }
}

fn chosen<'a>(list: &'a [Listed], request: &PullRequest) -> Result<&'a Listed, RegistryError> {
    let reference = &request.reference;
    let names = |image: &'a Listed| image.repo_tags.iter().flatten();
    if let Some(found) = list.iter().find(|image| names(image).any(|name| reference.is_called(name))) {
        return Ok(found);
    }
    let is_sent = matches!(request.location.source, Source::Upload(_));
    let by_short = || list.iter().find(|image| names(image).any(|name| titles::is_short_for(reference, name)));
    if let Some(found) = is_sent.then(by_short).flatten() {
        return Ok(found);
    }
    match list {
        [only] if is_sent => Ok(only),
        [only] if names(only).next().is_none() && reference.tag() == Some("latest") => Ok(only),
        _ => Err(RegistryError::NotFound { location: request.location.name.clone(), image: reference.to_string() }),
    }
}

fn is_compressed(layer: &Section) -> std::io::Result<bool> {
    let mut start = Vec::new();
    layer.clone().take(4).read_to_end(&mut start)?;
    Ok(compressed::is_compressed(&start))
}

fn whole(mut section: Section) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    section.read_to_end(&mut bytes)?;
    Ok(bytes)
}
