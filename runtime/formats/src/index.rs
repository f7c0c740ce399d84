//! The image index: one small file for each name of an image.
//!
//! Below `imagePath` lies `index/` (mode 0700), with one file (mode 0600) for each system, type and tag, called
//! [`entry_name`]. So the runtime finds an image without asking anybody, and two names that differ never meet. Each image
//! also has an entry of type `id`, whose tag is its identity.
//!
//! An entry is written in one way only, and [`IndexEntry::parse`] accepts nothing else: what was read prints back to
//! the same bytes.

pub mod list;
mod parse;
mod print;

pub use parse::{IndexFault, IndexFaultKind, LONGEST};

use crate::acl::Access;
use crate::env::Assignment;
use crate::image::{ImageId, ImageType};
use crate::meta::{ImageFormat, Meta};
use crate::sha256;

/// The only version there is.
pub const VERSION: &str = "1";

/// One name of an image, and all that the runtime needs to know about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexEntry {
    /// The system the name belongs to.
    pub system: String,
    /// The type.
    pub kind: ImageType,
    /// The tag, such as `ubuntu:24.04`.
    pub tag: String,
    /// The image.
    pub id: ImageId,
    /// The file system of its file.
    pub format: ImageFormat,
    /// The digest of its manifest in the registry, as `sha256:...`.
    pub digest: String,
    /// What it runs on, as `linux/amd64`.
    pub platform: String,
    /// Who may use it.
    pub access: Access,
    /// Its variables, in order. Values may be empty and may hold line breaks.
    pub env: Vec<Assignment>,
    /// The entry point.
    pub entry: Option<Vec<String>>,
    /// The command, or the entry point's arguments.
    pub cmd: Option<Vec<String>>,
    /// The working directory.
    pub workdir: Option<String>,
    /// The user that the image asks for. The runtime never follows it.
    pub user: Option<String>,
}

impl IndexEntry {
    /// The name of the entry's file.
    #[must_use]
    pub fn file_name(&self) -> String {
        entry_name(&self.system, self.kind, &self.tag)
    }

    /// The same image under its identity.
    #[must_use]
    pub fn by_id(&self) -> Self {
        Self { kind: ImageType::Id, tag: self.id.to_string(), ..self.clone() }
    }

    /// What `.meta` says about the image.
    #[must_use]
    pub fn to_meta(&self) -> Meta {
        Meta {
            format: Some(self.format),
            entry: self.entry.clone(),
            cmd: self.cmd.clone(),
            workdir: self.workdir.clone(),
            access: self.access.clone(),
            env: self.env.clone(),
            volumes: Vec::new(),
        }
    }
}

/// The file name for a system, type and tag: the SHA-256 of the three with a NUL between, in 64 digits.
#[must_use]
pub fn entry_name(system: &str, kind: ImageType, tag: &str) -> String {
    sha256::hex_digest(format!("{system}\0{kind}\0{tag}").as_bytes())
}
