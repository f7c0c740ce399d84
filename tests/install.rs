//! Installing: compared three ways, put in place whole, taken back, and killed at every step.

#![expect(clippy::unwrap_used, reason = "a helper of a test that cannot go on is a failed test")]

#[path = "install/support.rs"]
mod support;

#[path = "install/applying.rs"]
mod applying;
#[path = "install/command.rs"]
mod command;
#[path = "install/killed.rs"]
mod killed;
#[path = "install/observed.rs"]
mod observed;
#[path = "install/obstacles.rs"]
mod obstacles;
#[path = "install/profiles.rs"]
mod profiles;
#[path = "install/rolling.rs"]
mod rolling;
#[path = "install/three_way.rs"]
mod three_way;
