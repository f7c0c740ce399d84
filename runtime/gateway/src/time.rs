//! The time of day as records have it.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970, with a fraction.
pub(crate) fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}
