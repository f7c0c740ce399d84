//! The reference manual, made of the types that read a profile and of the rules that judge it.
//!
//! [`key`] lists the keys, [`entry`] says what is known of one, [`page`] puts them together. `docs/reference` holds the
//! pages; a test fails when they are stale.

pub mod entry;
pub mod key;
pub mod manager;
pub mod page;
