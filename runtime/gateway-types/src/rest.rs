//! The bodies of the gateway's REST interface.
//!
//! Clients since 16.08 parse these with little care: a record always has its
//! 13 fields, what is not known is the string `"MISSING"`, `last_pull` must be
//! printed as a JSON number with a fraction, and lists of ids in requests are
//! comma-separated strings. All of it is pinned here.

mod ids;
mod life;
mod missing;
mod payload;
mod pulling;
mod record;
mod report;
mod status;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use ids::{IdList, IdListError};
pub use life::{
    AutoexpireBody, Autoexpired, ExpireBody, Expiring, HistoryBody, HistoryEvent, HistoryRow, InspectBody, LookupRow,
    PinAsk, PinBody, PlatformImage, QuotaBody, RemoveBody, SweepAsk, SweepBody, SweptFile, SweptTag, Usage,
};
pub use payload::MungePayload;
pub use pulling::{CancelBody, LayerProgress, ProgressBody};
pub use record::Record;
pub use report::{ClosedDirectory, ImageReport, LayerSize, MpiLibrary, Paths, ReportedModes};
pub use status::Status;

/// The header that carries a munge credential.
pub const AUTHENTICATION: &str = "authentication";

/// The one value of `Content-Type` that old clients accept, compared whole.
pub const CONTENT_TYPE: &str = "application/json";

/// The body of `POST /api/pull/...`; an empty body means the same as `{}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PullBody {
    /// Users who may use a private image, `"1000,1001"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed_uids: Option<IdList>,
    /// Groups who may use a private image, `"100,101"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed_gids: Option<IdList>,
}

/// The body of `POST /api/doimport/...`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportBody {
    /// The absolute path of an image file, as the gateway's host sees it.
    #[serde(default)]
    pub filepath: String,
    /// What it is: `squashfs`, `ext4`, `xfs` or `erofs`.
    #[serde(default)]
    pub format: String,
    /// Users who may use the image besides the caller, `"1000,1001"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed_uids: Option<IdList>,
    /// Groups who may use the image, `"100,101"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed_gids: Option<IdList>,
}

/// The answer to `GET /api/list/<system>/`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListBody {
    /// What the caller may use.
    pub list: Vec<Record>,
}

/// The answer to `GET /api/queue/<system>/`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct QueueBody {
    /// Pulls that wait or run.
    pub list: Vec<QueueItem>,
}

/// One pull that waits or runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct QueueItem {
    /// Where it stands.
    pub status: Status,
    /// The tag as it was asked for.
    pub image: String,
}

/// Every answer that is not a success.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorBody {
    /// The HTTP status again.
    pub status: u16,
    /// What went wrong, for people.
    pub error: String,
    /// The status in words and the URL.
    pub message: String,
}
