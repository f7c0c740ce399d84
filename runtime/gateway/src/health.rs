//! How registries answered lately and which pulls failed: in memory, since the start.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::registry::RegistryError;
use crate::store::PullAsk;

/// How many failed pulls are remembered.
const FAILURES: usize = 50;

/// What is remembered.
#[derive(Debug)]
pub(crate) struct Health {
    /// When the process began, in seconds since 1970.
    pub(crate) since: f64,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    registries: BTreeMap<String, Answers>,
    failures: VecDeque<FailedPull>,
}

/// How a location answered.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Answers {
    /// When it last answered as a registry does, be it that there is no such image.
    pub(crate) well: Option<f64>,
    /// When it last did not, and how. The text names no image.
    pub(crate) ill: Option<(f64, String)>,
    /// Pulls that it answered.
    pub(crate) answered: u64,
    /// Pulls that it failed.
    pub(crate) failed: u64,
}

impl Answers {
    /// Whether the last answer was one; `None` before the first.
    pub(crate) fn is_well(&self) -> Option<bool> {
        match (self.well, &self.ill) {
            (None, None) => None,
            (well, ill) => Some(well.unwrap_or(f64::MIN) > ill.as_ref().map_or(f64::MIN, |(at, _)| *at)),
        }
    }
}

/// A pull that failed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FailedPull {
    /// When, in seconds since 1970.
    pub(crate) time: f64,
    /// What was asked for, by whom.
    pub(crate) ask: PullAsk,
    /// Why.
    pub(crate) reason: String,
}

impl Health {
    pub(crate) fn new(since: f64) -> Self {
        Self { since, known: Mutex::default() }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A location was asked, and this came of it.
    pub(crate) fn asked(&self, location: &str, now: f64, error: Option<&RegistryError>) {
        let mut known = self.known();
        let answers = known.registries.entry(location.to_owned()).or_default();
        match error.and_then(RegistryError::illness) {
            None => {
                answers.well = Some(now);
                answers.answered += 1;
            }
            Some(how) => {
                answers.ill = Some((now, how));
                answers.failed += 1;
            }
        }
    }

    /// A pull failed.
    pub(crate) fn failed(&self, time: f64, ask: PullAsk, reason: String) {
        let mut known = self.known();
        known.failures.truncate(FAILURES - 1);
        known.failures.push_front(FailedPull { time, ask, reason });
    }

    /// How a location answered.
    pub(crate) fn answers(&self, location: &str) -> Answers {
        self.known().registries.get(location).cloned().unwrap_or_default()
    }

    /// The pulls that failed, the last first.
    pub(crate) fn failures(&self) -> Vec<FailedPull> {
        self.known().failures.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_registry_without_an_image_is_well_and_one_that_is_gone_is_not() {
        let health = Health::new(0.0);
        assert_eq!(health.answers("a").is_well(), None);
        let gone = RegistryError::Transport { url: "https://a/v2/secret/app".to_owned(), what: "refused".to_owned() };
        health.asked("a", 1.0, Some(&gone));
        let answers = health.answers("a");
        assert_eq!((answers.is_well(), answers.ill), (Some(false), Some((1.0, "refused".to_owned()))));
        let none = RegistryError::NotFound { location: "a".to_owned(), image: "secret/app:1".to_owned() };
        health.asked("a", 2.0, Some(&none));
        assert_eq!(health.answers("a").is_well(), Some(true));
        let busy = RegistryError::RateLimited { url: "https://a/v2/secret".to_owned(), wait: Duration::from_secs(9) };
        health.asked("a", 3.0, Some(&busy));
        let answers = health.answers("a");
        assert_eq!((answers.answered, answers.failed, answers.is_well()), (1, 2, Some(false)));
        assert!(!answers.ill.unwrap().1.contains("secret"));
    }
}
