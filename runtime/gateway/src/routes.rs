//! One file a route: resolve, authenticate, act, answer.

pub(crate) mod autoexpire;
mod body;
pub(crate) mod cancel;
pub(crate) mod doimport;
pub(crate) mod expire;
pub(crate) mod figures;
pub(crate) mod history;
pub(crate) mod inspect;
pub(crate) mod list;
pub(crate) mod load;
pub(crate) mod lookup;
pub(crate) mod metrics;
pub(crate) mod pin;
pub(crate) mod progress;
pub(crate) mod pull;
pub(crate) mod queue;
pub(crate) mod quota;
pub(crate) mod rm;
pub(crate) mod root;
pub(crate) mod status;
pub(crate) mod sweep;
mod target;
