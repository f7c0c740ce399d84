//! `Locations`: the registries images come from.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::secret::Secret;

/// One registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Location {
    /// What is spoken there.
    #[serde(rename = "remotetype")]
    pub remote_type: RemoteType,
    /// No-op: never read by any version; sites write `http` or `https`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authentication: Option<String>,
    /// The registry's address. Default `https://<name>`; `oci:/absolute/dir` for an `oci-layout`,
    /// `oci-archive:/absolute/file.tar` and `docker-archive:/absolute/file.tar` for those.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// File of the certificate authorities that vouch for it; default the system's.
    #[serde(default, rename = "sslcacert", skip_serializing_if = "Option::is_none")]
    pub ssl_ca_cert: Option<PathBuf>,
    /// How it authenticates. Default `token`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_method: Option<AuthMethod>,
    /// Native: further names users may write for this location.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// Native: addresses asked before the registry itself, in order. With `direct` true they are asked as nobody.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mirrors: Vec<String>,
    /// Native: false keeps to the mirrors and never leaves the site. Default true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direct: Option<bool>,
    /// Native: the site's own `user:password`, sent over https alone and only where nobody is refused.
    ///
    /// With `direct` true it is the registry's, used for callers who bring none of their own, and no
    /// mirror is told it. With `direct` false it is the mirrors', and callers' own passwords, which are
    /// meant for the registry of that name, are sent to nobody. What only a registry's password opens is
    /// private to the puller; what mirrors show is public, unless the puller names users or groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<Secret>,
}

impl Location {
    /// A location of this type with nothing else said.
    #[must_use]
    pub fn new(remote_type: RemoteType) -> Self {
        Self {
            remote_type,
            authentication: None,
            url: None,
            ssl_ca_cert: None,
            auth_method: None,
            aliases: Vec::new(),
            mirrors: Vec::new(),
            direct: None,
            credential: None,
        }
    }

    /// The address in force of the location called `name`.
    #[must_use]
    pub fn url(&self, name: &str) -> String {
        self.url.clone().unwrap_or_else(|| format!("https://{name}"))
    }

    /// Whether the registry itself may be asked, not only its mirrors.
    #[must_use]
    pub fn is_direct(&self) -> bool {
        self.direct.unwrap_or(true)
    }
}

/// What is spoken at a location.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RemoteType {
    /// The registry protocol of Docker and OCI.
    #[serde(rename = "dockerv2")]
    DockerV2,
    /// Native: an OCI image layout in a local directory.
    OciLayout,
    /// Native: a tar file of an OCI image layout, or a directory of `<repository>.tar`.
    OciArchive,
    /// Native: a tar file as `docker save` writes it, or a directory of `<repository>.tar`.
    DockerArchive,
}

impl RemoteType {
    /// How the kinds are written that only the native gateway knows: files of its own host, which have no host's name.
    pub const LOCAL: [&'static str; 3] = ["oci-layout", "oci-archive", "docker-archive"];
}

impl<'de> Deserialize<'de> for RemoteType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.as_str() {
            "dockerv2" => Ok(Self::DockerV2),
            "oci-layout" => Ok(Self::OciLayout),
            "oci-archive" => Ok(Self::OciArchive),
            "docker-archive" => Ok(Self::DockerArchive),
            "dockerhub" => Err(serde::de::Error::custom(
                "remotetype `dockerhub` is the registry protocol that Docker shut down; write `dockerv2`",
            )),
            other => Err(serde::de::Error::unknown_variant(
                other,
                &["dockerv2", "oci-layout", "oci-archive", "docker-archive"],
            )),
        }
    }
}

/// How a registry authenticates its callers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AuthMethod {
    /// A bearer token from the realm it names.
    #[default]
    Token,
    /// User and password with each request.
    Basic,
}
