//! One at a time for each name: pulls in one process that need the same blob or make the same image.
//!
//! Who waits finds the work done. Other processes are not excluded: for them a rename decides.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

static TURNS: Mutex<BTreeMap<PathBuf, Weak<Turn<()>>>> = Mutex::new(BTreeMap::new());

/// Waits until nobody else works on `path`; the turn ends when the guard is dropped.
pub(crate) async fn take(path: &Path) -> OwnedMutexGuard<()> {
    turn_of(path).lock_owned().await
}

/// The turn, if nobody works on `path` now.
pub(crate) fn try_take(path: &Path) -> Option<OwnedMutexGuard<()>> {
    turn_of(path).try_lock_owned().ok()
}

fn turn_of(path: &Path) -> Arc<Turn<()>> {
    let mut turns = TURNS.lock().unwrap_or_else(PoisonError::into_inner);
    turns.retain(|_, turn| turn.strong_count() > 0);
    let present = turns.get(path).and_then(Weak::upgrade);
    present.unwrap_or_else(|| {
        let turn = Arc::new(Turn::new(()));
        turns.insert(path.to_owned(), Arc::downgrade(&turn));
        turn
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_name_has_one_worker_and_is_forgotten_afterwards() {
        let path = Path::new("/test/one-worker");
        let (working, most) = (AtomicU32::new(0), AtomicU32::new(0));
        let work = async || {
            let _turn = take(path).await;
            most.fetch_max(working.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            working.fetch_sub(1, Ordering::Relaxed);
        };
        futures_util::future::join_all((0..20).map(|_| work())).await;
        assert_eq!(most.into_inner(), 1);
        drop(take(Path::new("/test/another")).await);
        assert!(!TURNS.lock().unwrap().contains_key(path));
    }
}
