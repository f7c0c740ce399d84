//! REG: registries, and the proxies on the way to them.

pub(crate) mod host;
pub(crate) mod proxy;
pub(crate) mod registries;
