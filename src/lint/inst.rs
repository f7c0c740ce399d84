//! INST: what is rendered, and what is installed.

pub(crate) mod artifacts;
pub(crate) mod outside;
