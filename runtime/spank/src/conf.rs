//! udiRoot.conf, for the one who submits and for root.

use std::fmt;
use std::path::{Path, PathBuf};

use shifter::config::ConfigError;
use shifter::trust::{self, TrustError};
use shifter_formats::SYSCONFDIR;
use shifter_formats::udiroot::{Conf, ParseError};
use shifter_sys::{CallError, open};

/// No configuration is longer.
const LARGEST: u64 = 1 << 20;

/// Why there is no configuration.
#[derive(Debug)]
pub enum ConfError {
    /// The user cannot read it.
    Read(PathBuf, std::io::Error),
    /// Mistakes in it: all of them.
    Parse(PathBuf, Vec<ParseError>),
    /// Root does not believe it.
    Trust(TrustError),
    /// Root cannot read it.
    Call(PathBuf, CallError),
    /// The installed one is none.
    Installed(ConfigError),
    /// A key is missing.
    Missing(PathBuf, &'static str),
}

impl fmt::Display for ConfError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(path, error) => write!(f, "cannot read `{}`: {error}", path.display()),
            Self::Call(path, error) => write!(f, "cannot read `{}`: {error}", path.display()),
            Self::Parse(path, errors) => {
                write!(f, "`{}` has mistakes", path.display())?;
                errors.iter().try_for_each(|error| write!(f, "; {error}"))
            }
            Self::Trust(error) => error.fmt(f),
            Self::Installed(error) => error.fmt(f),
            Self::Missing(path, key) => write!(f, "`{}`: key {key} is missing", path.display()),
        }
    }
}

impl std::error::Error for ConfError {}

/// The file that is read.
#[must_use]
pub fn path(named: Option<&Path>) -> PathBuf {
    named.map_or_else(|| Path::new(SYSCONFDIR).join("udiRoot.conf"), Path::to_owned)
}

/// As the user reads it who submits.
///
/// # Errors
/// When he cannot, or it has mistakes.
pub fn as_user(named: Option<&Path>) -> Result<Conf, ConfError> {
    let path = path(named);
    let bytes = std::fs::read(&path).map_err(|error| ConfError::Read(path.clone(), error))?;
    Conf::parse_native(&bytes).map_err(|errors| ConfError::Parse(path, errors))
}

/// As root reads it: only root may have written it.
///
/// # Errors
/// When root cannot trust the file, or it has mistakes.
pub fn as_root(named: Option<&Path>) -> Result<Conf, ConfError> {
    let Some(path) = named else { return shifter::config::load_installed().map_err(ConfError::Installed) };
    let (file, facts) = trust::open_file(path).map_err(ConfError::Trust)?;
    let bytes = open::read_sized(file, facts.size, LARGEST).map_err(|error| ConfError::Call(path.to_owned(), error))?;
    Conf::parse_native(&bytes).map_err(|errors| ConfError::Parse(path.to_owned(), errors))
}

/// A program of the installation, as `bin/shifterimg`.
///
/// # Errors
/// Without key `udiRootPath`.
pub fn program(conf: &Conf, named: Option<&Path>, name: &str) -> Result<PathBuf, ConfError> {
    let root = conf.udi_root_path.as_ref().ok_or_else(|| ConfError::Missing(path(named), "udiRootPath"))?;
    Ok(root.join(name))
}

/// Where containers are.
///
/// # Errors
/// Without key `udiMount`.
pub fn udi_mount<'a>(conf: &'a Conf, named: Option<&Path>) -> Result<&'a Path, ConfError> {
    conf.udi_mount.as_deref().ok_or_else(|| ConfError::Missing(path(named), "udiMount"))
}
