//! Whether the database refuses, or is not there.

use postgres::error::SqlState;

use crate::store::StoreError;

/// What a server says that stops, starts, has no room, has become a copy, or had to give up waiting (PostgreSQL,
/// "Error Codes").
const AWAY: [SqlState; 11] = [
    SqlState::ADMIN_SHUTDOWN,
    SqlState::CRASH_SHUTDOWN,
    SqlState::CANNOT_CONNECT_NOW,
    SqlState::TOO_MANY_CONNECTIONS,
    SqlState::READ_ONLY_SQL_TRANSACTION,
    SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
    SqlState::LOCK_NOT_AVAILABLE,
    SqlState::QUERY_CANCELED,
    SqlState::CONNECTION_EXCEPTION,
    SqlState::CONNECTION_FAILURE,
    SqlState::DISK_FULL,
];

impl From<postgres::Error> for StoreError {
    fn from(error: postgres::Error) -> Self {
        let text = with_sources(&error);
        match error.code() {
            Some(code) if AWAY.contains(code) => Self::Away(text),
            // Not a word of the server: the connection is gone, or was never made.
            None if is_of_connection(&error) => Self::Away(text),
            _ => Self::Postgres(text),
        }
    }
}

fn is_of_connection(error: &postgres::Error) -> bool {
    let is_io = |error: &(dyn std::error::Error + 'static)| error.is::<std::io::Error>();
    let mut sources = std::iter::successors(std::error::Error::source(error), |source| source.source());
    error.is_closed()
        || sources.any(is_io)
        || error.to_string().starts_with("error connecting")
        || error.to_string().starts_with("timeout")
}

fn with_sources(error: &postgres::Error) -> String {
    let sources = std::iter::successors(std::error::Error::source(error), |source| source.source());
    sources.fold(error.to_string(), |text, source| {
        let source = source.to_string();
        if text.ends_with(&source) { text } else { format!("{text}: {source}") }
    })
}
