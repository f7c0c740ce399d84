//! Measured runs and their summary.

use std::time::Duration;

/// What one run cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    /// From before the first fork until the last wait.
    pub(crate) wall: Duration,
    /// User and system time of the process and all it waited for.
    pub(crate) cpu: Duration,
}

/// The costs of one contestant's runs.
#[derive(Debug, Default)]
pub(crate) struct Samples(Vec<Cost>);

/// Milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Summary {
    pub(crate) min: f64,
    pub(crate) median: f64,
    pub(crate) p95: f64,
}

impl Samples {
    pub(crate) fn add(&mut self, cost: Cost) {
        self.0.push(cost);
    }

    pub(crate) fn wall(&self) -> Summary {
        Summary::of(self.0.iter().map(|cost| cost.wall))
    }

    pub(crate) fn cpu(&self) -> Summary {
        Summary::of(self.0.iter().map(|cost| cost.cpu))
    }
}

impl Summary {
    /// Of at least one duration; the percentiles are the nearest ranks.
    fn of(durations: impl Iterator<Item = Duration>) -> Self {
        let mut sorted: Vec<f64> = durations.map(|duration| duration.as_secs_f64() * 1000.0).collect();
        sorted.sort_by(f64::total_cmp);
        let rank = |percent: usize| sorted[(sorted.len() * percent).div_ceil(100).saturating_sub(1)];
        Self { min: sorted[0], median: rank(50), p95: rank(95) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let summary = Summary::of((1..=20).map(Duration::from_millis));
        assert_eq!(summary, Summary { min: 1.0, median: 10.0, p95: 19.0 });
    }
}
