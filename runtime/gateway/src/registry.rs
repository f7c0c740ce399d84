//! Where images come from, and what a registry is believed.
//!
//! Nothing a registry says is taken on trust: documents and blobs are hashed and counted as they
//! come in, sizes are bounded before they are read, and a credential goes to the one origin it is
//! for. `origin` is the seam between kinds of places: a registry over HTTP (`client`,
//! `challenge`, `token`, `retry`, `download`), an OCI layout (`layout`) in a directory or an `archive`
//! (`folder`), and an archive of Docker's (`saved`).
//! `resolve` walks from a reference to one platform's `manifest` and [`image_config`];
//! `cache` keeps verified blobs by digest, and `turn` lets one pull at a time fetch each.

pub(crate) mod archive;
pub(crate) mod cache;
pub(crate) mod challenge;
pub(crate) mod client;
pub(crate) mod download;
pub mod error;
pub(crate) mod folder;
pub mod image_config;
pub(crate) mod layout;
pub(crate) mod manifest;
pub(crate) mod origin;
pub(crate) mod resolve;
pub(crate) mod retry;
pub(crate) mod saved;
pub(crate) mod titles;
pub(crate) mod token;
pub(crate) mod turn;

pub use error::RegistryError;
pub use image_config::ImageConfig;
pub use shifter_formats::image::{Platform, PlatformError};
