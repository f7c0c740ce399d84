//! Why a pull failed, in words its user can act on.

use std::io;
use std::path::PathBuf;

use super::examine::ExamineError;
use crate::convert::ConvertError;
use crate::registry::RegistryError;

/// A failed pull. The text names the cause and becomes the record's message.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// The image could not be found or fetched.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The layers could not be made into an image.
    #[error(transparent)]
    Convert(#[from] ConvertError),
    /// The site's examiner did not let the image pass.
    #[error(transparent)]
    Examine(#[from] ExamineError),
    /// A directory of the gateway cannot be used.
    #[error("cannot use {}: {source}", path.display())]
    Directory {
        /// The directory or file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The work was given up because the gateway is stopping.
    #[error("the pull was cancelled")]
    Cancelled,
}
