//! Keeping the cache of layers to the site's budget, between pulls.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use crate::app::App;
use crate::pull::{Keep, trim_cache};

/// When each running pull began, by its row.
#[derive(Debug, Default)]
pub(crate) struct Running(Mutex<BTreeMap<i64, SystemTime>>);

/// A running pull.
#[derive(Debug)]
pub(super) struct Run<'a> {
    running: &'a Running,
    seq: i64,
}

impl Running {
    /// A pull begins to use the cache.
    pub(super) fn begin(&self, seq: i64) -> Run<'_> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(seq, SystemTime::now());
        Run { running: self, seq }
    }

    /// When the first of them began; `now` when none runs.
    fn since(&self, now: SystemTime) -> SystemTime {
        let running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        running.values().min().copied().unwrap_or(now)
    }
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        self.running.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.seq);
    }
}

impl App {
    /// Removes what killed pulls left, and the longest unused layers where the site keeps only so many bytes. Blocks.
    pub(super) fn trim_cache(self: &Arc<Self>) {
        let config = self.config();
        let bytes = config.limits.cache_bytes.unwrap_or(u64::MAX);
        let now = SystemTime::now();
        let keep = Keep { bytes, used_since: self.running.since(now) };
        match trim_cache(&config.cache, keep, now) {
            Ok(trimmed) if trimmed.removed > 0 => {
                tracing::info!(removed = trimmed.removed, bytes = trimmed.removed_bytes, "made room in the cache");
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, cache = %config.cache.display(), "cannot make room in the cache"),
        }
    }
}
