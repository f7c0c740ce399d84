//! Reading as the original does, warts included.
//!
//! Sites have files that work because of how the original reads them. To carry such a site over, one must know what
//! it *has*, not what it meant: [`read`] gives that, and [`interpret`] also tells every place where a text
//! was changed or swallowed on the way.

pub(crate) mod lines;
mod module;
mod notice;
mod reading;
mod volume;

pub use notice::{Notice, NoticeKind, Refusal, RefusalKind};
pub use reading::{Reading, Survey, UnreadLine, interpret, interpret_patched, read, survey};
pub use volume::{InvalidVolumeMap, VolumeCode, parse_volumes};

pub(crate) use volume::read_volumes;
