//! Whole starts: a setuid copy of `shifter`, called by an ordinary user, on a real kernel.
//!
//! Each test runs in a process and a mount namespace of its own (see [`world`]) and leaves nothing behind.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod image;
mod node;
mod world;

mod attacks;
mod bluewaters;
mod caches;
mod calls;
mod config;
mod deny;
mod etc;
mod gpu;
mod home;
mod hooks;
mod identity;
mod images;
mod launch;
mod loggers;
mod loops;
mod module_sets;
mod modules;
mod names;
mod privilege;
mod propagation;
mod records;
mod rootless;
mod rootless_alone;
mod rootless_files;
mod setup;
mod setup_ends;
mod setup_site;
mod setup_ssh;
mod shown;
mod site;
mod sources;
mod unfit;
mod used;
mod variables;
mod volumes;
mod words;
