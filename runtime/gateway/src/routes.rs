//! One file a route: resolve, authenticate, act, answer.

pub(crate) mod list;
pub(crate) mod lookup;
pub(crate) mod pull;
pub(crate) mod queue;
pub(crate) mod root;
mod target;
