//! `Limits`: what one pull may use before it is refused.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Native: bounds on what a pull may use. A key left out keeps its default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Limits {
    /// Bytes of all files of an image, uncompressed. Default 200 GiB.
    pub image_bytes: u64,
    /// Bytes of one compressed layer. Default 64 GiB.
    pub layer_bytes: u64,
    /// Uncompressed bytes allowed per compressed byte, beyond the first 64 MiB. Default 1000.
    pub ratio: u64,
    /// Files, directories and links of an image. Default 5,000,000.
    pub entries: u64,
    /// Layers of an image. Default 512.
    pub layers: u32,
    /// Bytes of a path in an image. Default 4096.
    pub path_bytes: u32,
    /// Bytes of a manifest or configuration. Default 4 MiB.
    pub manifest_bytes: u64,
    /// Layers of one image downloaded at the same time. Default 4.
    pub downloads: u32,
    /// Seconds without a byte after which a registry is given up. Default 60.
    pub idle_seconds: u64,
    /// Seconds a whole pull may take. Default 14400.
    pub pull_seconds: u64,
    /// Seconds the `examiner` may take for one image. Default 3600.
    pub examiner_seconds: u64,
    /// Pulls waiting or running; further ones are answered 429. Default 1000.
    pub queued: u32,
    /// Pulls of one user waiting or running; further ones are answered 429. Default none: `queued` alone counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_queued: Option<u32>,
    /// Bytes of layers kept in `CacheDirectory`; the longest unused go first, those of running pulls stay.
    /// Default none: nothing is removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_bytes: Option<u64>,
    /// Bytes of an archive that a user loads. Default 64 GiB.
    pub upload_bytes: u64,
    /// Archives that users load at the same time, from their first byte to the end of their conversion, each user a
    /// quarter of them at most; further ones are answered 429. 0 lets nobody load. Default 8.
    pub uploads: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            image_bytes: 200 << 30,
            layer_bytes: 64 << 30,
            ratio: 1000,
            entries: 5_000_000,
            layers: 512,
            path_bytes: 4096,
            manifest_bytes: 4 << 20,
            downloads: 4,
            idle_seconds: 60,
            pull_seconds: 14_400,
            examiner_seconds: 3600,
            queued: 1000,
            user_queued: None,
            cache_bytes: None,
            upload_bytes: 64 << 30,
            uploads: 8,
        }
    }
}
