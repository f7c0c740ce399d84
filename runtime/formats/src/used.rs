//! `<imagePath>/used/<id>`: when an image was last started from.
//!
//! The runtime touches the file as `imageOwner`, at most once per image, node and day, so its age is a lower bound that is
//! at most [`INTERVAL`] off: an image whose file is older than that has not been used since. The file is empty and its
//! modification time is all it says. Whoever removes an image removes its file here too; an image without one was never
//! started from, or lies where the runtime may not write.

use std::time::Duration;

/// The directory below `imagePath`: mode 0755, the owner of the images'.
pub const DIRECTORY: &str = "used";

/// A start within this time of the last one from the same node leaves the file as it is.
pub const INTERVAL: Duration = Duration::from_secs(24 * 60 * 60);
