//! Why layers could not be converted.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

use super::options::{Format, OptionError};

/// A failed conversion.
#[derive(Debug, thiserror::Error)]
pub enum ConvertError {
    /// A layer is not what it should be.
    #[error("layer {layer}: {source}")]
    Layer {
        /// The layer's digest.
        layer: String,
        /// What is wrong with it.
        source: LayerError,
    },
    /// The result cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Output {
        /// The temporary file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The writer's program cannot be started.
    #[error("cannot start {program}: {source}")]
    Start {
        /// The program.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// The writer's program failed.
    #[error("{program} failed ({status}): {stderr}")]
    Program {
        /// The program.
        program: String,
        /// How it ended.
        status: ExitStatus,
        /// The end of what it wrote to its standard error.
        stderr: String,
    },
    /// The library writer failed.
    #[error("cannot build the squashfs: {0}")]
    Backhand(String),
    /// A converter option that cannot be honoured.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// Owners that only root can give.
    #[error(
        "the owners of an image are kept in `{0}` by a gateway that is root only: set `ownership` to `root`, or use squashfs"
    )]
    Owners(Format),
    /// Nobody waits for the result any more.
    #[error("the conversion was cancelled")]
    Cancelled,
}

/// What is wrong with a layer.
#[derive(Debug, thiserror::Error)]
pub enum LayerError {
    /// Reading or decompressing fails.
    #[error("cannot be read: {0}")]
    Read(io::Error),
    /// It is no tar archive.
    #[error("not a valid tar archive at byte {at}: {what}")]
    Tar {
        /// Offset in the uncompressed archive.
        at: u64,
        /// What is wrong there.
        what: &'static str,
    },
    /// An entry that is refused.
    #[error("entry `{}`: {what}", printable(path))]
    Entry {
        /// Its path as the layer spells it.
        path: Vec<u8>,
        /// Why.
        what: &'static str,
    },
    /// A limit is passed.
    #[error("{what} passes the limit of {limit}")]
    Limit {
        /// What there is too much of.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
    /// Nobody waits for the result any more.
    #[error("the conversion was cancelled")]
    Cancelled,
}

/// A path for a message: control characters escaped, other bytes that are no UTF-8 replaced.
fn printable(path: &[u8]) -> String {
    String::from_utf8_lossy(path).escape_debug().to_string()
}

impl From<io::Error> for LayerError {
    fn from(error: io::Error) -> Self {
        super::compressed::layer_error(error)
    }
}
