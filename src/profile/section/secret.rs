//! Where a secret is kept. A profile holds the reference, never the value.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use std::fmt;

/// A reference to a secret: one of a file, an environment variable, a sops document, a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Secret {
    /// The first line of a file that only root (and a group) may read. Relative to the profile.
    File(String),
    /// A variable of the environment `shifter-site` runs in.
    Env(String),
    /// A key of a file encrypted with sops, read by `sops --decrypt --extract`.
    Sops {
        /// The encrypted file, relative to the profile.
        file: String,
        /// The dotted key below its root.
        key: String,
    },
    /// The first line a command prints. Run only with `--allow-secret-commands`.
    Command(Vec<String>),
}

impl Secret {
    /// A short name without the value: the file name, the variable, the sops key, the program.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::File(path) => path.rsplit('/').next().unwrap_or(path),
            Self::Env(name) => name,
            Self::Sops { key, .. } => key,
            Self::Command(words) => words.last().map_or("", String::as_str),
        }
    }
}

const EXPECTING: &str = "a reference to a secret: { file = \"secrets/name\" }, { env = \"NAME\" }, \
                         { sops = \"secrets.yaml\", key = \"a.b\" } or { command = [\"pass\", \"name\"] }";

/// What may be written; exactly one of the four forms must be.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    file: Option<String>,
    env: Option<String>,
    sops: Option<String>,
    key: Option<String>,
    command: Option<Vec<String>>,
}

impl Written {
    /// The key whose text names nothing.
    fn empty(&self) -> Option<&'static str> {
        let program = self.command.as_ref().and_then(|words| words.first());
        let texts = [("file", &self.file), ("env", &self.env), ("sops", &self.sops), ("key", &self.key)];
        let texts = texts.into_iter().map(|(key, text)| (key, text.as_ref())).chain([("command", program)]);
        texts.into_iter().find(|(_, text)| text.is_some_and(String::is_empty)).map(|(key, _)| key)
    }

    fn reference(self) -> Option<Secret> {
        match self {
            Self { file: Some(file), env: None, sops: None, key: None, command: None } => Some(Secret::File(file)),
            Self { file: None, env: Some(env), sops: None, key: None, command: None } => Some(Secret::Env(env)),
            Self { file: None, env: None, sops: Some(file), key: Some(key), command: None } => {
                Some(Secret::Sops { file, key })
            }
            Self { file: None, env: None, sops: None, key: None, command: Some(words) } if !words.is_empty() => {
                Some(Secret::Command(words))
            }
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reference;
        impl<'de> Visitor<'de> for Reference {
            type Value = Secret;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(EXPECTING)
            }
            /// A literal. The message begins with the rule's code and never shows the text.
            fn visit_str<E: de::Error>(self, _: &str) -> Result<Secret, E> {
                Err(E::custom(format_args!("SEC001: a secret stands in the profile itself, expected {EXPECTING}")))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Secret, A::Error> {
                let written = Written::deserialize(de::value::MapAccessDeserializer::new(map))?;
                if let Some(key) = written.empty() {
                    return Err(de::Error::custom(format_args!("`{key}` names nothing, expected {EXPECTING}")));
                }
                written
                    .reference()
                    .ok_or_else(|| de::Error::custom(format_args!("not exactly one form, expected {EXPECTING}")))
            }
        }
        deserializer.deserialize_any(Reference)
    }
}

impl JsonSchema for Secret {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Secret".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let form = |keys: &[&str]| {
            let properties: serde_json::Map<_, _> = keys
                .iter()
                .map(|key| ((*key).to_owned(), serde_json::json!({ "type": "string", "minLength": 1 })))
                .collect();
            serde_json::json!({ "type": "object", "properties": properties, "required": keys, "additionalProperties": false })
        };
        json_schema!({
            "description": "where a secret is kept; never the secret",
            "oneOf": [
                form(&["file"]),
                form(&["env"]),
                form(&["sops", "key"]),
                {
                    "type": "object",
                    "properties": {
                        "command": {
                            "type": "array",
                            "prefixItems": [{ "type": "string", "minLength": 1 }],
                            "items": { "type": "string" },
                            "minItems": 1
                        }
                    },
                    "required": ["command"],
                    "additionalProperties": false
                }
            ]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Holder {
        password: Secret,
    }

    fn read(text: &str) -> Result<Secret, String> {
        toml::from_str::<Holder>(text).map(|h| h.password).map_err(|e| e.message().to_owned())
    }

    #[test]
    fn the_four_references_are_read() {
        assert_eq!(read("password = { file = 'secrets/x' }").unwrap().name(), "x");
        assert_eq!(read("password = { env = 'PW' }").unwrap(), Secret::Env("PW".into()));
        assert_eq!(read("password = { sops = 's.yaml', key = 'a.b' }").unwrap().name(), "a.b");
        assert_eq!(read("password = { command = ['pass', 'x'] }").unwrap().name(), "x");
    }

    #[test]
    fn a_literal_is_refused_without_being_shown() {
        let error = read("password = 'hunter2'").unwrap_err();
        assert!(error.starts_with("SEC001") && !error.contains("hunter2"), "{error}");
    }

    #[test]
    fn a_reference_to_nothing_is_refused() {
        for (key, text) in [
            ("file", "{ file = '' }"),
            ("env", "{ env = '' }"),
            ("sops", "{ sops = '', key = 'a' }"),
            ("key", "{ sops = 'a', key = '' }"),
            ("command", "{ command = [''] }"),
        ] {
            let error = read(&format!("password = {text}")).unwrap_err();
            assert!(error.starts_with(&format!("`{key}` names nothing, expected a reference")), "{text}: {error}");
        }
    }

    #[test]
    fn no_form_and_two_forms_are_refused() {
        for text in
            ["{}", "{ file = 'a', env = 'B' }", "{ sops = 'a' }", "{ key = 'a' }", "{ command = [] }", "{ path = 'a' }"]
        {
            assert!(read(&format!("password = {text}")).is_err(), "{text}");
        }
    }
}
