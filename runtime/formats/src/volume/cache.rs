//! `perNodeCache=size=10G`: a file system of the node's own, kept in one file.

use std::fmt;

use crate::size::Bytes;

/// A loop-mounted XFS file system in a sparse file below `perNodeCachePath`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PerNodeCache {
    /// Size of the backing file. Never zero.
    pub size: Bytes,
    /// Block size the original gave to dd(1) and then never used. 1 MiB unless written.
    pub block_size: Bytes,
}

impl PerNodeCache {
    /// Block size where none is written.
    pub const BLOCK_SIZE: Bytes = Bytes(1 << 20);

    /// A cache of `size` with the usual block size.
    #[must_use]
    pub const fn new(size: Bytes) -> Self {
        Self { size, block_size: Self::BLOCK_SIZE }
    }

    /// The flag as the original prints it; the words differ from those it reads.
    #[must_use]
    pub fn signature(&self) -> String {
        format!("perNodeCache=size={},bs={},method=loop,fstype=xfs", self.size, self.block_size)
    }
}

impl fmt::Display for PerNodeCache {
    /// The flag as it is written in a map.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "perNodeCache=size={}", self.size)?;
        if self.block_size != Self::BLOCK_SIZE {
            write!(f, ",bs={}", self.block_size)?;
        }
        Ok(())
    }
}
