//! Where an image or its pull stands.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// INIT, PENDING, PULLING, EXAMINATION, CONVERSION, TRANSFER, then READY or FAILURE.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Accepted just now.
    Init,
    /// Waits for a worker.
    Pending,
    /// Manifest and layers come from the registry.
    Pulling,
    /// An import is being hashed.
    Hashing,
    /// The site's examiner looks at it.
    Examination,
    /// The image file is being written.
    Conversion,
    /// The image file is being put in place.
    Transfer,
    /// Can be used.
    Ready,
    /// Did not work; the status message says why.
    Failure,
    /// Is being removed.
    Expiring,
    /// Was removed.
    Expired,
    /// A word this version does not know.
    Unknown(String),
}

impl Status {
    /// The status of this word.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        match word {
            "INIT" => Self::Init,
            "PENDING" => Self::Pending,
            "PULLING" => Self::Pulling,
            "HASHING" => Self::Hashing,
            "EXAMINATION" => Self::Examination,
            "CONVERSION" => Self::Conversion,
            "TRANSFER" => Self::Transfer,
            "READY" => Self::Ready,
            "FAILURE" => Self::Failure,
            "EXPIRING" => Self::Expiring,
            "EXPIRED" => Self::Expired,
            other => Self::Unknown(other.to_owned()),
        }
    }

    /// The word on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Init => "INIT",
            Self::Pending => "PENDING",
            Self::Pulling => "PULLING",
            Self::Hashing => "HASHING",
            Self::Examination => "EXAMINATION",
            Self::Conversion => "CONVERSION",
            Self::Transfer => "TRANSFER",
            Self::Ready => "READY",
            Self::Failure => "FAILURE",
            Self::Expiring => "EXPIRING",
            Self::Expired => "EXPIRED",
            Self::Unknown(word) => word,
        }
    }

    /// Whether a pull in this state goes on, so that asking again makes sense.
    #[must_use]
    pub fn is_in_progress(&self) -> bool {
        matches!(
            self,
            Self::Init
                | Self::Pending
                | Self::Pulling
                | Self::Hashing
                | Self::Examination
                | Self::Conversion
                | Self::Transfer
        )
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for Status {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Status {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|word| Self::parse(&word))
    }
}

impl JsonSchema for Status {
    fn schema_name() -> Cow<'static, str> {
        "Status".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}
