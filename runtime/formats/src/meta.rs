//! `<id>.meta`: what the gateway tells root about an image, in the original's form.
//!
//! The file says `KEY: value` in lines. It cannot hold a value with a line break, so [`Meta::print`] leaves such a
//! value out and says which; the image index ([`crate::index`]) carries everything.
//!
//! | key | meaning |
//! |---|---|
//! | `FORMAT` | the file system: squashfs, or what older gateways made |
//! | `ENTRY`, `CMD` | the image's entry point and command: lists as Python prints them, or JSON arrays |
//! | `WORKDIR` | the image's working directory |
//! | `USERACL`, `GROUPACL` | who may use the image; without both, everybody |
//! | `ENV` | `NAME=VALUE`, once for each variable |
//! | `VOLUME` | a mount point of the image; read, and used by nobody |

mod native;
mod original;
mod print;

pub use native::{MetaFault, MetaFaultKind};
pub use original::{MetaRefusal, OriginalMeta};
pub use print::{Omitted, PrintedMeta};

use std::fmt;

use crate::acl::Access;
use crate::env::Assignment;

/// What is known about an image.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Meta {
    /// The file system of the image's file. `None` where no known one is named.
    pub format: Option<ImageFormat>,
    /// The entry point.
    pub entry: Option<Vec<String>>,
    /// The command, or the entry point's arguments.
    pub cmd: Option<Vec<String>>,
    /// The working directory.
    pub workdir: Option<String>,
    /// Who may use it.
    pub access: Access,
    /// Its variables, in order. Values may be empty.
    pub env: Vec<Assignment>,
    /// Its mount points.
    pub volumes: Vec<String>,
}

/// The file systems that an image may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ImageFormat {
    /// A directory.
    Vfs,
    /// ext4; the original's runtime no longer mounts it.
    Ext4,
    /// squashfs, the usual one.
    Squashfs,
    /// cramfs; the original's runtime no longer mounts it.
    Cramfs,
    /// XFS.
    Xfs,
    /// erofs. Native.
    Erofs,
}

impl ImageFormat {
    /// Every format.
    pub const ALL: [Self; 6] = [Self::Vfs, Self::Ext4, Self::Squashfs, Self::Cramfs, Self::Xfs, Self::Erofs];

    /// As it is written, with letter case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Vfs => "VFS",
            Self::Ext4 => "ext4",
            Self::Squashfs => "squashfs",
            Self::Cramfs => "cramfs",
            Self::Xfs => "xfs",
            Self::Erofs => "erofs",
        }
    }

    /// What follows the dot in the file's name. A directory has an empty one, and the dot stays.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Vfs => "",
            _ => self.as_str(),
        }
    }

    /// What an image is called in the image directory: a directory without a suffix, or a file with one.
    #[must_use]
    pub fn file_name(self, id: &str) -> String {
        match self {
            Self::Vfs => id.to_owned(),
            format => format!("{id}.{}", format.extension()),
        }
    }

    /// The file system that begins so, by the magic number of its superblock (`<linux/magic.h>`; of XFS, `xfs_format.h`):
    /// the first 1082 bytes decide.
    #[must_use]
    pub fn of_superblock(head: &[u8]) -> Option<Self> {
        let has = |at: usize, magic: &[u8]| head.get(at..at + magic.len()) == Some(magic);
        if has(0, b"hsqs") {
            Some(Self::Squashfs)
        } else if has(0, b"XFSB") {
            Some(Self::Xfs)
        } else if has(1024, &[0xe2, 0xe1, 0xf5, 0xe0]) {
            Some(Self::Erofs)
        } else if has(1080, &[0x53, 0xef]) {
            Some(Self::Ext4)
        } else if has(0, &[0x45, 0x3d, 0xcd, 0x28]) {
            Some(Self::Cramfs)
        } else {
            None
        }
    }

    /// The format of this name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == text)
    }
}

impl fmt::Display for ImageFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
