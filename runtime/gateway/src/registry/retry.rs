//! How often and how long a pull waits for a registry.

use std::hash::{BuildHasher as _, RandomState};
use std::time::{Duration, SystemTime};

use crate::pull::request::Timing;

/// The attempts that are left for one request.
#[derive(Debug)]
pub(crate) struct Attempts {
    left: u32,
    pause: Duration,
    longest: Duration,
}

/// What a failed attempt leads to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Wait, then try again.
    After(Duration),
    /// Give up: no attempt is left.
    GiveUp,
    /// Give up: the registry asks for a pause longer than a pull may take.
    TooLong(Duration),
}

impl Attempts {
    pub(crate) fn new(timing: &Timing) -> Self {
        Self { left: timing.attempts.saturating_sub(1), pause: timing.first_pause, longest: timing.longest_pause }
    }

    /// Takes one attempt. Pauses double; what a registry asks for by `Retry-After` is honoured.
    ///
    /// Each own pause is drawn between half of it and the whole, so that the nodes and gateways
    /// that failed together do not come back together.
    pub(crate) fn next(&mut self, retry_after: Option<Duration>) -> Next {
        if self.left == 0 {
            return Next::GiveUp;
        }
        self.left -= 1;
        let own = self.pause.mul_f64(0.5 + 0.5 * random_fraction());
        self.pause = (self.pause * 2).min(self.longest);
        match retry_after {
            Some(asked) if asked > self.longest => Next::TooLong(asked),
            Some(asked) => Next::After(asked + own.min(Duration::from_secs(1))),
            None => Next::After(own),
        }
    }
}

/// The pause that a `Retry-After` header asks for: seconds, or a date (RFC 9110, 10.2.3), of which what is left at `now`.
pub(crate) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let seconds = value.trim().parse().ok().map(Duration::from_secs);
    seconds.or_else(|| Some(httpdate::parse_http_date(value.trim()).ok()?.duration_since(now).unwrap_or_default()))
}

/// From 0 to 1. `RandomState` is seeded anew for each value.
fn random_fraction() -> f64 {
    let random = RandomState::new().hash_one(0_u8) >> 32;
    f64::from(u32::try_from(random).unwrap_or(u32::MAX)) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timing() -> Timing {
        Timing {
            attempts: 4,
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(3),
            ..Timing::default()
        }
    }

    #[test]
    fn pauses_double_within_their_bounds_and_end() {
        let mut attempts = Attempts::new(&timing());
        for whole in [1, 2, 3] {
            let Next::After(pause) = attempts.next(None) else {
                panic!("gave up early");
            };
            let whole = Duration::from_secs(whole);
            assert!(whole / 2 <= pause && pause <= whole, "{pause:?} of {whole:?}");
        }
        assert_eq!(attempts.next(None), Next::GiveUp);
    }

    #[test]
    fn a_registry_is_given_the_pause_it_asks_for_unless_it_is_absurd() {
        let mut attempts = Attempts::new(&timing());
        let Next::After(pause) = attempts.next(Some(Duration::from_secs(2))) else {
            panic!("gave up");
        };
        assert!(pause >= Duration::from_secs(2) && pause <= Duration::from_secs(3));
        let hour = Duration::from_secs(3600);
        assert_eq!(attempts.next(Some(hour)), Next::TooLong(hour));
    }

    #[test]
    fn a_pause_is_a_number_of_seconds_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(946_684_790);
        assert_eq!(retry_after(" 7 ", now), Some(Duration::from_secs(7)));
        assert_eq!(retry_after("Fri, 31 Dec 1999 23:59:59 GMT", now), Some(Duration::from_secs(9)));
        assert_eq!(retry_after("Thu, 30 Dec 1999 23:59:59 GMT", now), Some(Duration::ZERO));
        assert_eq!(retry_after("soon", now), None);
    }
}
