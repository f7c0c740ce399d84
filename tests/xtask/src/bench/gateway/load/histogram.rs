//! Latencies in a few hundred numbers: exact to one part in 32, whatever their range.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Buckets of a power of two.
const STEPS: u64 = 32;

/// How often which number of microseconds was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::bench) struct Histogram(BTreeMap<u64, u64>);

impl Histogram {
    /// Counts one.
    pub(super) fn note(&mut self, microseconds: u64) {
        *self.0.entry(bucket(microseconds)).or_default() += 1;
    }

    /// Adds all that another one has counted.
    pub(in crate::bench) fn add(&mut self, other: &Self) {
        for (bucket, count) in &other.0 {
            *self.0.entry(*bucket).or_default() += count;
        }
    }

    /// The nearest rank of a percentile in milliseconds; 0 of nothing.
    pub(in crate::bench) fn percentile(&self, percent: f64) -> f64 {
        let total: u64 = self.0.values().sum();
        let rank = (total as f64 * percent / 100.0).ceil() as u64;
        let mut passed = 0;
        for (bucket, count) in &self.0 {
            passed += count;
            if passed >= rank {
                return *bucket as f64 / 1000.0;
            }
        }
        0.0
    }
}

/// The lowest number of those that are counted as one.
fn bucket(number: u64) -> u64 {
    let width = (number / STEPS).checked_ilog2().map_or(1, |log| 1 << log);
    number / width * width
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_exact_to_one_part_in_32() {
        let mut all = Histogram::default();
        (1..=100_000).for_each(|n| all.note(n));
        for percent in [1.0, 50.0, 99.0, 100.0] {
            let (found, exact) = (all.percentile(percent), percent);
            assert!(found <= exact && found > exact * (1.0 - 1.0 / 31.0), "{percent}: {found}");
        }
    }

    #[test]
    fn sums_are_those_of_both() {
        let (mut one, mut two) = (Histogram::default(), Histogram::default());
        one.note(7);
        two.note(7);
        two.note(7_000_000);
        one.add(&two);
        assert_eq!(one.0.values().sum::<u64>(), 3);
        assert_eq!(Histogram::default().percentile(99.0), 0.0);
    }
}
