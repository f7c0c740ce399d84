//! `ImageExpirationTimeout`: `days:hours:minutes:seconds`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A span written `days:hours:minutes:seconds`, as in `90:00:00:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    /// Days.
    pub days: u32,
    /// Hours, normally below 24.
    pub hours: u32,
    /// Minutes, normally below 60.
    pub minutes: u32,
    /// Seconds, normally below 60.
    pub seconds: u32,
}

/// The text is not four numbers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no span: write days:hours:minutes:seconds, as in `90:00:00:00`")]
pub struct DaysError(String);

impl Days {
    /// The span as seconds.
    #[must_use]
    pub fn duration(self) -> Duration {
        let days = u64::from(self.days) * 86_400;
        let hours = u64::from(self.hours) * 3_600;
        let minutes = u64::from(self.minutes) * 60;
        Duration::from_secs(days + hours + minutes + u64::from(self.seconds))
    }

    /// The span of a number of seconds, in its usual form.
    #[must_use]
    pub fn from_duration(span: Duration) -> Self {
        let all = span.as_secs();
        let part = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        Self {
            days: part(all / 86_400),
            hours: part(all / 3_600 % 24),
            minutes: part(all / 60 % 60),
            seconds: part(all % 60),
        }
    }
}

impl FromStr for Days {
    type Err = DaysError;

    fn from_str(text: &str) -> Result<Self, DaysError> {
        let wrong = || DaysError(text.to_owned());
        let mut parts = [0_u32; 4];
        let mut written = text.split(':');
        for part in &mut parts {
            let digits = written.next().ok_or_else(wrong)?;
            if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                return Err(wrong());
            }
            *part = digits.parse().map_err(|_| wrong())?;
        }
        if written.next().is_some() {
            return Err(wrong());
        }
        let [days, hours, minutes, seconds] = parts;
        Ok(Self { days, hours, minutes, seconds })
    }
}

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { days, hours, minutes, seconds } = self;
        write!(f, "{days}:{hours:02}:{minutes:02}:{seconds:02}")
    }
}

impl Serialize for Days {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Days {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Days {
    fn schema_name() -> Cow<'static, str> {
        "Days".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9]+:[0-9]+:[0-9]+:[0-9]+$" })
    }
}
