//! `udiRoot.conf`, as far as root may believe it.

use std::fmt;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use shifter_formats::SYSCONFDIR;
use shifter_formats::udiroot::{Conf, ParseError};
use shifter_sys::open::{self, For};
use shifter_sys::{CallError, Errno};

use crate::privilege::{Caller, Dropped, Mode, Raised};
use crate::request::Environment;
use crate::rootless::{self, PlaceError};
use crate::trust::{self, TrustError};

/// No configuration is longer.
const LARGEST: u64 = 1 << 20;

/// Why there is no configuration.
#[derive(Debug)]
pub enum ConfigError {
    /// Somebody who is not root could have written it.
    Trust(TrustError),
    /// It cannot be read.
    Read(PathBuf, CallError),
    /// Mistakes in it: all of them.
    Parse(PathBuf, Vec<ParseError>),
    /// A user who may not names a file.
    NotYours,
    /// There is no file, and nothing to take its place.
    BuiltIn(PlaceError),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConfigError::Trust(error) => error.fmt(f),
            ConfigError::Read(path, error) => write!(f, "cannot read `{}`: {error}", path.display()),
            ConfigError::Parse(path, errors) => {
                for (nth, error) in errors.iter().enumerate() {
                    let separator = if nth == 0 { "" } else { "\n" };
                    write!(f, "{separator}`{}`, {error}", path.display())?;
                }
                Ok(())
            }
            ConfigError::BuiltIn(error) => error.fmt(f),
            ConfigError::NotYours => f.write_str(
                "a setuid shifter has one configuration; `--config` and SHIFTER_CONFIG are for a copy without",
            ),
        }
    }
}

impl std::error::Error for ConfigError {}

/// The configuration of the installation; without privilege, the one the user names if he does, and a built-in one where
/// neither is there.
///
/// # Errors
/// When root cannot trust the file, or it has mistakes.
pub fn load(raised: &Raised, named: Option<&Path>, environment: &Environment) -> Result<Conf, ConfigError> {
    match (raised.caller().mode, named) {
        (Mode::Setuid | Mode::Root, Some(_)) => Err(ConfigError::NotYours),
        (Mode::Setuid | Mode::Root, None) => load_installed(),
        (Mode::UserNamespace, named) => load_rootless(raised.caller(), named, environment),
    }
}

/// The configuration of the installation, as root believes it.
///
/// # Errors
/// When root cannot trust the file, or it has mistakes.
pub fn load_installed() -> Result<Conf, ConfigError> {
    let path = installed();
    let (file, facts) = trust::open_file(&path).map_err(ConfigError::Trust)?;
    let bytes = open::read_sized(file, facts.size, LARGEST);
    parse(path, bytes)
}

/// The same configuration, read with the caller's own rights: for what is only shown to him.
///
/// # Errors
/// When he may not read it, or it has mistakes.
pub fn load_as_user(dropped: &Dropped, named: Option<&Path>, environment: &Environment) -> Result<Conf, ConfigError> {
    match (dropped.caller().mode, named) {
        (Mode::UserNamespace, named) => load_rootless(dropped.caller(), named, environment),
        (_, Some(_)) => Err(ConfigError::NotYours),
        (_, None) => {
            let (path, file) = open_as_user(None)?;
            read(path, file)
        }
    }
}

fn load_rootless(caller: &Caller, named: Option<&Path>, environment: &Environment) -> Result<Conf, ConfigError> {
    match open_as_user(named) {
        Err(ConfigError::Read(_, CallError { errno: Errno::NOENT, .. })) if named.is_none() => {
            rootless::built_in(caller, environment).map_err(ConfigError::BuiltIn)
        }
        opened => opened.and_then(|(path, file)| read(path, file)),
    }
}

fn installed() -> PathBuf {
    Path::new(SYSCONFDIR).join("udiRoot.conf")
}

fn open_as_user(named: Option<&Path>) -> Result<(PathBuf, OwnedFd), ConfigError> {
    let path = named.map_or_else(installed, Path::to_owned);
    let file = open::host(&path, For::Reading).map_err(|error| ConfigError::Read(path.clone(), error))?;
    Ok((path, file))
}

fn read(path: PathBuf, file: OwnedFd) -> Result<Conf, ConfigError> {
    parse(path, open::read_all(file, LARGEST))
}

fn parse(path: PathBuf, bytes: Result<Vec<u8>, CallError>) -> Result<Conf, ConfigError> {
    let bytes = bytes.map_err(|error| ConfigError::Read(path.clone(), error))?;
    Conf::parse_native(&bytes).map_err(|errors| ConfigError::Parse(path, errors))
}
