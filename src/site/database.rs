//! Where the gateway keeps its records and its queue.

use crate::profile::section::secret::Secret;

/// The store of records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Database {
    /// Its address, without user and password.
    pub uri: String,
    /// The name of the database.
    pub name: String,
    /// The user to log in as.
    pub user: Option<String>,
    /// Where their password is.
    pub password: Option<Secret>,
}

/// The queue of 16.08 and 17.04.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broker {
    /// Its address, without password.
    pub uri: String,
    /// Where the password is.
    pub password: Option<Secret>,
    /// Where redis keeps its data.
    pub data_dir: String,
    /// The user and group redis runs as.
    pub user: String,
}
