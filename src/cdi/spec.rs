//! A specification of the Container Device Interface, as it is written (SPEC.md of version 1.1.0).
//!
//! An unknown key is refused: it may be an edit that a container would be wrong without.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::CdiError;

/// A specification file.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Specification {
    cdi_version: String,
    /// Vendor and class: `nvidia.com/gpu`.
    pub kind: String,
    #[serde(default, rename = "annotations")]
    _annotations: BTreeMap<String, IgnoredAny>,
    #[serde(default)]
    pub(super) devices: Vec<Device>,
    #[serde(default)]
    pub(super) container_edits: Edits,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Device {
    pub(super) name: String,
    #[serde(default, rename = "annotations")]
    _annotations: BTreeMap<String, IgnoredAny>,
    #[serde(default)]
    pub(super) container_edits: Edits,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Edits {
    pub(super) env: Vec<String>,
    pub(super) device_nodes: Vec<DeviceNode>,
    pub(super) net_devices: Vec<IgnoredAny>,
    pub(super) mounts: Vec<Mount>,
    pub(super) hooks: Vec<Hook>,
    #[serde(rename = "additionalGids")]
    pub(super) additional_gids: Vec<u32>,
    pub(super) intel_rdt: Option<IgnoredAny>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct DeviceNode {
    pub(super) path: String,
    pub(super) host_path: Option<String>,
    #[serde(rename = "type")]
    _kind: Option<String>,
    #[serde(rename = "major")]
    _major: Option<i64>,
    #[serde(rename = "minor")]
    _minor: Option<i64>,
    #[serde(rename = "fileMode")]
    _mode: Option<IgnoredAny>,
    #[serde(rename = "permissions")]
    _permissions: Option<String>,
    #[serde(rename = "uid")]
    _uid: Option<u32>,
    #[serde(rename = "gid")]
    _gid: Option<u32>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Mount {
    pub(super) host_path: String,
    pub(super) container_path: String,
    #[serde(default)]
    pub(super) options: Vec<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Hook {
    #[serde(rename = "hookName")]
    _when: String,
    pub(super) path: String,
    #[serde(default)]
    pub(super) args: Vec<String>,
    #[serde(default, rename = "env")]
    _env: Vec<String>,
    #[serde(default, rename = "timeout")]
    _timeout: Option<i64>,
}

impl Specification {
    /// Reads one, in JSON or YAML.
    ///
    /// # Errors
    /// Text of another form, unknown keys, and versions of which nothing is known.
    pub fn parse(text: &str, path: &Path) -> Result<Self, CdiError> {
        let form = |why: String| CdiError::Form { path: path.to_owned(), why };
        let read: Self = if text.trim_start().starts_with('{') {
            serde_json::from_str(text).map_err(|error| form(error.to_string()))?
        } else {
            serde_saphyr::from_str(text).map_err(|error| form(first_line(&error.to_string())))?
        };
        let major = read.cdi_version.split('.').next().unwrap_or_default();
        if !matches!(major, "0" | "1") {
            return Err(form(format!("`cdiVersion` is {}, and 0.3 to 1.1 are known", read.cdi_version)));
        }
        if read.kind.split_once('/').is_none_or(|(vendor, class)| vendor.is_empty() || class.is_empty()) {
            return Err(form(format!("`kind` is `{}`, and not `VENDOR/CLASS`", read.kind)));
        }
        Ok(read)
    }

    /// The vendor as profiles name it: `nvidia` for `nvidia.com/gpu`.
    #[must_use]
    pub fn vendor(&self) -> &str {
        let domain = self.kind.split('/').next().unwrap_or_default();
        domain.split('.').rev().nth(1).unwrap_or(domain)
    }
}

fn first_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}
