//! From a reference to the secret itself, and how to find one where none may be.
//!
//! A profile holds references ([`Reference`]); [`resolve`] reads what one refers to. The text lives in a
//! [`SecretValue`], which cannot be shown or serialised and is overwritten when it goes. [`Forms`] are the ways in
//! which a secret's bytes may stand in a file or in what a verb says; nothing is ever printed to compare.

mod file;
mod known;
mod login;
mod places;
mod program;
mod scan;
mod value;
mod weak;

pub use crate::profile::section::secret::Secret as Reference;
pub use known::Known;
pub(crate) use login::{Address, logins};
pub use places::{Place, places};
pub use scan::{Form, Forms};
pub use value::SecretValue;
pub use weak::{FEWEST, weakness};

use std::path::{Path, PathBuf};

/// How many bytes a secret may have.
const MOST_BYTES: usize = 64 * 1024;

/// Whether commands that a profile names are run for its secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commands {
    /// `--allow-secret-commands` was not given.
    Refused,
    /// It was.
    Allowed,
}

/// How much of what is read is the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// The first line: a password.
    FirstLine,
    /// All of it: a key.
    Whole,
}

/// Why a secret could not be had. No message holds its value.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// A file that cannot be read.
    #[error("cannot read the secret `{}`: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A directory, a device, a pipe.
    #[error("the secret `{}` is no regular file", path.display())]
    NotAFile {
        /// Its path.
        path: PathBuf,
    },
    /// A file that others than its owner and, for reading, its group reach.
    #[error("the secret `{}` has the mode {mode:04o}: {who}; it can have 0600, or 0640 for a group of its own", path.display())]
    Mode {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
        /// Who reaches it.
        who: &'static str,
    },
    /// A variable that is not set.
    #[error("the environment has no variable `{name}` for a secret")]
    Variable {
        /// Its name.
        name: String,
    },
    /// A sops document of a kind that its name does not tell.
    #[error("`{file}` does not say of which kind it is: expected the ending .yaml, .json, .env, .ini or .bin")]
    SopsKind {
        /// The document, as written.
        file: String,
    },
    /// A program that failed.
    #[error("`{program}` did not give the secret `{name}`: {why}")]
    Program {
        /// The program.
        program: String,
        /// The secret's name.
        name: String,
        /// Its exit status, or why it did not run.
        why: String,
    },
    /// A command that nobody allowed.
    #[error("the secret `{name}` comes from a command: allow it with `--allow-secret-commands`")]
    CommandNotAllowed {
        /// The secret's name.
        name: String,
    },
    /// A secret without text.
    #[error("the secret `{name}` is empty")]
    Empty {
        /// The secret's name.
        name: String,
    },
    /// A password that is not UTF-8, or has control characters.
    #[error("the secret `{name}` is not text")]
    NotText {
        /// The secret's name.
        name: String,
    },
    /// More than a secret can be.
    #[error("the secret `{name}` has more than {MOST_BYTES} bytes")]
    TooLong {
        /// The secret's name.
        name: String,
    },
}

/// The secret that `reference` refers to; its files are relative to `dir`, the directory of the profile.
///
/// # Errors
/// What stands in the way, by the secret's name and never by its value.
pub fn resolve(
    reference: &Reference,
    dir: &Path,
    commands: Commands,
    extent: Extent,
) -> Result<SecretValue, ResolveError> {
    let name = || reference.name().to_owned();
    let all = match reference {
        Reference::File(file) => file::read(&dir.join(file), reference.name())?,
        Reference::Env(variable) => {
            use std::os::unix::ffi::OsStringExt as _;
            let found = std::env::var_os(variable).ok_or_else(|| ResolveError::Variable { name: variable.clone() })?;
            zeroize::Zeroizing::new(found.into_vec())
        }
        Reference::Sops { file, key } => program::sops(file, key, dir)?,
        Reference::Command(_) if commands == Commands::Refused => {
            return Err(ResolveError::CommandNotAllowed { name: name() });
        }
        Reference::Command(words) => program::command(words, dir, reference.name())?,
    };
    let value = match extent {
        Extent::Whole => SecretValue::from_bytes(&all),
        Extent::FirstLine => {
            let first = all.split(|byte| *byte == b'\n').next().unwrap_or_default();
            let text = std::str::from_utf8(first.strip_suffix(b"\r").unwrap_or(first));
            match text {
                Ok(text) if !text.contains(|c: char| c.is_control()) => SecretValue::new(text),
                _ => return Err(ResolveError::NotText { name: name() }),
            }
        }
    };
    if value.is_empty() { Err(ResolveError::Empty { name: name() }) } else { Ok(value) }
}
