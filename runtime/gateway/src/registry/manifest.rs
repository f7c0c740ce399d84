//! Manifests and indexes, Docker's and OCI's, read strictly enough to have one meaning.

use serde::Deserialize;

use super::error::RegistryError;
use crate::reference::Digest;
use shifter_formats::image::Platform;

/// A document as it came, and the digest of exactly these bytes.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    pub bytes: Vec<u8>,
    pub digest: Digest,
    /// `Content-Type` without its parameters, or the media type of the descriptor that named it.
    pub media_type: Option<String>,
}

/// The documents an image can be described by, in the order of preference.
pub(crate) const ACCEPT: &str = concat!(
    "application/vnd.oci.image.index.v1+json, ",
    "application/vnd.docker.distribution.manifest.list.v2+json, ",
    "application/vnd.oci.image.manifest.v1+json, ",
    "application/vnd.docker.distribution.manifest.v2+json",
);

const INDEXES: [&str; 2] =
    ["application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json"];
const MANIFESTS: [&str; 2] =
    ["application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json"];
const CONFIGS: [&str; 2] =
    ["application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"];
const LAYERS: [&str; 5] = [
    "application/vnd.oci.image.layer.v1.tar",
    "application/vnd.oci.image.layer.v1.tar+gzip",
    "application/vnd.oci.image.layer.v1.tar+zstd",
    "application/vnd.docker.image.rootfs.diff.tar",
    "application/vnd.docker.image.rootfs.diff.tar.gzip",
];
/// Written by a few builders for zstd layers under Docker's type.
const LAYER_DOCKER_ZSTD: &str = "application/vnd.docker.image.rootfs.diff.tar.zstd";

/// What one document names: its bytes, their number, their kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Descriptor {
    pub media_type: String,
    pub digest: Digest,
    pub size: u64,
}

/// An index entry.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub descriptor: Descriptor,
    pub platform: Option<Platform>,
    /// `org.opencontainers.image.ref.name`.
    pub ref_name: Option<String>,
    /// `io.containerd.image.name`, as Docker names the images that it saves.
    pub full_name: Option<String>,
}

/// One platform's image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ImageManifest {
    pub config: Descriptor,
    /// Lowest first.
    pub layers: Vec<Descriptor>,
}

