//! SEC: secrets, owners, and what root trusts.

pub(crate) mod files;
pub(crate) mod host;
pub(crate) mod references;
pub(crate) mod scripts;
pub(crate) mod secrets;
pub(crate) mod settings;
