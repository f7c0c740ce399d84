//! The bodies of what is asked about the life of images: expiry, removal, pins, quotas, history, sweeping.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::record::Record;
use super::report::ImageReport;

/// The answer to `GET /api/expire/...`: true when the tag has expired, null when there is none, false for callers
/// who may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExpireBody {
    /// What became of it.
    pub status: Option<bool>,
}

/// The answer to `GET /api/autoexpire/<system>/`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AutoexpireBody {
    /// What became of it.
    pub status: Autoexpired,
}

/// What `autoexpire` has done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Autoexpired {
    /// The ids of the images that no tag names any more.
    Ids(Vec<String>),
    /// `false`: the caller is no administrator of the system.
    Refused(bool),
}

/// A successful lookup, as `GET /api/metrics/<system>/` lists them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LookupRow {
    /// The caller's name on the gateway's host, or the number.
    pub user: String,
    /// The caller's number.
    pub uid: u32,
    /// The system.
    pub system: String,
    /// The image's type.
    #[serde(rename = "type")]
    pub itype: String,
    /// The tag that was asked for.
    pub tag: String,
    /// The image.
    pub id: String,
    /// When, in seconds since 1970.
    pub time: f64,
}

/// The answer to `POST /api/rm/...`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RemoveBody {
    /// Whether the tag is gone; else others hold it still.
    pub removed: bool,
    /// How many other users hold it.
    pub holders: usize,
}

/// The body of `POST /api/pin/...`; an empty body means the same as `{}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PinAsk {
    /// For how long, from now on. Default: as long as the site lets the caller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u64>,
}

/// The answer to `POST /api/pin/...` and `POST /api/unpin/...`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PinBody {
    /// Whether anybody's pin is on the tag now.
    pub pinned: bool,
    /// Until when, in seconds since 1970; null for ever.
    pub until: Option<f64>,
}

/// The answer to `GET /api/quota/<system>/`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct QuotaBody {
    /// What the caller holds.
    pub user: Usage,
    /// What there is on the system, expired images whose files are still there among it.
    pub system: Usage,
    /// What the caller holds and what will soon expire unless it is used, the first to go first.
    pub expiring: Vec<Expiring>,
}

/// Bytes in use, and how many there may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Usage {
    /// Bytes of image files.
    pub bytes: u64,
    /// The most bytes; null for no bound.
    pub limit: Option<u64>,
}

/// A tag that will soon expire.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Expiring {
    /// `docker`, `custom`.
    pub itype: String,
    /// The tag.
    pub tag: String,
    /// When, in seconds since 1970.
    pub at: f64,
}

/// The answer to `GET /api/inspect/...`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InspectBody {
    /// What a lookup answers.
    #[serde(flatten)]
    pub record: Record,
    /// What the tag named when it was pulled: `sha256:...` of a manifest or an index.
    pub digest: String,
    /// The default arguments of the entry point.
    pub cmd: Option<Vec<String>>,
    /// The user the image names; the runtime never follows it.
    pub user: String,
    /// The paths it declares as volumes.
    pub volumes: Vec<String>,
    /// The image for each platform, that of the record first.
    pub platforms: Vec<PlatformImage>,
    /// Who pulled the tag and did not remove it.
    pub holders: Vec<u32>,
    /// Whether a pin or the site's own list keeps it from expiring by itself.
    pub pinned: bool,
    /// Until when; null for ever, or without a pin.
    pub pinned_until: Option<f64>,
    /// When it was last pulled, looked up or started from, as far as is known, in seconds since 1970.
    pub last_use: f64,
    /// When it will expire unless it is used; null for never.
    pub expires: Option<f64>,
    /// What was found in the image of the record; null where it came here in another way than by a pull.
    #[serde(default)]
    pub report: Option<ImageReport>,
}

/// An image of a tag for one platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlatformImage {
    /// `linux/amd64`.
    pub platform: String,
    /// The image.
    pub id: String,
    /// `squashfs`, `directory`.
    pub format: String,
    /// Size of the file.
    pub bytes: u64,
}

/// The answer to `GET /api/history/...`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HistoryBody {
    /// What became of the tag, the oldest first.
    pub list: Vec<HistoryRow>,
}

/// One thing that became of a tag.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HistoryRow {
    /// When, in seconds since 1970.
    pub time: f64,
    /// What: `pulled` (it names this image from then on), `removed`, `expired`.
    pub event: HistoryEvent,
    /// The image it named from then on, or until then.
    pub id: String,
    /// Who asked for it; null where the gateway did so by itself.
    pub uid: Option<u32>,
}

/// What became of a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum HistoryEvent {
    /// It names an image it did not name before.
    Pulled,
    /// Somebody removed it.
    Removed,
    /// It expired, by age or by an administrator's word.
    Expired,
}

impl HistoryEvent {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pulled => "pulled",
            Self::Removed => "removed",
            Self::Expired => "expired",
        }
    }

    /// The event of this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Pulled, Self::Removed, Self::Expired].into_iter().find(|event| event.as_str() == word)
    }
}

/// The body of `POST /api/sweep/<system>/`; an empty body means the same as `{}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SweepAsk {
    /// Whether to remove what is found; else it is only shown.
    #[serde(default)]
    pub remove: bool,
}

/// The answer to `POST /api/sweep/<system>/`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SweepBody {
    /// Whether it was removed.
    pub removed: bool,
    /// Files in the image directory of which the gateway has no record.
    pub files: Vec<SweptFile>,
    /// Tags of which an image file is not there.
    pub tags: Vec<SweptTag>,
}

/// A file without a record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct SweptFile {
    /// Its path below the image directory.
    pub path: String,
    /// Its size.
    pub bytes: u64,
}

/// A tag without a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct SweptTag {
    /// `docker`, `custom`.
    pub itype: String,
    /// The tag.
    pub tag: String,
    /// The image whose file is not there.
    pub id: String,
}
