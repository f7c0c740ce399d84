//! Volume maps: which directory appears where in the container.
//!
//! A map is `FROM[:TO[:FLAG...]]` entries joined by `;`. Sites write them in `siteFs`, users on the command
//! line. In a user's map FROM is a path *inside* the container, and TO is mandatory; in a site's map FROM is
//! a path of the host and TO defaults to it.
//!
//! [`VolumeMap::parse`] refuses what it does not understand. [`crate::original::parse_volumes`] reads as the
//! original did, which deleted characters and read on.

mod cache;
mod entry;
mod fault;
mod forbidden;
mod parse;

pub use cache::{CacheFilesystem, PerNodeCache};
pub use entry::{Propagation, VolumeEntry, VolumeMap};
pub use fault::{VolumeFault, VolumeFaultKind};
pub use forbidden::{ALLOWED_BELOW, FORBIDDEN_TARGETS, ForbiddenTarget, Reach, forbidden_target, is_within};

/// Whose map it is: that decides which flags and targets are allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Author {
    /// `siteFs`, globally or of a module.
    Site,
    /// `--volume`, `SHIFTER_VOLUME`.
    User,
}
