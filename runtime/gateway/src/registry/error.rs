//! Why an image could not be found or fetched.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::convert::error::LayerError;
use crate::reference::Digest;

/// A failure at an image's origin. No credential and no token is ever part of it.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The location has no such image, or hides it.
    #[error("{location} has no image {image}")]
    NotFound {
        /// The location's name.
        location: String,
        /// The image as asked for.
        image: String,
    },
    /// The location does not let this user have the image.
    #[error("{location} refuses {what}: {hint}")]
    Denied {
        /// The location's name.
        location: String,
        /// What was asked for.
        what: String,
        /// What the user can do.
        hint: &'static str,
    },
    /// The image exists, but not for this platform.
    #[error("{image} is not made for {wanted}, only for {offered}")]
    Platform {
        /// The image as asked for.
        image: String,
        /// The platform of the system.
        wanted: String,
        /// The platforms of the index.
        offered: String,
    },
    /// A document that is no image manifest.
    #[error("the manifest {digest} cannot be used: {what}")]
    Manifest {
        /// Its digest.
        digest: Digest,
        /// What is wrong with it.
        what: String,
    },
    /// An image configuration that cannot be read.
    #[error("the image configuration {digest} cannot be used: {what}")]
    Config {
        /// Its digest.
        digest: Digest,
        /// What is wrong with it.
        what: String,
    },
    /// Bytes that are not those asked for.
    #[error("{what} should be {expected}, but has the digest {found}")]
    Digest {
        /// The manifest or blob.
        what: &'static str,
        /// The digest asked for.
        expected: Digest,
        /// The digest of what came.
        found: Digest,
    },
    /// More or fewer bytes than announced.
    #[error("{what} has {found} bytes where {expected} were announced")]
    Size {
        /// The manifest or blob.
        what: String,
        /// Bytes announced.
        expected: u64,
        /// Bytes that came.
        found: u64,
    },
    /// Something larger than the limits allow.
    #[error("{what} has {bytes} bytes, the limit is {limit}")]
    TooLarge {
        /// The manifest or blob.
        what: String,
        /// Its bytes.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// More layers than the limits allow.
    #[error("the image has {layers} layers, the limit is {limit}")]
    TooManyLayers {
        /// Layers of the manifest.
        layers: usize,
        /// The limit.
        limit: usize,
    },
    /// An answer outside the protocol.
    #[error("{url} answered {status}{detail}")]
    Status {
        /// What was asked for, without its query.
        url: String,
        /// The HTTP status.
        status: u16,
        /// The registry's own words, if it had any.
        detail: String,
    },
    /// An answer that breaks the protocol.
    #[error("{url} cannot be used: {what}")]
    Protocol {
        /// What was asked for, without its query.
        url: String,
        /// What is wrong.
        what: String,
    },
    /// The registry cannot be reached, or stopped in the middle.
    #[error("cannot fetch {url}: {what}")]
    Transport {
        /// What was asked for, without its query.
        url: String,
        /// The causes, outermost first.
        what: String,
    },
    /// The registry asks for a longer pause than a pull may take.
    #[error("{url} asks to wait for {} s", wait.as_secs())]
    RateLimited {
        /// What was asked for, without its query.
        url: String,
        /// The pause it asks for.
        wait: Duration,
    },
    /// An address that plain HTTP would carry a credential to.
    #[error("the credential for {location} is not sent over plain http to {url}")]
    PlainCredential {
        /// The location's name.
        location: String,
        /// The address.
        url: String,
    },
    /// A location that is configured wrongly.
    #[error("location {location}: {what}")]
    Location {
        /// The location's name.
        location: String,
        /// What is wrong with it.
        what: String,
    },
    /// An archive that is none.
    #[error("{}: {source}", path.display())]
    Archive {
        /// The archive.
        path: PathBuf,
        /// What is wrong with it.
        source: LayerError,
    },
    /// A file of the cache or of a layout directory.
    #[error("cannot use {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl RegistryError {
    /// Whether another copy of the registry may do better.
    pub(crate) fn may_be_the_places_own(&self) -> bool {
        !matches!(self, Self::Platform { .. } | Self::File { .. } | Self::Config { .. } | Self::TooManyLayers { .. })
    }

    /// What is wrong with the registry itself, without a word about the image; `None` where it answered as one does.
    pub(crate) fn illness(&self) -> Option<String> {
        match self {
            Self::Transport { what, .. } => Some(what.clone()),
            Self::Status { status, .. } if *status >= 500 => Some(format!("it answers {status}")),
            Self::RateLimited { wait, .. } => Some(format!("it asks to wait for {} s", wait.as_secs())),
            Self::Protocol { .. } | Self::Digest { .. } | Self::Size { .. } => {
                Some("it breaks the protocol".to_owned())
            }
            _ => None,
        }
    }

    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}
