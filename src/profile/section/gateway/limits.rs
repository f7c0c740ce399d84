//! `[gateway.workers]` and `[gateway.limits]`: how much the gateway does at once and at most.

use crate::profile::section::scalar::{Duration, Size};
use schemars::JsonSchema;
use serde::Deserialize;
use validator::Validate;

/// How much the gateway does at once.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct Workers {
    /// Pulls at once: `WorkerThreads`.
    #[validate(range(min = 1, max = 4096))]
    pub threads: Option<u32>,
    /// Worker processes of 16.08 and 17.04: `--concurrency` of Celery.
    #[validate(range(min = 1, max = 4096))]
    pub processes: Option<u32>,
}

/// Bounds on what one request, image or user may take. What is not written keeps the gateway's default.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// All files of an image, uncompressed: `imageBytes`. Default 200 GiB.
    pub image_size: Option<Size>,
    /// One compressed layer: `layerBytes`. Default 64 GiB.
    pub layer_size: Option<Size>,
    /// Uncompressed bytes for each compressed one, beyond the first 64 MiB: `ratio`. Default 1000.
    #[validate(range(min = 1))]
    pub ratio: Option<u64>,
    /// Files, directories and links of an image: `entries`. Default 5,000,000.
    #[validate(range(min = 1))]
    pub files: Option<u64>,
    /// Layers of an image: `layers`. Default 512.
    #[validate(range(min = 1))]
    pub layers: Option<u32>,
    /// Bytes of a path in an image: `pathBytes`. Default 4096.
    #[validate(range(min = 1))]
    pub path_bytes: Option<u32>,
    /// A manifest or configuration: `manifestBytes`. Default 4 MiB.
    pub manifest_size: Option<Size>,
    /// Layers of one image that are downloaded at once: `downloads`. Default 4.
    #[validate(range(min = 1, max = 64))]
    pub downloads: Option<u32>,
    /// How long a registry may be silent: `idleSeconds`. Default 60 s.
    pub idle: Option<Duration>,
    /// The longest pull: `pullSeconds`. Default 4 h.
    pub pull_time: Option<Duration>,
    /// The longest examination of an image by `gateway.examiner`: `examinerSeconds`. Default 1 h.
    pub examiner_time: Option<Duration>,
    /// Pulls that wait or run: `queued`. Further ones are refused. Default 1000.
    #[validate(range(min = 1))]
    pub queued: Option<u32>,
    /// Pulls of one user that wait or run: `userQueued`. Further ones are refused. Default: `queued` alone counts.
    #[validate(range(min = 1))]
    pub user_queued: Option<u32>,
    /// Layers kept in `cache_dir`: `cacheBytes`. The longest unused go first. Default: all are kept.
    pub cache_size: Option<Size>,
    /// An archive that a user loads: `uploadBytes`. Default 64 GiB.
    pub upload_size: Option<Size>,
    /// Archives that users load at once, each user a quarter of them at most: `uploads`. 0 lets nobody load. Default 8.
    #[validate(range(max = 1024))]
    pub uploads: Option<u32>,
}
