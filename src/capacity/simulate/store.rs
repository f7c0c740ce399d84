//! The store of images as two queues: one of requests for names and attributes, one of bytes.

use super::scenario::{Store, Time};

/// A second.
const SECOND: u64 = 1_000_000_000;

/// In how many visits a start asks for all it needs. A start waits for each answer before it asks on; more visits make no difference
/// to the figures and cost time.
pub(super) const VISITS: u32 = 4;

/// The file system's servers, each busy until some time.
pub(super) struct Servers {
    store: Store,
    names_until: Time,
    bytes_until: Time,
    /// Requests in all.
    pub(super) requests: u64,
}

impl Servers {
    pub(super) fn new(store: &Store) -> Self {
        Self { store: store.clone(), names_until: 0, bytes_until: 0, requests: 0 }
    }

    /// When the answers of a start's visit `nth` are there; the visits together make all its requests.
    pub(super) fn visit(&mut self, now: Time, nth: u32) -> Time {
        let requests = u64::from(self.store.requests / VISITS + u32::from(nth < self.store.requests % VISITS));
        self.requests += requests;
        self.names_until = self.names_until.max(now) + requests * SECOND / u64::from(self.store.per_second.max(1));
        self.names_until.max(now + requests * self.store.latency)
    }

    /// When the bytes are there that a node reads of the image.
    pub(super) fn read(&mut self, now: Time) -> Time {
        let span = u128::from(self.store.read) * u128::from(SECOND) / u128::from(self.store.bytes_per_second.max(1));
        self.bytes_until = self.bytes_until.max(now) + u64::try_from(span).unwrap_or(u64::MAX / 2);
        self.bytes_until
    }
}

#[cfg(test)]
mod tests {
    use super::{SECOND, Servers, Store, VISITS};

    #[test]
    fn many_wait_for_the_servers_and_one_for_the_answers() {
        let store =
            Store { requests: 10, per_second: 1000, latency: 5_000_000, read: 1 << 20, bytes_per_second: 1 << 30 };
        let mut servers = Servers::new(&store);
        let alone = (0..VISITS).fold(0, |now, nth| servers.visit(now, nth));
        assert_eq!((alone, servers.requests), (50_000_000, 10));
        let last = (0..1000).flat_map(|_| 0..VISITS).map(|nth| servers.visit(0, nth)).max();
        assert!(last.is_some_and(|last| last >= 10 * SECOND));
        assert_eq!(servers.read(0), SECOND / 1024);
        assert_eq!(servers.read(0), 2 * (SECOND / 1024));
    }
}
