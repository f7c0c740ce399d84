//! How often this process has changed what is stored.

use std::sync::atomic::{AtomicU64, Ordering};

/// A number that grows with every write of this process, so that what was read before can be known for old.
///
/// ORDER: counted when a write is done and before its caller is told so. Whoever takes the number, then reads, and finds the
/// same number later, has read what stands there now, as far as this process is concerned.
#[derive(Debug, Default)]
pub struct Changes(AtomicU64);

impl Changes {
    /// How many there were.
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    /// Counts one.
    pub(super) fn note(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}
