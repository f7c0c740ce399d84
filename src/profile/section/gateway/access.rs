//! Who may use the gateway and how it reaches nodes: munge, ssh, TLS, importers.

use crate::profile::section::scalar::{AbsPath, Hostlist, Name};
use crate::profile::section::secret::Secret;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use std::fmt;
use validator::Validate;

/// The munge daemon that knows one system's key.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct Munge {
    /// Its socket: `mungeSocketPath`.
    pub socket: Option<AbsPath>,
    /// The key, when the gateway's host runs a daemon of its own for it.
    pub key: Option<Secret>,
}

/// How image files are copied to a system that does not share a file system.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct Ssh {
    /// The hosts that receive them: `host`. The original uses the first only.
    pub hosts: Hostlist,
    /// The user to log in as: `username`.
    pub user: Option<Name>,
    /// The private key: `key`.
    pub key: Option<Secret>,
    /// Where the key lies on the gateway's host. Default: `ssh-SYSTEM` in the configuration directory.
    pub key_path: Option<AbsPath>,
    /// The directory there, when not `images.path`: `imageDir`.
    pub image_dir: Option<AbsPath>,
    /// Options of `ssh`: `sshCmdOptions`.
    pub ssh_options: Vec<String>,
    /// Options of `scp`: `scpCmdOptions`.
    pub scp_options: Vec<String>,
}

/// Certificate and key of an `https` endpoint.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct Tls {
    /// The certificate chain, PEM.
    pub certificate: Option<AbsPath>,
    /// The private key, PEM, readable by the service alone.
    pub key: Option<AbsPath>,
}

/// Who may import image files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportUsers {
    /// A text: `all`, `none`, or what somebody took for a list.
    Text(String),
    /// These users.
    List(Vec<String>),
}

impl<'de> Deserialize<'de> for ImportUsers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = ImportUsers;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of users such as [\"alice\"], \"none\" or \"all\"")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<ImportUsers, E> {
                Ok(ImportUsers::Text(text.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<ImportUsers, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = items.next_element()? {
                    list.push(item);
                }
                Ok(ImportUsers::List(list))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl JsonSchema for ImportUsers {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ImportUsers".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "users who may import image files: a list, `none` or `all`",
            "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }]
        })
    }
}
