//! GW: the image gateway.

pub(crate) mod access;
pub(crate) mod database;
pub(crate) mod directories;
pub(crate) mod endpoints;
pub(crate) mod host;
pub(crate) mod imports;
pub(crate) mod scale;
pub(crate) mod scripts;
pub(crate) mod service;
