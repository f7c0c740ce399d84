//! `[gateway.proxy]`: how registries are reached from inside a site.

use crate::profile::section::scalar::{HostPort, Url};
use crate::profile::section::secret::Secret;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use std::fmt;
use validator::Validate;

/// The proxy that registries are reached through.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct Proxy {
    /// For `http` registries: `http_proxy`.
    pub http: Option<Url>,
    /// For `https` registries, that is nearly all: `https_proxy`.
    pub https: Option<Url>,
    /// For both: `all_proxy`. The original takes a SOCKS proxy only, written `socks5:host:port`.
    pub all: Option<AllProxy>,
    /// Whom the proxies for `http` and `https` know.
    pub user: Option<String>,
    /// Where the user's password is kept. Name, password and address are then rendered to `services/proxy.env`, which
    /// only root reads.
    pub password: Option<Secret>,
    /// Host name endings that are reached directly: `no_proxy`. Begin each with a dot.
    pub no_proxy: Vec<String>,
}

/// A proxy for everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllProxy {
    /// A text as somebody wrote it.
    Text(String),
    /// A SOCKS 5 proxy.
    Socks5(HostPort),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    socks5: HostPort,
}

impl<'de> Deserialize<'de> for AllProxy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = AllProxy;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a proxy such as { socks5 = \"proxy:1080\" }")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<AllProxy, E> {
                Ok(AllProxy::Text(text.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<AllProxy, A::Error> {
                let written = Written::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Ok(AllProxy::Socks5(written.socks5))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl JsonSchema for AllProxy {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "AllProxy".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let address = generator.subschema_for::<HostPort>();
        json_schema!({
            "description": "a proxy for every scheme",
            "anyOf": [
                { "type": "string" },
                { "type": "object", "properties": { "socks5": address }, "required": ["socks5"], "additionalProperties": false }
            ]
        })
    }
}
