//! `--env-file`: variables in a file of the container, read as the user.

use std::fmt;
use std::path::{Path, PathBuf};

use shifter_formats::env::{EnvFileFault, parse_env_file};
use shifter_sys::CallError;
use shifter_sys::open::{self, For};

use super::LARGEST_ENV_FILE;
use crate::request::Environment;

/// Why there are no variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnvFileError {
    /// The file cannot be read in the container.
    Read(PathBuf, CallError),
    /// A line is no variable.
    Line(PathBuf, EnvFileFault),
}

impl fmt::Display for EnvFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EnvFileError::Read(path, error) => {
                write!(f, "cannot read `{}` in the container: {}", path.display(), error.errno)
            }
            EnvFileError::Line(path, fault) => write!(f, "`{}`, {fault}", path.display()),
        }
    }
}

impl std::error::Error for EnvFileError {}

pub(super) fn read(path: &Path) -> Result<Environment, EnvFileError> {
    let file = open::host(path, For::Reading).and_then(|file| open::read_all(file, LARGEST_ENV_FILE));
    let bytes = file.map_err(|error| EnvFileError::Read(path.to_owned(), error))?;
    parse_env_file(&bytes).map_err(|fault| EnvFileError::Line(path.to_owned(), fault))
}
