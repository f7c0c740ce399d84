//! From files to a profile, with the place of every value kept.

pub mod decode;
pub mod document;
pub mod item;
pub mod merge;
pub mod section;
pub mod source;

pub use section::Profile;
