//! `perNodeCache=size=10G`: a file system of the node's own, kept in one file.

use std::fmt;

use crate::size::Bytes;

/// A loop-mounted file system in a sparse file below `perNodeCachePath`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PerNodeCache {
    /// Size of the backing file. Never zero.
    pub size: Bytes,
    /// `bs`: the size of a block of the file system. 1 MiB, which is what the original gave to dd(1) and then never
    /// used, stands for the file system's own choice.
    pub block_size: Bytes,
    /// `fs`: which file system. The original knows xfs only.
    pub filesystem: CacheFilesystem,
}

/// The file system of a cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum CacheFilesystem {
    /// XFS, as mkfs.xfs(8) makes it.
    #[default]
    Xfs,
    /// ext4 without a journal, as mkfs.ext4(8) makes it. Native.
    Ext4,
}

impl CacheFilesystem {
    /// All there are.
    pub const ALL: [Self; 2] = [Self::Xfs, Self::Ext4];

    /// Its name in the flag and in `/proc/filesystems`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Xfs => "xfs",
            Self::Ext4 => "ext4",
        }
    }
}

impl fmt::Display for CacheFilesystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl PerNodeCache {
    /// Block size where none is written.
    pub const BLOCK_SIZE: Bytes = Bytes(1 << 20);

    /// The block sizes that both file systems have and that every kernel mounts: none below 1024, which XFS with
    /// checksums asks for (mkfs.xfs(8), `-b`), none above the smallest page.
    pub const BLOCK_SIZES: [Bytes; 3] = [Bytes(1024), Bytes(2048), Bytes(4096)];

    /// A cache of `size` with the usual block size and file system.
    #[must_use]
    pub const fn new(size: Bytes) -> Self {
        Self { size, block_size: Self::BLOCK_SIZE, filesystem: CacheFilesystem::Xfs }
    }

    /// The block size that was asked for.
    #[must_use]
    pub fn own_block_size(&self) -> Option<Bytes> {
        Some(self.block_size).filter(|&size| size != Self::BLOCK_SIZE)
    }

    /// The flag as the original prints it; the words differ from those it reads.
    #[must_use]
    pub fn signature(&self) -> String {
        format!("perNodeCache=size={},bs={},method=loop,fstype={}", self.size, self.block_size, self.filesystem)
    }
}

impl fmt::Display for PerNodeCache {
    /// The flag as it is written in a map.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "perNodeCache=size={}", self.size)?;
        if let Some(size) = self.own_block_size() {
            write!(f, ",bs={size}")?;
        }
        if self.filesystem != CacheFilesystem::default() {
            write!(f, ",fs={}", self.filesystem)?;
        }
        Ok(())
    }
}
