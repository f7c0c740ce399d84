//! `Listen`: the sockets the gateway serves.

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One socket to listen on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listen {
    /// `unix:/run/shifter/gateway.sock`; the kernel tells who is calling.
    Unix(PathBuf),
    /// `tcp:host:port`; callers send a munge credential. The text is `host:port`.
    Tcp(String),
}

/// The text names no socket.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no socket: write `unix:/run/shifter/gateway.sock` or `tcp:0.0.0.0:5000`")]
pub struct ListenError(String);

impl Listen {
    /// Port 5000 of every address, as the documented deployments of 16.08 to 18.03.
    #[must_use]
    pub fn default_tcp() -> Self {
        Self::Tcp("0.0.0.0:5000".to_owned())
    }
}

impl FromStr for Listen {
    type Err = ListenError;

    fn from_str(text: &str) -> Result<Self, ListenError> {
        let wrong = || ListenError(text.to_owned());
        match text.split_once(':') {
            Some(("unix", path)) if path.starts_with('/') => Ok(Self::Unix(PathBuf::from(path))),
            Some(("tcp", address)) => {
                let (host, port) = address.rsplit_once(':').ok_or_else(wrong)?;
                let bare_ipv6 = host.contains(':') && !(host.starts_with('[') && host.ends_with(']'));
                let is_port = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
                if host.is_empty() || bare_ipv6 || !is_port || port.parse::<u16>().is_err() {
                    return Err(wrong());
                }
                Ok(Self::Tcp(address.to_owned()))
            }
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Tcp(address) => write!(f, "tcp:{address}"),
        }
    }
}

impl Serialize for Listen {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Listen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Listen {
    fn schema_name() -> Cow<'static, str> {
        "Listen".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^(unix:/|tcp:.+:[0-9]+$)" })
    }
}
