//! FS: file systems of the host in containers, and symlinks beside them.

pub(crate) mod host;
pub(crate) mod names;
pub(crate) mod options;
pub(crate) mod sources;
pub(crate) mod symlinks;
pub(crate) mod targets;
