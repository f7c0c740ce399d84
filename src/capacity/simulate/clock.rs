//! What happens next.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::scenario::Time;

/// Events by their time, and by the order in which they were planned where the time is equal.
pub(super) struct Clock<Event> {
    now: Time,
    planned: u64,
    events: BinaryHeap<Reverse<Planned<Event>>>,
}

struct Planned<Event> {
    at: Time,
    order: u64,
    event: Event,
}

impl<Event> Clock<Event> {
    pub(super) fn new() -> Self {
        Self { now: 0, planned: 0, events: BinaryHeap::new() }
    }

    pub(super) fn now(&self) -> Time {
        self.now
    }

    /// Plans what happens at `at`; what is past happens now.
    pub(super) fn at(&mut self, at: Time, event: Event) {
        self.planned += 1;
        self.events.push(Reverse(Planned { at: at.max(self.now), order: self.planned, event }));
    }

    /// Goes on to the next event.
    pub(super) fn next(&mut self) -> Option<Event> {
        let Reverse(Planned { at, event, .. }) = self.events.pop()?;
        self.now = at;
        Some(event)
    }
}

impl<Event> Ord for Planned<Event> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

impl<Event> PartialOrd for Planned<Event> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<Event> PartialEq for Planned<Event> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<Event> Eq for Planned<Event> {}

#[cfg(test)]
mod tests {
    use super::Clock;

    #[test]
    fn events_come_by_time_and_then_as_they_were_planned() {
        let mut clock = Clock::new();
        for (at, event) in [(5, 'c'), (2, 'a'), (5, 'd'), (2, 'b')] {
            clock.at(at, event);
        }
        let order: Vec<_> = std::iter::from_fn(|| Some((clock.next()?, clock.now()))).collect();
        assert_eq!(order, [('a', 2), ('b', 2), ('c', 5), ('d', 5)]);
        clock.at(1, 'e');
        assert_eq!((clock.next(), clock.now()), (Some('e'), 5));
    }
}
