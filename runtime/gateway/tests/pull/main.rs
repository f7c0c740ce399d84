//! Pulls as a whole, through the public interface: images are built here, byte by byte, and what
//! comes out is compared with what unpacking the same layers gives.

#![expect(clippy::unwrap_used, reason = "a test stops at its first surprise")]

mod archives;
mod builder;
#[path = "../support/daemon.rs"]
#[expect(dead_code, reason = "tests of the whole service use the rest")]
mod daemon;
mod examiner;
mod formats;
mod hostile;
mod layout;
mod merge;
mod model;
mod puller;
mod registry;
mod report;
mod server;
mod session;
mod siege;
mod stacks;
mod tree;
#[path = "../support/wire.rs"]
#[expect(dead_code, reason = "tests of the whole service use the rest")]
mod wire;
