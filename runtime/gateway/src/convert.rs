//! Layers into one file system, in one stream.
//!
//! The layers are read twice. The first reading looks at headers only and applies them, in order,
//! to a `tree` held in memory; whiteouts, opaque directories, hard links, and one kind of file
//! taking another's place are all decided there, by the same rules as unpacking would. The second
//! reading streams the bytes of the files that are left into a `writer`. Nothing is ever unpacked:
//! names of the image never meet the host's file system (only the format `directory` makes files,
//! below a directory it opened itself).
//!
//! Two readings rather than one from the top layer down: a hard link may need the bytes of a file
//! that a later layer replaces or a later entry of the same layer overwrites, and an entry may
//! reach its place through a symbolic link of a lower layer. Decompression is cheap beside
//! compression.
//!
//! In the order of the flow: `compressed` opens a layer, `tar` and `pax` read its entries,
//! `apply` puts them into the `tree`, `emit` plays it to a writer (`tar2sqfs`,
//! `backhand`, `directory`, `packed`) under a [`policy`], within [`limits`], leaving a [`report`]: `look` sees the libraries
//! among the files go by, [`closed`] the directories that users cannot enter.

pub(crate) mod apply;
pub(crate) mod background;
pub(crate) mod backhand;
pub mod closed;
pub(crate) mod compressed;
pub(crate) mod directory;
pub(crate) mod emit;
pub mod error;
pub mod limits;
pub(crate) mod look;
pub mod options;
pub(crate) mod packed;
pub(crate) mod pax;
pub mod policy;
pub(crate) mod program;
pub mod report;
pub(crate) mod run;
pub mod stripes;
pub(crate) mod tar;
pub(crate) mod tar2sqfs;
pub(crate) mod tar_writer;
pub(crate) mod temporary;
pub(crate) mod tree;
pub(crate) mod unpacked;
pub(crate) mod writer;

pub use closed::Closed;
pub use error::ConvertError;
pub use limits::Limits;
pub use options::{Compression, Conversion, Format, Lz4, OptionError, WriterChoice};
pub use policy::{Modes, Ownership, Policy, SetId};
pub use report::Report;
pub use stripes::Stripes;
pub use temporary::Neighbours;
