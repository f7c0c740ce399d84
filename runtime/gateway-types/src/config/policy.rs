//! `Policy`: owners, modes and who may read the files.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Native: what an image's files look like. A key left out keeps its default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Policy {
    /// Owners of files within an image.
    pub ownership: Ownership,
    /// Permissions of files within an image.
    pub modes: Modes,
    /// Set-user-ID and set-group-ID bits within an image.
    pub set_id_bits: SetIdBits,
    /// Extended attributes within an image, file capabilities among them.
    pub xattrs: Xattrs,
    /// Who may read the image file itself.
    pub readable_by: ReadableBy,
}

/// Owners of files within an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Ownership {
    /// All belong to root, as 16.08 to 18.03 had it.
    #[default]
    Root,
    /// As in the image's layers.
    Image,
}

/// Permissions of files within an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Modes {
    /// As in the image's layers.
    #[default]
    Image,
    /// Every file readable, every directory searchable, for users who own nothing in it.
    Readable,
}

/// Set-user-ID and set-group-ID bits within an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SetIdBits {
    /// Removed; the runtime mounts images nosuid anyway.
    #[default]
    Drop,
    /// As in the image's layers.
    Keep,
}

/// Extended attributes within an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Xattrs {
    /// Removed.
    #[default]
    Drop,
    /// As in the image's layers.
    Keep,
}

/// Who may read the image file itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReadableBy {
    /// Its owner alone: mode 0600.
    #[default]
    Owner,
    /// Everybody: mode 0644, for public images on exports that squash root. Private images stay 0600.
    World,
}
