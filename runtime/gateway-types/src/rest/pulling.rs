//! How far a pull is, and how it is taken back.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::status::Status;

/// The answer to `GET /api/progress/...`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProgressBody {
    /// Where the pull stands.
    pub status: Status,
    /// What is being done, for people.
    pub message: String,
    /// Its place among the pulls that wait, 1 for the next; null once it runs.
    pub place: Option<usize>,
    /// Bytes of the present phase that are done: downloaded, read or converted.
    pub done: Option<u64>,
    /// Bytes of the present phase.
    pub total: Option<u64>,
    /// The same, from 0 to 100.
    pub percent: Option<u8>,
    /// The layers that come in, each once, in the image's order; none where another gateway does the work.
    pub layers: Vec<LayerProgress>,
    /// When it was asked for, in seconds since 1970.
    pub asked: f64,
}

impl ProgressBody {
    /// The part that is done, from 0 to 100.
    #[must_use]
    pub fn percent_of(done: u64, total: u64) -> Option<u8> {
        let whole = u128::from(done.min(total)) * 100;
        u8::try_from(whole.checked_div(u128::from(total))?).ok()
    }
}

/// How far a layer is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LayerProgress {
    /// `sha256:...`.
    pub digest: String,
    /// Its bytes.
    pub bytes: u64,
    /// Those that are here.
    pub done: u64,
}

/// The answer to `POST /api/cancel/...`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CancelBody {
    /// Whether the pull has ended; else others wait for it still.
    pub cancelled: bool,
    /// How many others wait.
    pub others: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_nothing_is_unknown_and_no_part_is_more_than_the_whole() {
        assert_eq!(ProgressBody::percent_of(1, 0), None);
        assert_eq!(ProgressBody::percent_of(199, 200), Some(99));
        assert_eq!(ProgressBody::percent_of(u64::MAX, 7), Some(100));
    }
}
