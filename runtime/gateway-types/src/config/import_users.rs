//! `ImportUsers`: who may import a squashfs file made elsewhere.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

/// Who may import.
///
/// 17.04 to 18.03 take an empty list for everybody and any other string for a
/// substring test (`"alice"` lets `ali` in). Here an empty list is nobody, and
/// such a string is refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ImportUsers {
    /// `"none"`.
    #[default]
    Nobody,
    /// `"all"`.
    Everybody,
    /// Exactly these user names.
    Named(Vec<String>),
}

impl ImportUsers {
    /// Whether the user of this name may import.
    #[must_use]
    pub fn allows(&self, user: &str) -> bool {
        match self {
            Self::Nobody => false,
            Self::Everybody => true,
            Self::Named(names) => names.iter().any(|name| name == user),
        }
    }
}

impl Serialize for ImportUsers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Nobody => serializer.serialize_str("none"),
            Self::Everybody => serializer.serialize_str("all"),
            Self::Named(names) => names.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for ImportUsers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = ImportUsers;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of user names, \"all\" or \"none\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<ImportUsers, E> {
        match text {
            "all" => Ok(ImportUsers::Everybody),
            "none" | "None" => Ok(ImportUsers::Nobody),
            name => Err(E::custom(format_args!(
                "ImportUsers `{name}` is a string, which 17.04 to 18.03 search for the user's name; write [\"{name}\"], \"all\" or \"none\""
            ))),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<ImportUsers, A::Error> {
        let mut names = Vec::new();
        while let Some(name) = seq.next_element()? {
            names.push(name);
        }
        Ok(ImportUsers::Named(names))
    }
}

impl JsonSchema for ImportUsers {
    fn schema_name() -> Cow<'static, str> {
        "ImportUsers".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "oneOf": [
                { "enum": ["all", "none", "None"] },
                { "type": "array", "items": { "type": "string" } }
            ]
        })
    }
}
