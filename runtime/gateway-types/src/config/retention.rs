//! `Retention` and `Quota`: how long images live, and how much of them there may be.

use std::borrow::Cow;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::duration::Days;

const DAY: u64 = 86_400;

/// How long the file of an image stays when nothing names it any more: jobs that wait were given its id.
const GRACE: Duration = Duration::from_secs(14 * DAY);
/// How long before its end an image is named to those who hold it.
const WARN: Duration = Duration::from_secs(14 * DAY);

/// Native: which images go by themselves, and when their files follow. A key left out keeps its default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Retention {
    /// Tags neither pulled nor used for so long expire by themselves. Default none: only `autoexpire` asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unused: Option<Days>,
    /// How long before that its users are told. Default `14:00:00:00`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warn: Option<Days>,
    /// The longest time for which a user may pin a tag. Default none: no bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pin_max: Option<Days>,
    /// Names, `docker:site/base:*`, that never expire by themselves; `*` is any text, `?` any one byte.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keep: Vec<String>,
    /// How long the file of an expired image stays. Default `14:00:00:00`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_grace: Option<Days>,
}

/// Native: how many bytes of images there may be. A key left out sets no bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Quota {
    /// Bytes of the images that one user holds on one system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_bytes: Option<u64>,
    /// Bytes of all images of one system, expired ones whose files are still there among them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_bytes: Option<u64>,
    /// Percent of `totalBytes` from which on the longest unused tags expire early. Default none: none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_expiry_at: Option<Percent>,
}

/// A share of a whole, 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Percent(u8);

/// The number is above 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no percentage: write a number from 0 to 100")]
pub struct PercentError(u8);

impl TryFrom<u8> for Percent {
    type Error = PercentError;

    fn try_from(number: u8) -> Result<Self, PercentError> {
        if number <= 100 { Ok(Self(number)) } else { Err(PercentError(number)) }
    }
}

impl From<Percent> for u8 {
    fn from(percent: Percent) -> Self {
        percent.0
    }
}

impl Percent {
    /// So much of `whole`.
    #[must_use]
    pub fn of(self, whole: u64) -> u64 {
        u64::try_from(u128::from(whole) * u128::from(self.0) / 100).expect("at most the whole")
    }
}

impl JsonSchema for Percent {
    fn schema_name() -> Cow<'static, str> {
        "Percent".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 0, "maximum": 100 })
    }
}

impl Retention {
    /// `deleteGrace` in force.
    #[must_use]
    pub fn grace(&self) -> Duration {
        self.delete_grace.map_or(GRACE, Days::duration)
    }

    /// `warn` in force.
    #[must_use]
    pub fn warn(&self) -> Duration {
        self.warn.map_or(WARN, Days::duration)
    }
}
