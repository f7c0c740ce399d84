//! `imagemanager.json` and the bodies of the gateway's REST interface.
//!
//! Two boundaries, one type each. [`ImageManager`] is the configuration file:
//! the toolkit renders it, the gateway reads it, and both refuse the same
//! mistakes because it is the same code. [`rest`] holds what travels between
//! `shifterimg` and the gateway, in the field order and spelling that clients
//! of Shifter 16.08 to 18.03 parse.
//!
//! The crate touches no file and no socket: it reads and writes text.

pub mod config;
pub mod pretty;
pub mod rest;

pub use config::{ConfigError, ImageManager, Location, Platform};
