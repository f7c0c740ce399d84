//! `shifterimg` against the real gateway, and against a listener that shows what is sent.

#![expect(clippy::unwrap_used, reason = "a test stops at its first surprise")]

mod answers;
#[path = "../../../gateway/tests/support/daemon.rs"]
mod daemon;
mod import;
#[path = "../../../gateway/tests/support/layout.rs"]
mod layout;
mod life;
mod load;
mod login;
#[path = "../../../munge/tests/support/munged.rs"]
mod munged;
mod personal;
mod pulling;
mod run;
mod wire;
