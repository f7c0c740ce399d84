//! What is too much for one image. A limit that is passed ends the pull and is named.

/// Bounds on what a registry and its layers may cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a manifest or index (the distribution specification asks for at least 4 MiB).
    pub manifest_bytes: u64,
    /// Bytes of an image configuration.
    pub config_bytes: u64,
    /// Compressed bytes of one layer.
    pub layer_bytes: u64,
    /// Layers of one image.
    pub layers: usize,
    /// Uncompressed bytes of all layers together.
    pub unpacked_bytes: u64,
    /// Entries of all layers together.
    pub entries: u64,
    /// Bytes of a path within the image (`PATH_MAX` with its final zero is 4096).
    pub path_bytes: usize,
    /// Uncompressed bytes per compressed byte of one layer, looked at from 64 MiB on. Deflate
    /// cannot pass 1032.
    pub ratio: u64,
    /// Layers fetched at the same time.
    pub downloads: usize,
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: u64 = 1 << 20;
        const GIB: u64 = 1 << 30;
        Self {
            manifest_bytes: 4 * MIB,
            config_bytes: 8 * MIB,
            layer_bytes: 64 * GIB,
            layers: 512,
            unpacked_bytes: 256 * GIB,
            entries: 4_000_000,
            path_bytes: 4095,
            ratio: 500,
            downloads: 4,
        }
    }
}
