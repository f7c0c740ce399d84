//! The prologue that waits for all nodes.

use super::outcome::Gathering;
use super::scenario::{Gather, Launch, Time};

/// When the word reaches a node: each that has it passes it on to `width` others.
pub(super) fn told_at(launch: &Launch, node: u32) -> Time {
    let mut depth = 1;
    let (mut reached, mut level) = (u64::from(launch.width.max(1)), u64::from(launch.width.max(1)));
    while reached <= u64::from(node) {
        level = level.saturating_mul(u64::from(launch.width.max(2)));
        reached = reached.saturating_add(level);
        depth += 1;
    }
    depth * launch.hop
}

/// What one process does with the nodes' answers, which come in at the times of `answers`: it takes them one after the other, for
/// the earlier commands as for the last.
pub(super) fn gather(gather: &Gather, answers: &mut [Time], earlier: Time) -> Gathering {
    answers.sort_unstable();
    let all = gather.each * answers.len() as u64;
    let begin = u64::from(gather.before) * (earlier + all);
    let end = answers.iter().fold(0, |busy: Time, answer| busy.max(*answer) + gather.each);
    Gathering { ends: begin + end, limit: gather.limit }
}

#[cfg(test)]
mod tests {
    use super::{Gather, Launch, gather, told_at};

    #[test]
    fn a_tree_reaches_each_level_one_hop_later() {
        let launch = Launch { width: 3, hop: 10, lag: 0, gather: None };
        let told: Vec<_> = [0, 2, 3, 11, 12].map(|node| told_at(&launch, node)).to_vec();
        assert_eq!(told, [10, 10, 20, 20, 30]);
    }

    #[test]
    fn answers_are_taken_one_after_the_other() {
        let prologue = Gather { each: 5, before: 0, limit: Some(30) };
        let early = gather(&prologue, &mut [7, 1, 1], 0);
        assert_eq!((early.ends, early.is_in_time()), (16, true));
        let twice = gather(&Gather { before: 1, ..prologue }, &mut [7, 1, 1], 2);
        assert_eq!((twice.ends, twice.is_in_time()), (33, false));
    }
}
