//! HOOK: scripts that root runs.

pub(crate) mod flow;
pub(crate) mod form;
pub(crate) mod host;
pub(crate) mod language;
pub(crate) mod place;
pub(crate) mod quoting;
pub(crate) mod root;
pub(crate) mod waiting;
