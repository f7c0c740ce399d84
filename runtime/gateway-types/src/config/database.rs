//! The URL of the store.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// A store the gateway knows, from the text of `Database`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Database {
    /// `sqlite:///absolute/path`: an embedded store in one file, of one gateway.
    Sqlite(PathBuf),
    /// `postgresql://user@host/name`: a database that several gateways share.
    Postgres(DatabaseUrl),
}

/// The URL of a database on the network. It may hold a password, which is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// The whole URL, with its password, for whoever connects.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// Where it leads, without user, password and options.
impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, rest) = self.0.split_once("://").unwrap_or_default();
        let rest = rest.split('?').next().unwrap_or_default();
        let place = rest.rsplit_once('@').map_or(rest, |(_login, place)| place);
        write!(f, "{scheme}://{place}")
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "{}", path.display()),
            Self::Postgres(url) => write!(f, "{url}"),
        }
    }
}

/// Why a store's URL is refused. The URL itself is never printed: it may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseError {
    /// The path after `sqlite://` does not begin with `/`.
    #[error("the path of a sqlite database must be absolute: `sqlite:///var/lib/shifter/gateway.db`")]
    RelativePath,
    /// Another scheme.
    #[error(
        "`{0}` is no store of this gateway: write `sqlite:///var/lib/shifter/gateway.db` or `postgresql://host/name`"
    )]
    UnknownScheme(String),
    /// No scheme.
    #[error("not a URL: write `sqlite:///var/lib/shifter/gateway.db` or `postgresql://host/name`")]
    NoScheme,
}

impl FromStr for Database {
    type Err = DatabaseError;

    fn from_str(text: &str) -> Result<Self, DatabaseError> {
        let (scheme, rest) = text.split_once("://").ok_or(DatabaseError::NoScheme)?;
        match scheme {
            "sqlite" if rest.starts_with('/') => Ok(Self::Sqlite(PathBuf::from(rest))),
            "sqlite" => Err(DatabaseError::RelativePath),
            "postgresql" | "postgres" => Ok(Self::Postgres(DatabaseUrl(text.to_owned()))),
            other => Err(DatabaseError::UnknownScheme(other.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_its_password() {
        let url: Database = "postgresql://gateway:p@ss@db1,db2:5433/shifter?sslmode=verify-full".parse().unwrap();
        assert_eq!(url.to_string(), "postgresql://db1,db2:5433/shifter");
        assert_eq!(format!("{url:?}"), "Postgres(postgresql://db1,db2:5433/shifter)");
    }
}
