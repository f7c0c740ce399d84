//! VER: what the installed software knows, and what it does not.

pub(crate) mod gateway;
pub(crate) mod host;
pub(crate) mod keys;
pub(crate) mod system;
