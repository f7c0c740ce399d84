//! MOD: modules, software that users add to a container.

pub(crate) mod copies;
pub(crate) mod defaults;
pub(crate) mod environment;
pub(crate) mod filesystems;
pub(crate) mod hooks;
pub(crate) mod host;
pub(crate) mod names;
pub(crate) mod reading;
pub(crate) mod versions;