#[derive(Clone, Debug)]
pub(crate) enum Parsed {
    Index(Vec<Entry>),
    Image(ImageManifest),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawDescriptor {
    #[serde(default)]
    media_type: String,
    digest: String,
    size: u64,
    #[serde(default)]
    platform: Option<RawPlatform>,
    #[serde(default)]
    annotations: Option<std::collections::BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct RawPlatform {
    #[serde(default)]
    os: String,
    #[serde(default)]
    architecture: String,
    #[serde(default)]
    variant: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawDocument {
    schema_version: u64,
    media_type: Option<String>,
    manifests: Option<Vec<RawDescriptor>>,
    config: Option<RawDescriptor>,
    layers: Option<Vec<RawDescriptor>>,
    fs_layers: Option<serde_json::Value>,
}

impl Document {
    /// A document whose digest is computed from its bytes.
    pub(crate) fn new(bytes: Vec<u8>, media_type: Option<String>) -> Self {
        let digest = Digest::of(&bytes);
        Self { bytes, digest, media_type }
    }

    /// The index or manifest in the document.
    ///
    /// A document that could be read as either is refused (CVE-2021-41190).
    pub(crate) fn parse(&self) -> Result<Parsed, RegistryError> {
        let outer = self.media_type.as_deref().unwrap_or_default();
        if outer.starts_with("application/vnd.docker.distribution.manifest.v1+") {
            return Err(self.schema_1());
        }
        let raw: RawDocument = serde_json::from_slice(&self.bytes)
            .map_err(|error| self.unusable(format!("it is not a manifest: {error}")))?;
        if raw.schema_version == 1 || raw.fs_layers.is_some() {
            return Err(self.schema_1());
        }
        if raw.schema_version != 2 {
            return Err(self.unusable(format!("its schemaVersion is {}, only 2 is known", raw.schema_version)));
        }
        let inner = raw.media_type.as_deref().unwrap_or_default();
        let known = |name: &str| INDEXES.contains(&name) || MANIFESTS.contains(&name);
        if known(outer) && known(inner) && outer != inner {
            return Err(self.unusable(format!("it is sent as {outer} and calls itself {inner}")));
        }
        let named = if known(inner) { inner } else { outer };
        match (raw.manifests, raw.config, raw.layers) {
            (Some(entries), None, None) if !MANIFESTS.contains(&named) => {
                let entries = entries.into_iter().map(|raw| self.entry(raw));
                Ok(Parsed::Index(entries.collect::<Result<_, _>>()?))
            }
            (None, Some(config), Some(layers)) if !INDEXES.contains(&named) => {
                self.image(config, layers).map(Parsed::Image)
            }
            (None, None, _) | (None, _, None) => {
                Err(self.unusable("it has neither `manifests` nor `config` and `layers`"))
            }
            _ => Err(self.unusable("it is an index and an image at once")),
        }
    }

    fn image(&self, config: RawDescriptor, layers: Vec<RawDescriptor>) -> Result<ImageManifest, RegistryError> {
        let config = self.descriptor(config)?;
        if !CONFIGS.contains(&config.media_type.as_str()) {
            return Err(
                self.unusable(format!("it is no container image: its configuration is `{}`", config.media_type))
            );
        }
        let layers: Vec<Descriptor> = layers.into_iter().map(|raw| self.descriptor(raw)).collect::<Result<_, _>>()?;
        for layer in &layers {
            let name = layer.media_type.as_str();
            if name.contains("foreign") || name.contains("nondistributable") {
                return Err(self.unusable(format!("layer {} is not distributed by registries ({name})", layer.digest)));
            }
            if !LAYERS.contains(&name) && name != LAYER_DOCKER_ZSTD {
                return Err(self.unusable(format!("a layer has the unknown type `{name}`")));
            }
        }
        Ok(ImageManifest { config, layers })
    }

    fn entry(&self, raw: RawDescriptor) -> Result<Entry, RegistryError> {
        let platform = raw.platform.as_ref().map(|platform| Platform {
            os: platform.os.clone(),
            architecture: platform.architecture.clone(),
            variant: platform.variant.clone().filter(|text| !text.is_empty()),
        });
        let annotations = raw.annotations.as_ref();
        let annotation = |key: &str| annotations.and_then(|all| all.get(key)).cloned();
        Ok(Entry {
            ref_name: annotation("org.opencontainers.image.ref.name"),
            full_name: annotation("io.containerd.image.name"),
            // BuildKit's attestations stand in the index as images of an unknown platform.
            platform: match annotation("vnd.docker.reference.type") {
                Some(_) => {
                    Some(Platform { os: "unknown".to_owned(), architecture: "unknown".to_owned(), variant: None })
                }
                None => platform,
            },
            descriptor: self.descriptor(raw)?,
        })
    }

    fn descriptor(&self, raw: RawDescriptor) -> Result<Descriptor, RegistryError> {
        let digest = raw.digest.parse();
        Ok(Descriptor {
            digest: digest.map_err(|error: crate::reference::DigestError| self.unusable(error.to_string()))?,
            media_type: raw.media_type,
            size: raw.size,
        })
    }

    fn schema_1(&self) -> RegistryError {
        self.unusable(
            "it has Docker's schema 1, which names no content by digest; push the image again \
             with a current tool",
        )
    }

    pub(crate) fn unusable(&self, what: impl Into<String>) -> RegistryError {
        RegistryError::Manifest { digest: self.digest, what: what.into() }
    }
}

impl Entry {
    /// Whether no machine runs it: an attestation or another kind of artifact.
    pub(crate) fn is_no_image(&self) -> bool {
        let unknown = |platform: &Platform| platform.os == "unknown";
        self.platform.as_ref().is_some_and(unknown)
    }
}

#[cfg(test)]
mod tests;
