//! The seam between the merged tree and what becomes of it.
//!
//! A writer is given every directory and symbolic link first, in the order of the names and parents
//! before children; then the files with their content, each followed by its further names. Paths
//! are relative, normalised and free of `..`; the root is the empty path.

use std::io::{self, Read};

use tempfile::NamedTempFile;

use super::error::ConvertError;
use super::policy::Attributes;
use crate::pull::Made;

/// Makes an image out of a merged tree.
pub(crate) trait ImageWriter {
    fn directory(&mut self, path: &[u8], attributes: Attributes) -> Result<(), ConvertError>;

    fn symlink(&mut self, path: &[u8], target: &[u8], attributes: Attributes) -> Result<(), ConvertError>;

    /// A file of exactly `size` bytes, which `content` yields.
    fn file(
        &mut self,
        path: &[u8],
        attributes: Attributes,
        size: u64,
        content: &mut dyn Read,
    ) -> Result<(), WriteError>;

    /// A further name of a file or symbolic link that was given before.
    fn hard_link(&mut self, path: &[u8], target: &[u8]) -> Result<(), ConvertError>;

    /// Completes the image and makes its bytes durable; gives it with its size in bytes.
    fn finish(self: Box<Self>) -> Result<(Made, u64), ConvertError>;
}

/// A file that could not be written: for what came in, or for where it goes.
#[derive(Debug)]
pub(crate) enum WriteError {
    Content(io::Error),
    Output(ConvertError),
}

impl From<ConvertError> for WriteError {
    fn from(error: ConvertError) -> Self {
        Self::Output(error)
    }
}

/// Makes a finished file durable; gives it with its size, as [`ImageWriter::finish`] does.
pub(crate) fn durable(output: NamedTempFile) -> Result<(Made, u64), ConvertError> {
    let file = output.as_file();
    let synced = file.sync_all().and_then(|()| file.metadata());
    let bytes = synced.map_err(|source| ConvertError::Output { path: output.path().to_owned(), source })?.len();
    Ok((Made::File(output), bytes))
}

/// Passes `content` on piece by piece.
pub(crate) fn pass_on(
    content: &mut dyn Read,
    mut write: impl FnMut(&[u8]) -> Result<(), ConvertError>,
) -> Result<(), WriteError> {
    let mut buffer = [0; 64 << 10];
    loop {
        match content.read(&mut buffer).map_err(WriteError::Content)? {
            0 => return Ok(()),
            count => write(&buffer[..count])?,
        }
    }
}
