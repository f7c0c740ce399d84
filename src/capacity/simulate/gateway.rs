//! A gateway as a queue.

use std::collections::VecDeque;

use super::scenario::{Gateway, Time};

/// One client's question: who asks, and the how-manieth time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) start: u32,
    pub(super) attempt: u32,
}

/// One gateway at work.
pub(super) struct Desk {
    waiting: VecDeque<Question>,
    busy: u32,
    limits: Gateway,
    /// The most that ever waited.
    pub(super) longest: u32,
    /// Answers that were worked on, heard or not.
    pub(super) answered: u64,
}

/// What became of a connection request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Knock {
    /// The gateway works on the answer, for so long.
    Begun(Time),
    /// It waits for its turn.
    Waits,
    /// There is no room: the kernel drops it.
    Dropped,
}

impl Desk {
    pub(super) fn new(limits: &Gateway) -> Self {
        Self { waiting: VecDeque::new(), busy: 0, limits: limits.clone(), longest: 0, answered: 0 }
    }

    pub(super) fn knock(&mut self, question: Question) -> Knock {
        if self.busy < self.limits.servers {
            self.busy += 1;
            return Knock::Begun(self.limits.service);
        }
        if self.waiting.len() as u64 >= u64::from(self.limits.room) {
            return Knock::Dropped;
        }
        self.waiting.push_back(question);
        self.longest = self.longest.max(self.waiting.len() as u32);
        Knock::Waits
    }

    /// An answer is done; the next question that is worked on, and for how long. A client that gave up is served too: a server
    /// that reads one connection after the other does not see that it left.
    pub(super) fn done(&mut self) -> Option<(Question, Time)> {
        self.answered += 1;
        match self.waiting.pop_front() {
            Some(question) => Some((question, self.limits.service)),
            None => {
                self.busy -= 1;
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Desk, Gateway, Knock, Question};

    fn question(start: u32) -> Question {
        Question { start, attempt: 0 }
    }

    #[test]
    fn what_finds_no_room_is_dropped_and_the_others_are_served_in_order() {
        let mut desk = Desk::new(&Gateway { service: 10, servers: 1, room: 2 });
        let knocks: Vec<_> = (0..4).map(|start| desk.knock(question(start))).collect();
        assert_eq!(knocks, [Knock::Begun(10), Knock::Waits, Knock::Waits, Knock::Dropped]);
        let served: Vec<_> = std::iter::from_fn(|| Some(desk.done()?.0.start)).collect();
        assert_eq!((served, desk.answered, desk.longest), (vec![1, 2], 3, 2));
    }
}
