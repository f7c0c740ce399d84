//! How it went.

use super::scenario::Time;

/// The figures of one simulated launch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Containers that were to start.
    pub starts: u64,
    /// Those whose image no gateway told.
    pub no_lookup: u64,
    /// Those whose user the directory service did not tell.
    pub no_user: u64,
    /// From the launch to the command in a container that started.
    pub ready: Spread,
    /// From the question to the answer of a gateway.
    pub answered: Spread,
    /// Answers that gateways worked on, heard or not.
    pub lookups: u64,
    /// Connection requests that found no room.
    pub dropped: u64,
    /// The most questions that ever waited for one gateway.
    pub longest_queue: u32,
    /// The most connections to the directory service that were open at the same time.
    pub connections: u32,
    /// Requests for names and attributes to the store of images.
    pub store_requests: u64,
    /// The prologue, where one waits.
    pub prologue: Option<Gathering>,
}

/// Times of many: nanoseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spread {
    /// Half took at most this long.
    pub median: Time,
    /// 99 of 100 took at most this long.
    pub p99: Time,
    /// The last.
    pub last: Time,
}

/// A prologue's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gathering {
    /// When all nodes have answered, after its begin.
    pub ends: Time,
    /// When the workload manager ends it.
    pub limit: Option<Time>,
}

impl Outcome {
    /// Containers that did not start.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.no_lookup + self.no_user
    }
}

impl Gathering {
    /// Whether it is done before it is ended.
    #[must_use]
    pub fn is_in_time(self) -> bool {
        self.limit.is_none_or(|limit| self.ends <= limit)
    }
}

impl Spread {
    /// Of these times, which are sorted by it.
    pub(super) fn of(times: &mut [Time]) -> Self {
        times.sort_unstable();
        let Some(last) = times.last() else { return Self::default() };
        let at = |percent: usize| times[(times.len() * percent).div_ceil(100).max(1) - 1];
        Self { median: at(50), p99: at(99), last: *last }
    }
}

#[cfg(test)]
mod tests {
    use super::Spread;

    #[test]
    fn the_last_of_a_hundred_is_beyond_the_99th() {
        let spread = Spread::of(&mut (1..=100).rev().collect::<Vec<_>>());
        assert_eq!(spread, Spread { median: 50, p99: 99, last: 100 });
        assert_eq!(Spread::of(&mut []), Spread::default());
    }
}
