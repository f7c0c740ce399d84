//! The daemon, asked by Debian's OpenSSH client.

#![expect(clippy::unwrap_used, reason = "a test ends where its helpers fail")]

#[path = "openssh/files.rs"]
mod files;
#[path = "support/job.rs"]
mod job;
#[path = "openssh/life.rs"]
mod life;
#[path = "openssh/ports.rs"]
mod ports;
#[path = "openssh/refused.rs"]
mod refused;
#[path = "openssh/sessions.rs"]
mod sessions;
#[path = "openssh/terminal.rs"]
mod terminal;
