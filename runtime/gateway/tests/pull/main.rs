//! Pulls as a whole, through the public interface: images are built here, byte by byte, and what
//! comes out is compared with what unpacking the same layers gives.

#![expect(clippy::unwrap_used, reason = "a test stops at its first surprise")]

mod archives;
mod builder;
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
mod stacks;
mod tree;
