//! The URL of the store.

use std::path::PathBuf;
use std::str::FromStr;

/// A store the gateway knows, from the text of `Database`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Database {
    /// `sqlite:///absolute/path`: an embedded store in one file.
    Sqlite(PathBuf),
}

/// Why a store's URL is refused. The URL itself is never printed: it may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseError {
    /// The path after `sqlite://` does not begin with `/`.
    #[error("the path of a sqlite database must be absolute: `sqlite:///var/lib/shifter/gateway.db`")]
    RelativePath,
    /// Another scheme.
    #[error("`{0}` is no store of this gateway: write `sqlite:///var/lib/shifter/gateway.db`")]
    UnknownScheme(String),
    /// No scheme.
    #[error("not a URL: write `sqlite:///var/lib/shifter/gateway.db`")]
    NoScheme,
}

impl FromStr for Database {
    type Err = DatabaseError;

    fn from_str(text: &str) -> Result<Self, DatabaseError> {
        let (scheme, rest) = text.split_once("://").ok_or(DatabaseError::NoScheme)?;
        match scheme {
            "sqlite" if rest.starts_with('/') => Ok(Self::Sqlite(PathBuf::from(rest))),
            "sqlite" => Err(DatabaseError::RelativePath),
            other => Err(DatabaseError::UnknownScheme(other.to_owned())),
        }
    }
}
