//! From an image's name to a file a node can mount.
//!
//! [`pull`] asks the location for the manifest of one platform, fetches the layers the cache does
//! not hold, merges them in one stream into a squashfs and hands back the finished temporary file
//! beside the image's facts. It publishes nothing: naming the file, the index entry and the `.meta`
//! are the caller's, so that a pull can run twice and be abandoned at any moment.
//!
//! An image's id is the SHA-256 of its *platform* manifest. The index of a multi-platform tag
//! changes whenever any platform does, and two gateways of different architecture would name the
//! same image differently.
//!
//! In the order of the work: [`request`] is what is asked, `run` the sequence with `fetch` and [`examine`], [`progress`] what an
//! onlooker sees, [`product`] what comes out, [`error`] what can go wrong. [`trim`] makes room in the cache of blobs.

pub mod error;
pub mod examine;
mod fetch;
pub mod product;
pub mod progress;
pub mod request;
mod run;
pub mod trim;

pub use error::PullError;
pub use examine::{ExamineError, Examiner};
pub(crate) use product::Made;
pub use product::{Product, Pulled};
pub use progress::{Phase, Progress, Silent};
pub use request::{
    Authentication, Credential, Directories, Existing, Location, PullRequest, RegistryLocation, Source, Timing,
};
pub use run::pull;
pub use trim::{Keep, Trimmed, trim_cache};

pub use crate::convert::{
    Compression, Conversion, Format, Limits, Lz4, Modes, Ownership, Policy, Report, SetId, WriterChoice,
};
pub use crate::registry::{ImageConfig, Platform};
