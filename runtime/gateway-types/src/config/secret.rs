//! Values that must not be seen: written out, or as the name of a file.

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

/// A secret, or where it is. `Debug` shows neither its text nor its length.
#[derive(Clone, PartialEq, Eq)]
pub enum Secret {
    /// The secret itself, as 16.08 to 18.03 need it.
    Text(String),
    /// Native: `{"file": "/etc/shifter/secrets/harbor"}`.
    File(SecretRef),
}

/// Native: a secret lies in a file, whose last newline does not count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretRef {
    /// The file; relative to the directory of `imagemanager.json`.
    pub file: PathBuf,
}

/// The name within the token `@SECRET:name@`, which stands where a secret was not rendered.
#[must_use]
pub fn placeholder_name(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("@SECRET:")?;
    rest.split_once('@').map(|(name, _)| name)
}

impl Secret {
    /// The secret written out.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// The secret in a file.
    #[must_use]
    pub fn file(file: impl Into<PathBuf>) -> Self {
        Self::File(SecretRef { file: file.into() })
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(_) => f.write_str("Text(<redacted>)"),
            Self::File(reference) => f.debug_tuple("File").field(&reference.file).finish(),
        }
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::File(reference) => reference.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Secret;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or {\"file\": PATH}")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Secret, E> {
        Ok(Secret::Text(text.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Secret, A::Error> {
        SecretRef::deserialize(MapAccessDeserializer::new(map)).map(Secret::File)
    }
}

impl JsonSchema for Secret {
    fn schema_name() -> Cow<'static, str> {
        "Secret".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let reference = generator.subschema_for::<SecretRef>();
        json_schema!({ "oneOf": [{ "type": "string" }, reference] })
    }
}
