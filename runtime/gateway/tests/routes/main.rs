//! The routes through the true router, with a registry of the test's own.

#![expect(clippy::unwrap_used, reason = "a test stops at its first surprise")]

mod fake;
mod list;
mod lookup;
#[path = "../../../munge/tests/support/munged.rs"]
mod munged;
mod other;
mod pull;
mod queue;
mod site;
