//! `[env]`: what a site does to the environment of containers. Modules have the same table.

use super::scalar::Glob;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;
use validator::Validate;

/// What a site or a module does to the environment of containers.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct EnvSection {
    /// Variables that are set, whatever the image says: `siteEnv`.
    pub set: BTreeMap<String, EnvValue>,
    /// Directories put before a search path: `siteEnvPrepend`. Lists are joined by `:`.
    pub prepend: BTreeMap<String, Vec<String>>,
    /// Directories put after a search path: `siteEnvAppend`. Lists are joined by `:`.
    pub append: BTreeMap<String, Vec<String>>,
    /// Variables that are removed: `siteEnvUnset`. Patterns such as `LMOD_*` need the native target.
    pub unset: Vec<Glob>,
    /// Whether the gateway's proxy settings are set in containers too, in both spellings.
    pub proxy: Option<EnvProxy>,
}

impl EnvSection {
    /// Does it change nothing?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Whether containers get proxy settings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EnvProxy {
    /// No.
    #[default]
    None,
    /// Those of `gateway.proxy`.
    Site,
}

/// A value: a text, or a list with the separator it is joined by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnvValue {
    /// The text itself.
    Text(String),
    /// Parts, and what stands between them.
    List {
        /// The parts.
        list: Vec<String>,
        /// What joins them; `:` when not written.
        separator: String,
    },
}

impl EnvValue {
    /// The text that the variable gets.
    #[must_use]
    pub fn joined(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::List { list, separator } => list.join(separator),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenList {
    list: Vec<String>,
    #[serde(default = "colon")]
    separator: String,
}

fn colon() -> String {
    ":".to_owned()
}

impl<'de> Deserialize<'de> for EnvValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextOrTable;
        impl<'de> Visitor<'de> for TextOrTable {
            type Value = EnvValue;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text in quotes such as \"1\", or { list = [\"a\", \"b\"], separator = \":\" }")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<EnvValue, E> {
                Ok(EnvValue::Text(text.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<EnvValue, A::Error> {
                let WrittenList { list, separator } =
                    WrittenList::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Ok(EnvValue::List { list, separator })
            }
        }
        deserializer.deserialize_any(TextOrTable)
    }
}

impl JsonSchema for EnvValue {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "EnvValue".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "the value of a variable: a text, or a list and its separator",
            "anyOf": [
                { "type": "string" },
                {
                    "type": "object",
                    "properties": {
                        "list": { "type": "array", "items": { "type": "string" } },
                        "separator": { "type": "string", "default": ":" }
                    },
                    "required": ["list"],
                    "additionalProperties": false
                }
            ]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_joined_by_its_separator() {
        let env: EnvSection = toml::from_str(
            "set.A = '1'\nset.L = { list = ['27000@a', '27000@b'], separator = ';' }\nset.M = { list = ['x', 'y'] }",
        )
        .unwrap();
        let joined: Vec<String> = env.set.values().map(EnvValue::joined).collect();
        assert_eq!(joined, ["1", "27000@a;27000@b", "x:y"]);
    }

    #[test]
    fn a_number_is_refused_with_an_example() {
        let error = toml::from_str::<EnvSection>("set.A = 1").unwrap_err();
        assert!(error.message().contains("expected a text in quotes such as \"1\""), "{error}");
    }
}
