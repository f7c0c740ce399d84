//! `[install]`: where rendered files go and who owns them.

use super::scalar::{AbsPath, Mode, Name};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;
use validator::Validate;

/// Where rendered files go and who owns them: `[install."imagemanager.json"]`, and `boot_dirs`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InstallSection {
    /// Make `udi_mount` and `loop_mount` at boot, so that parallel starts do not race on `mkdir`.
    pub boot_dirs: Option<bool>,
    /// Directories that containers hold open, by their path on the nodes: `[install.tree."/opt/shifter/mpich"]`. Each is
    /// installed under a name with its content in it, and rendered files name that one.
    pub tree: BTreeMap<String, InstallTree>,
    /// Owner, group, mode and place of a rendered file, by its path below the output directory.
    pub files: BTreeMap<String, InstallFile>,
}

/// Owner, group, mode and place of a rendered file.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct InstallFile {
    /// Its owner. Default `root`.
    pub owner: Option<Name>,
    /// Its group.
    pub group: Option<Name>,
    /// Its mode.
    pub mode: Option<Mode>,
    /// Where it is installed, when not where its reader looks by default.
    pub path: Option<AbsPath>,
}

/// A directory that containers hold open.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct InstallTree {
    /// Where its content is on the host that renders. Relative to the profile.
    pub from: String,
}

impl<'de> Deserialize<'de> for InstallSection {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Table;
        impl<'de> Visitor<'de> for Table {
            type Value = InstallSection;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table with `boot_dirs`, `tree` and a table for each file")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<InstallSection, A::Error> {
                let mut section = InstallSection::default();
                while let Some(key) = map.next_key::<String>()? {
                    if key == "boot_dirs" {
                        section.boot_dirs = Some(map.next_value()?);
                    } else if key == "tree" {
                        section.tree = map.next_value()?;
                    } else {
                        section.files.insert(key, map.next_value()?);
                    }
                }
                Ok(section)
            }
        }
        deserializer.deserialize_map(Table)
    }
}

impl JsonSchema for InstallSection {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "InstallSection".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let file = generator.subschema_for::<InstallFile>();
        let tree = generator.subschema_for::<InstallTree>();
        json_schema!({
            "description": "Where rendered files go and who owns them, by their path below the output directory.",
            "type": "object",
            "properties": {
                "boot_dirs": {
                    "description": "Make `udi_mount` and `loop_mount` at boot, so that parallel starts do not race on `mkdir`.",
                    "type": "boolean"
                },
                "tree": {
                    "description": "Directories that containers hold open, by their path on the nodes.",
                    "type": "object",
                    "additionalProperties": tree
                }
            },
            "additionalProperties": file
        })
    }
}
