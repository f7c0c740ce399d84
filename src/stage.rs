//! Making a directory with an MPI of the host that containers can use in place of their own: `shifter-site stage`.
//!
//! ```text
//! OUT/4.3.2/manifest.json         what there is, where it came from, what it needs
//!          lib/libmpi.so.12       the libraries of the ABI, under all names that programs know them by
//!          lib/libmpich.so.12     -> libmpi.so.12
//!          lib/dep/               what they need, and nobody else finds
//! ```
//!
//! A module puts `lib` before `LD_LIBRARY_PATH`. So only the ABI's own libraries take the place of an image's; what they
//! need is found by a run path relative to themselves, wherever the directory is mounted. Nothing of the C library is
//! taken: the loader and its libraries must be of one build, and those are the image's.
//!
//! 1. [`gather`] finds the libraries and all they need, and reads nothing into an image. 2. [`write`] makes copies with
//!    their run paths changed, reads them back and puts the whole directory in place at once. Source files are only read.

mod gather;
mod manifest;
mod needed;
mod write;

pub use gather::{Staged, Wanted, gather};
pub use manifest::{File, MANIFEST, Manifest};
pub(crate) use needed::is_of_the_image;
pub use write::{Outcome, write};

use std::io;
use std::path::PathBuf;

/// Why there is nothing staged.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The prefix holds no MPI of that ABI.
    #[error("no MPI of the MPICH ABI in `{}`: none of {looked} has libmpi.so.12 or libmpich.so.12", from.display())]
    NoMpi {
        /// The prefix.
        from: PathBuf,
        /// The directories that were looked into.
        looked: String,
    },
    /// The library is somebody else's.
    #[error("`{path}` is {is}, whose libmpi.so.12 has not the ABI of MPICH")]
    OtherMpi {
        /// The library.
        path: String,
        /// Who made it.
        is: String,
    },
    /// `--abi` names something else.
    #[error("`--abi {0}`: of the MPICH ABI there are libmpi.so.12 and libmpich.so.12")]
    Abi(String),
    /// A library of the ABI is for another machine than the others.
    #[error("`{path}` is for {is}, and the other libraries are for {wanted}")]
    Foreign {
        /// The library.
        path: String,
        /// What it is for.
        is: String,
        /// What the others are for.
        wanted: String,
    },
    /// What the libraries need is not there.
    #[error("needed and not found: {}", .0.join("; "))]
    Missing(Vec<String>),
    /// The library does not say its version.
    #[error("`{0}` does not say which version it is: name one with `--as`")]
    NoVersion(String),
    /// The version is no name of a directory.
    #[error("`--as {0}`: a version has letters, digits, `.`, `+` and `-`")]
    Version(String),
    /// The run path of a library cannot be changed.
    #[error("`{path}`: {source}")]
    Rewrite {
        /// The library.
        path: String,
        /// Why.
        source: crate::elf::RewriteError,
    },
    /// Something else lives there.
    #[error("`{}` is not empty and holds nothing staged before: name a directory for this MPI alone", .0.display())]
    ForeignDirectory(PathBuf),
    /// That version is there with other content, and containers may be using it.
    #[error("`{}` is there already and differs ({what}): name another version with `--as`", at.display())]
    Differs {
        /// The directory.
        at: PathBuf,
        /// What differs.
        what: String,
    },
    /// What was written is not complete in itself.
    #[error("what was written is not whole: {0}")]
    NotWhole(String),
    /// A file cannot be read or written.
    #[error("cannot {verb} `{}`: {source}", path.display())]
    File {
        /// `read` or `write`.
        verb: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

#[cfg(test)]
mod tests;
