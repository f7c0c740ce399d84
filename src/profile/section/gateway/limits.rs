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

/// Bounds on what one request, image or user may take.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Pulls of one user that may run or wait at once.
    #[validate(range(min = 1))]
    pub pulls_per_user: Option<u32>,
    /// The largest image, unpacked.
    pub image_size: Option<Size>,
    /// The most files of one image.
    #[validate(range(min = 1))]
    pub image_files: Option<u64>,
    /// The longest pull.
    pub pull_time: Option<Duration>,
    /// Connections that are open at once.
    #[validate(range(min = 1))]
    pub connections: Option<u32>,
}
