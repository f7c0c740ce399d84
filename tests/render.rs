//! What is rendered: compared byte for byte with reviewed files, with the published listings, with the parsers of
//! the programs that read it, and by running it.

#![expect(clippy::unwrap_used, reason = "a helper of a test that cannot go on is a failed test")]

#[path = "render/support.rs"]
mod support;

#[path = "render/coverage.rs"]
mod coverage;
#[path = "render/gather.rs"]
mod gather;
#[path = "render/golden.rs"]
mod golden;
#[path = "render/hooks.rs"]
mod hooks;
#[path = "render/init.rs"]
mod init;
#[path = "render/listings.rs"]
mod listings;
#[path = "render/parsers.rs"]
mod parsers;
#[path = "render/secrets.rs"]
mod secrets;
#[path = "render/shell.rs"]
mod shell;
#[path = "render/writing.rs"]
mod writing;
