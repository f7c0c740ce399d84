//! The time of a generation.

use std::time::{SystemTime, UNIX_EPOCH};

pub use shifter_formats::calendar::utc as show;

/// Seconds since 1970, now.
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::show;

    #[test]
    fn a_time_is_shown_as_a_date_of_the_calendar() {
        assert_eq!(show(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(show(951_782_400), "2000-02-29 00:00:00 UTC");
        assert_eq!(show(1_795_336_689), "2026-11-22 08:38:09 UTC");
    }
}
