//! Why a store cannot be used.

use std::io;
use std::path::PathBuf;

use super::postgres::TargetError;

/// The store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file cannot be made or opened.
    #[error("cannot open the database {}: {source}", path.display())]
    Open {
        /// The database or its lock file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another gateway has it open.
    #[error("the database {} is in use by another gateway", .0.display())]
    InUse(PathBuf),
    /// A later version wrote it.
    #[error("the database {database} has schema version {found}, this gateway knows up to {known}")]
    TooNew {
        /// The database.
        database: String,
        /// Its version.
        found: i64,
        /// The newest version known.
        known: i64,
    },
    /// SQLite refuses.
    #[error("the database says: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// PostgreSQL refuses.
    #[error("the database says: {0}")]
    Postgres(String),
    /// The database cannot be reached now, or has no time.
    #[error("the database is away: {0}")]
    Away(String),
    /// The URL cannot be used.
    #[error("the URL of the database cannot be used: {0}")]
    Target(#[from] TargetError),
    /// A value that this program writes as JSON is none.
    #[error("the database holds a damaged value: {0}")]
    Damaged(#[from] serde_json::Error),
    /// A value is of another type than this program writes.
    #[error("the database holds {kind} where something else belongs")]
    Unexpected {
        /// What it holds.
        kind: &'static str,
    },
}

impl StoreError {
    /// Whether the same may well succeed a moment later.
    #[must_use]
    pub fn is_away(&self) -> bool {
        matches!(self, Self::Away(_))
    }
}
