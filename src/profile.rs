//! The profile: what an administrator writes.

pub mod section;

pub use section::Profile;
