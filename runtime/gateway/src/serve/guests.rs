//! The connections there are: so many at most. When there is no room, those on which nothing was asked for the longest go.
//!
//! Whoever opens connections and says nothing, or says it slowly, costs himself his connections and nobody else an answer.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nix::sys::resource::{Resource, getrlimit};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// The most connections, however many descriptors there may be.
const MOST: u64 = 65_536;
/// Connections younger than this are not closed for others: their request is on its way.
const YOUNG: Duration = Duration::from_secs(1);
/// How long it is waited for room before it is looked again.
const PACE: Duration = Duration::from_millis(20);

/// All connections of the process: three of four descriptors are for them, the others for pulls and the store.
pub(super) static GUESTS: LazyLock<Arc<Guests>> = LazyLock::new(|| {
    let descriptors = getrlimit(Resource::RLIMIT_NOFILE).map_or(1024, |(soft, _)| soft);
    let most = (descriptors / 4 * 3).min(MOST);
    Arc::new(Guests::new(usize::try_from(most).unwrap_or(usize::MAX)))
});

/// The connections there are.
#[derive(Debug)]
pub(super) struct Guests {
    most: usize,
    state: Mutex<State>,
    /// One has gone.
    room: Notify,
}

#[derive(Debug, Default)]
struct State {
    count: usize,
    next: u64,
    /// Those that are not being answered, and since when.
    idle: BTreeMap<(Instant, u64), CancellationToken>,
}

/// One connection.
#[derive(Debug)]
pub(super) struct Guest {
    guests: Arc<Guests>,
    number: u64,
    /// Cancelled where the connection must make room.
    pub(super) leave: CancellationToken,
    idle_since: Mutex<Option<Instant>>,
}

impl Guests {
    fn new(most: usize) -> Self {
        Self { most, state: Mutex::default(), room: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a connection in, as soon as there is room for it.
    pub(super) async fn admit(self: &Arc<Self>) -> Guest {
        loop {
            if let Some(guest) = self.try_admit(Instant::now()) {
                return guest;
            }
            // Whether one has gone or time has passed: it is looked again.
            let _ = tokio::time::timeout(PACE, self.room.notified()).await;
        }
    }

    /// `None` where there is no room; the longest idle connection is then told to leave.
    fn try_admit(self: &Arc<Self>, now: Instant) -> Option<Guest> {
        let mut state = self.state();
        if state.count >= self.most {
            if let Some(first) = state.idle.first_entry()
                && now.saturating_duration_since(first.key().0) >= YOUNG
            {
                first.remove().cancel();
            }
            return None;
        }
        state.count += 1;
        let number = state.next;
        state.next += 1;
        let leave = CancellationToken::new();
        state.idle.insert((now, number), leave.clone());
        let idle_since = Mutex::new(Some(now));
        Some(Guest { guests: Arc::clone(self), number, leave, idle_since })
    }
}

impl Guest {
    /// A request has come.
    pub(super) fn is_busy(&self) {
        let since = self.idle_since.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(since) = since {
            self.guests.state().idle.remove(&(since, self.number));
        }
    }

    /// It was answered.
    pub(super) fn is_idle(&self, now: Instant) {
        *self.idle_since.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
        self.guests.state().idle.insert((now, self.number), self.leave.clone());
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.is_busy();
        self.guests.state().count -= 1;
        self.guests.room.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_room_the_longest_idle_leaves_and_nobody_who_is_being_answered() {
        let guests = Arc::new(Guests::new(2));
        let start = Instant::now();
        let busy = guests.try_admit(start).unwrap();
        let idle = guests.try_admit(start + YOUNG).unwrap();
        busy.is_busy();
        // It is young: its request may be on its way.
        assert!(guests.try_admit(start + YOUNG).is_none());
        assert!(!idle.leave.is_cancelled());
        assert!(guests.try_admit(start + YOUNG * 2).is_none());
        assert!(idle.leave.is_cancelled() && !busy.leave.is_cancelled());
        drop(idle);
        let third = guests.try_admit(start + YOUNG * 2).unwrap();
        busy.is_idle(start + YOUNG * 3);
        assert!(guests.try_admit(start + YOUNG * 9).is_none());
        assert!(third.leave.is_cancelled() && !busy.leave.is_cancelled());
        drop((busy, third));
        let state = guests.state();
        assert_eq!((state.count, state.idle.len()), (0, 0));
    }

    #[tokio::test]
    async fn who_finds_no_room_waits_for_it() {
        let guests = Arc::new(Guests::new(1));
        let first = guests.admit().await;
        first.is_busy();
        let waiting = tokio::spawn({
            let guests = Arc::clone(&guests);
            async move { guests.admit().await }
        });
        tokio::time::sleep(PACE * 3).await;
        assert!(!waiting.is_finished());
        drop(first);
        tokio::time::timeout(Duration::from_secs(30), waiting).await.unwrap().unwrap();
    }
}
