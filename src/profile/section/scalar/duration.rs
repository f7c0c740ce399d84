//! Spans of time: `"300s"`, `"1h30m"`, `"90d"`.

use super::{Scalar, scalar};
use std::fmt;

/// A span of time, kept as written and as seconds.
#[derive(Clone, Debug)]
pub struct Duration {
    written: String,
    seconds: u64,
}

impl Duration {
    /// The span in seconds.
    #[must_use]
    pub fn seconds(&self) -> u64 {
        self.seconds
    }

    /// The span as the standard library's type.
    #[must_use]
    pub fn std(&self) -> std::time::Duration {
        std::time::Duration::from_secs(self.seconds)
    }

    /// `days:hours:minutes:seconds`, each with two digits or more: `ImageExpirationTimeout`.
    #[must_use]
    pub fn days_hours_minutes_seconds(&self) -> String {
        let (days, rest) = (self.seconds / 86_400, self.seconds % 86_400);
        format!("{days}:{:02}:{:02}:{:02}", rest / 3600, rest / 60 % 60, rest % 60)
    }
}

impl PartialEq for Duration {
    fn eq(&self, other: &Self) -> bool {
        self.seconds == other.seconds
    }
}

impl Eq for Duration {}

impl Scalar for Duration {
    const EXPECTING: &'static str = "a duration with units, such as \"300s\", \"1h30m\" or \"90d\"";
    const EXAMPLES: &'static [&'static str] = &["300s", "1h30m", "90d"];
    const PATTERN: Option<&'static str> = Some("^([0-9]+[smhdw])+$");

    fn read(text: &str) -> Result<Self, String> {
        let mut seconds = 0_u64;
        let mut digits = String::new();
        let mut smaller_than = u64::MAX;
        for c in text.chars() {
            if c.is_ascii_digit() {
                digits.push(c);
                continue;
            }
            let unit = match c {
                's' => 1,
                'm' => 60,
                'h' => 3600,
                'd' => 86_400,
                'w' => 604_800,
                _ => return Err(format!("`{text}`: `{c}` is no unit; the units are w, d, h, m, s")),
            };
            if digits.is_empty() {
                return Err(format!("`{text}` has the unit `{c}` without a number"));
            }
            if unit >= smaller_than {
                return Err(format!("`{text}` names its units out of order: largest first, w, d, h, m, s"));
            }
            smaller_than = unit;
            seconds = digits
                .parse::<u64>()
                .ok()
                .and_then(|n| n.checked_mul(unit))
                .and_then(|n| seconds.checked_add(n))
                .ok_or_else(|| format!("`{text}` is too long"))?;
            digits.clear();
        }
        if text.is_empty() || !digits.is_empty() {
            return Err(format!("`{text}` lacks a unit: w, d, h, m or s"));
        }
        Ok(Self { written: text.to_owned(), seconds })
    }
}

scalar!(Duration, "a span of time: numbers with the units w, d, h, m, s, largest first");

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_seconds() {
        for (text, seconds) in [("300s", 300), ("1h30m", 5400), ("90d", 7_776_000), ("2w", 1_209_600), ("0s", 0)] {
            assert_eq!(text.parse::<Duration>().unwrap().seconds(), seconds, "{text}");
        }
    }

    #[test]
    fn what_has_no_unit_or_two_meanings_is_refused() {
        for text in ["", "300", "90 days", "5m1h", "1h1h", "m", "-1s", "99999999999999999999d"] {
            assert!(text.parse::<Duration>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_bad_duration_is_told_which_units_there_are() {
        for text in ["300", "90q", "5m1h"] {
            let error = text.parse::<Duration>().expect_err("bad").to_string();
            assert!(["w", "d", "h", "m", "s"].iter().all(|unit| error.contains(&format!(" {unit}"))), "{error}");
        }
    }

    #[test]
    fn ninety_days_print_as_four_fields() {
        assert_eq!("90d".parse::<Duration>().unwrap().days_hours_minutes_seconds(), "90:00:00:00");
        assert_eq!("1d2h3m4s".parse::<Duration>().unwrap().days_hours_minutes_seconds(), "1:02:03:04");
    }
}
