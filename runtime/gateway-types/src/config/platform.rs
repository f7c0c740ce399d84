//! `Platforms`: the systems a gateway serves.

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One system: who may ask, and where its images lie.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Platform {
    /// The munged whose key only this system has; it tells the systems apart.
    #[serde(default, rename = "mungeSocketPath", skip_serializing_if = "Option::is_none")]
    pub munge_socket_path: Option<PathBuf>,
    /// Whether images are written here or sent by ssh.
    #[serde(rename = "accesstype")]
    pub access_type: AccessType,
    /// Names of the users who may expire images and read metrics.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admins: Option<Vec<String>>,
    /// No-op: never read by any version.
    #[serde(default, rename = "usergroupService", skip_serializing_if = "Option::is_none")]
    pub user_group_service: Option<String>,
    /// No-op: never read by any version.
    #[serde(default, rename = "mountCommand", skip_serializing_if = "Option::is_none")]
    pub mount_command: Option<String>,
    /// Where images lie, for `accesstype` local.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local: Option<LocalAccess>,
    /// Hosts images are sent to, for `accesstype` remote; 16.08 to 18.03 use the first alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<Vec<String>>,
    /// How they are sent, for `accesstype` remote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssh: Option<SshAccess>,
    /// 18.03.4: pull with skopeo and umoci; a no-op here, one client serves all registries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub use_external: Option<bool>,
    /// 18.03.4: skopeo's signature policy; a no-op here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_file: Option<PathBuf>,
    /// Native: platforms to pull of a multi-platform image, `os/arch[/variant]`, best first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platforms: Option<Vec<PlatformSpec>>,
    /// Native: the user, by name or number, who owns the image files. Default `root`.
    #[serde(default, rename = "imageOwner", skip_serializing_if = "Option::is_none")]
    pub image_owner: Option<String>,
}

/// Where the images of a system are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AccessType {
    /// In a directory the gateway writes.
    Local,
    /// Behind ssh.
    Remote,
}

/// `local` of a platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LocalAccess {
    /// The directory of images, `imagePath` of `udiRoot.conf`.
    pub image_dir: PathBuf,
}

/// `ssh` of a platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SshAccess {
    /// User on the target.
    pub username: String,
    /// File of the private key; default ssh's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<PathBuf>,
    /// The directory of images on the target.
    pub image_dir: PathBuf,
    /// Further arguments of ssh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssh_cmd_options: Option<Vec<String>>,
    /// Further arguments of scp.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scp_cmd_options: Option<Vec<String>>,
}

impl Platform {
    /// A system whose images lie in `image_dir` here, with nothing else said.
    #[must_use]
    pub fn local(image_dir: impl Into<PathBuf>) -> Self {
        Self {
            munge_socket_path: None,
            access_type: AccessType::Local,
            admins: None,
            user_group_service: None,
            mount_command: None,
            local: Some(LocalAccess { image_dir: image_dir.into() }),
            host: None,
            ssh: None,
            use_external: None,
            policy_file: None,
            platforms: None,
            image_owner: None,
        }
    }

    /// The directory of images, wherever it is; `None` when the matching section is missing.
    #[must_use]
    pub fn image_dir(&self) -> Option<&Path> {
        match self.access_type {
            AccessType::Local => self.local.as_ref().map(|local| local.image_dir.as_path()),
            AccessType::Remote => self.ssh.as_ref().map(|ssh| ssh.image_dir.as_path()),
        }
    }

    /// Whether the user of this name administers the system. Names are compared whole.
    #[must_use]
    pub fn is_admin(&self, user: &str) -> bool {
        self.admins.iter().flatten().any(|admin| admin == user)
    }

    /// The platforms of images to pull, at least one, best first; `linux/amd64` where none is written.
    #[must_use]
    pub fn all_platforms(&self) -> Vec<PlatformSpec> {
        match self.platforms.as_deref() {
            None | Some([]) => vec![PlatformSpec::default()],
            Some(written) => written.to_vec(),
        }
    }
}

/// An image platform, `os/arch[/variant]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlatformSpec {
    /// Operating system, `linux`.
    pub os: String,
    /// Architecture as Go names it, `amd64`, `arm64`.
    pub arch: String,
    /// Variant, `v7`.
    pub variant: Option<String>,
}

/// The text is not `os/arch[/variant]`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no platform: write `os/arch`, as in `linux/amd64`")]
pub struct PlatformSpecError(String);

impl Default for PlatformSpec {
    fn default() -> Self {
        Self { os: "linux".to_owned(), arch: "amd64".to_owned(), variant: None }
    }
}

impl FromStr for PlatformSpec {
    type Err = PlatformSpecError;

    fn from_str(text: &str) -> Result<Self, PlatformSpecError> {
        let word = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
        let parts: Vec<&str> = text.split('/').collect();
        match parts.as_slice() {
            [os, arch] if word(os) && word(arch) => {
                Ok(Self { os: (*os).to_owned(), arch: (*arch).to_owned(), variant: None })
            }
            [os, arch, variant] if word(os) && word(arch) && word(variant) => {
                Ok(Self { os: (*os).to_owned(), arch: (*arch).to_owned(), variant: Some((*variant).to_owned()) })
            }
            _ => Err(PlatformSpecError(text.to_owned())),
        }
    }
}

impl fmt::Display for PlatformSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.arch)?;
        self.variant.iter().try_for_each(|variant| write!(f, "/{variant}"))
    }
}

impl Serialize for PlatformSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PlatformSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for PlatformSpec {
    fn schema_name() -> Cow<'static, str> {
        "PlatformSpec".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+){1,2}$" })
    }
}
