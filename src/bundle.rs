//! What a supporter needs to see of a node, in one archive, without a secret.
//!
//! [`gather`] reads configuration, manifest, generations, versions and the last log lines below a root; what holds a secret
//! is covered ([`redact`]) and everything is looked through for the node's own secrets once more ([`own`]). [`pack`] makes
//! the archive: the same entries give the same bytes.

mod gather;
mod own;
mod pack;
mod records;
mod redact;

pub use gather::{Request, gather};
pub use pack::pack;

/// A file of the archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its path in the archive.
    pub name: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

impl Entry {
    fn new(name: &str, bytes: impl Into<Vec<u8>>) -> Self {
        Self { name: name.to_owned(), bytes: bytes.into() }
    }
}
