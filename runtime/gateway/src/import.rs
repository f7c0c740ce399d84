//! Files that users bring as images: read as their user would, named by their content, copied as they are.
//!
//! The gateway reads files for somebody who may have fewer rights than it has. So a file is found below a directory that
//! the site allows, without following links, and what the user could not read is not read: [`source`]. What is copied is
//! then named by [`fasthash`] as 17.04 to 18.03 name it, and only published when the copy is what it is said to be:
//! [`copy`].

pub(crate) mod copy;
pub(crate) mod fasthash;
pub(crate) mod source;

use std::io;
use std::path::PathBuf;

use shifter_formats::meta::ImageFormat;

/// The formats that the runtime mounts from a file.
pub(crate) const FORMATS: [ImageFormat; 4] =
    [ImageFormat::Squashfs, ImageFormat::Ext4, ImageFormat::Xfs, ImageFormat::Erofs];

/// Why a file is not imported.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImportError {
    /// Not below a directory of `ImportDirectories`.
    #[error("`{0}` is not below a directory that images may be imported from")]
    Outside(PathBuf),
    /// A link on the way.
    #[error("`{0}` is a link: name the file itself")]
    Link(PathBuf),
    /// Neither its mode nor its owner let the user read it.
    #[error("you may not read `{0}`")]
    NotReadable(PathBuf),
    /// Rights that its mode does not tell.
    #[error(
        "`{0}` has an access control list, and its mode does not say what you may: be its owner, or take the list off"
    )]
    AccessList(PathBuf),
    /// No regular file.
    #[error("`{0}` is no regular file")]
    NoFile(PathBuf),
    /// It cannot be read.
    #[error("cannot read `{path}`: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It cannot be copied.
    #[error("cannot write an image into {path}: {source}")]
    Write {
        /// The image directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It begins otherwise than a file system of this format.
    #[error("the file is no image of format `{wanted}`{}", found.map(|found| format!(", but of format `{found}`")).unwrap_or_default())]
    Format {
        /// As it was asked for.
        wanted: ImageFormat,
        /// As its superblock says.
        found: Option<ImageFormat>,
    },
    /// Larger than images may be.
    #[error("the file has {bytes} bytes, images may have {limit}")]
    TooLarge {
        /// Its bytes.
        bytes: u64,
        /// `Limits.imageBytes`.
        limit: u64,
    },
    /// Somebody wrote into it.
    #[error("the file changed while it was copied")]
    Changed,
    /// The identity does not cover all bytes of a large file.
    #[error("another image has the same identity `{0}`: change a byte within the first MiB")]
    Collision(String),
    /// Nobody waits any more.
    #[error("the import was cancelled")]
    Cancelled,
}
