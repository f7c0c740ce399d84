//! `--env-file`: variables in a file of the container, read as the user.

use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use shifter_sys::CallError;
use shifter_sys::open::{self, For};

use super::LARGEST_ENV_FILE;
use crate::request::Environment;

/// Why there are no variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnvFileError {
    /// The file cannot be read in the container.
    Read(PathBuf, CallError),
    /// A line is not `NAME=VALUE`; its number from 1.
    Line(PathBuf, usize),
}

impl fmt::Display for EnvFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EnvFileError::Read(path, error) => {
                write!(f, "cannot read `{}` in the container: {}", path.display(), error.errno)
            }
            EnvFileError::Line(path, line) => write!(f, "{}:{line}: not of the form NAME=VALUE", path.display()),
        }
    }
}

impl std::error::Error for EnvFileError {}

pub(super) fn read(path: &Path) -> Result<Environment, EnvFileError> {
    let file = open::host(path, For::Reading).and_then(|file| open::read_all(file, LARGEST_ENV_FILE));
    let bytes = file.map_err(|error| EnvFileError::Read(path.to_owned(), error))?;
    parse(&bytes).map_err(|line| EnvFileError::Line(path.to_owned(), line))
}

/// Lines are trimmed; blank ones and those that begin with `#` are skipped; nothing is unquoted. The number of the
/// first wrong line is the error.
fn parse(bytes: &[u8]) -> Result<Environment, usize> {
    let mut environment = Environment::new();
    for (nth, line) in bytes.split(|&byte| byte == b'\n').enumerate() {
        let line = line.trim_ascii();
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        match line.iter().position(|&byte| byte == b'=') {
            Some(at @ 1..) if !line.contains(&0) => environment
                .push((OsStr::from_bytes(&line[..at]).to_owned(), OsStr::from_bytes(&line[at + 1..]).to_owned())),
            _ => return Err(nth + 1),
        }
    }
    Ok(environment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_trimmed_and_not_unquoted() {
        let parsed = parse(b"\n  # note\n A=\"x y\" \r\nB = 2\nC=\n").unwrap();
        let expected = [("A", "\"x y\""), ("B ", " 2"), ("C", "")];
        assert_eq!(parsed, expected.map(|(name, value)| (name.into(), value.into())));
    }

    #[test]
    fn a_wrong_line_is_told_by_its_number() {
        assert_eq!(parse(b"A=1\nB\n"), Err(2));
        assert_eq!(parse(b"=1"), Err(1));
    }
}
