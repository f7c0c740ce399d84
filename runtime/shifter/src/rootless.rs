//! A start without the set-id bit: what takes the place of root's part.
//!
//! The plan and its steps are the same. The rights to mount are those of a user namespace of the caller's own
//! ([`namespace`]), an image file is served by squashfuse_ll instead of the kernel ([`image_file`]), and where no
//! `udiRoot.conf` is installed there is a built-in one ([`configuration`]). Nothing here is ever done by a set-id start,
//! so nothing is gained by any of it: each name leads where it leads for the caller.

mod configuration;
mod image_file;
mod namespace;

pub use configuration::{PlaceError, built_in};
pub use image_file::{ImageFileError, serve};
pub use namespace::{NamespaceError, enter};

/// What a container of a start without privilege lacks, one line each.
pub const LOSSES: [&str; 7] = [
    "files of other users and of groups that are not your first one are shown as nobody's",
    "your further groups still open files, and no program can name or set them (setgroups is denied)",
    "no perNodeCache, and no script of the site that needs root",
    "the site's deny file and the records of the node do not hold or know this start",
    "an image file is served by squashfuse_ll and not by the kernel: slower, and for each start anew",
    "in a directory of an image file no place is made for a volume: it must be there, or outside of them",
    "a container of setupRoot is not joined",
];
