//! `[gateway.database]` and `[gateway.broker]`: where the gateway keeps its records and its queue.

use crate::profile::section::scalar::{AbsPath, Name, Url};
use crate::profile::section::secret::Secret;
use schemars::JsonSchema;
use serde::Deserialize;
use validator::Validate;

/// Where records are kept: `MongoDBURI` and `MongoDB`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// `mongodb://host/...`; the native gateway also takes `sqlite:///path` and `postgresql://host/name`. No password here.
    pub uri: Option<Url>,
    /// The name of the database. Default `Shifter`.
    pub name: Option<String>,
    /// The user to log in as.
    pub user: Option<String>,
    /// Their password. Natively the file holds the whole address, which the gateway reads when it starts.
    pub password: Option<Secret>,
    /// The account that makes the database.
    #[validate(nested)]
    pub admin: Option<Admin>,
}

/// The account that makes the database.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct Admin {
    /// Its name.
    pub user: Option<String>,
    /// Its password.
    pub password: Option<Secret>,
}

/// The message broker of 16.08 and 17.04: `Broker`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct Broker {
    /// `redis://host/`. No password here.
    pub uri: Option<Url>,
    /// The password, also `requirepass` of redis.conf.
    pub password: Option<Secret>,
    /// `dir` of redis.conf.
    pub data_dir: Option<AbsPath>,
    /// The user redis runs as. Default `redis`.
    pub user: Option<Name>,
}
