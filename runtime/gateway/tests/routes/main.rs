//! The routes through the true router, with a registry of the test's own.

#![expect(clippy::unwrap_used, reason = "a test stops at its first surprise")]

mod cancel;
mod clock;
mod doimport;
mod expire;
mod fake;
mod inspect;
mod list;
mod load;
mod lookup;
mod metrics;
#[path = "../../../munge/tests/support/munged.rs"]
mod munged;
mod other;
mod pin;
mod progress;
mod pull;
mod queue;
mod quota;
mod rm;
mod scale;
mod site;
mod status;
mod sweep;
