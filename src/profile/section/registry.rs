//! `[registry.NAME]`: where images come from.

use super::scalar::{AbsPath, Url};
use super::secret::Secret;
use schemars::JsonSchema;
use serde::Deserialize;
use validator::Validate;

/// A registry: an entry of `Locations`. Its name is its host, unless `url` says otherwise.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct RegistrySection {
    /// The registry of references that name none: `DefaultImageLocation`.
    pub default: Option<bool>,
    /// `dockerv2`; natively also `oci-layout`, a directory, and `oci-archive` or `docker-archive`, a tar file: `remotetype`.
    /// Default `dockerv2`.
    pub r#type: Option<String>,
    /// `authentication`, such as `http`. The original never reads it.
    pub auth: Option<String>,
    /// `token` or `basic`: `authMethod`. Default `token`.
    pub auth_method: Option<String>,
    /// Where it is, when not at `https://NAME`: `url`.
    pub url: Option<Url>,
    /// The certificate authority that signed its certificate: `sslcacert`.
    pub ca_certificate: Option<AbsPath>,
    /// Other names of the same registry.
    pub aliases: Vec<String>,
    /// Registries that are asked first. Native only.
    pub mirrors: Vec<Url>,
    /// Whether the registry itself may be asked. False where the site never reaches the outside. Native only.
    pub direct: Option<bool>,
    /// Credentials of the site for it, written `user:password`; for its mirrors where `direct` is false. Native only.
    pub credential: Option<Secret>,
}
