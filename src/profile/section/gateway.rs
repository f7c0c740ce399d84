//! `[gateway]`: the service that pulls images, and how nodes reach it.

mod access;
mod database;
mod limits;
mod proxy;

pub use access::{ImportUsers, Munge, Ssh, Tls};
pub use database::{Admin, Broker, Database};
pub use limits::{Limits, Workers};
pub use proxy::{AllProxy, Proxy};

use super::scalar::{AbsPath, Duration, HostPort, Name, Url};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
use validator::Validate;

/// The service that pulls images, and how nodes reach it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct GatewaySection {
    /// Where clients find it, in the order of the list: `imageGateway`.
    pub endpoints: Vec<Url>,
    /// How long a client waits for one endpoint: `gatewayTimeout`. Without it, for ever.
    pub timeout: Option<Duration>,
    /// The certificate authority that signed the endpoints' certificates; for `https` endpoints.
    pub ca_certificate: Option<AbsPath>,
    /// The address to listen on, with a port or with those of `endpoints`. Default `0.0.0.0`.
    pub bind: Option<HostPort>,
    /// A Unix socket to listen on. The kernel says who connects, so no munge is needed. Native only.
    pub socket: Option<AbsPath>,
    /// Certificate and key for `https`. Native only.
    #[validate(nested)]
    pub tls: Option<Tls>,
    /// Who protects an address that everybody can reach: a note for reviewers.
    pub firewall: Option<String>,
    /// The user the service runs as. Default `shifter`.
    pub user: Option<Name>,
    /// The group the service runs as. Default: that of `user`.
    pub group: Option<Name>,
    /// The Python environment of the original gateway.
    pub python: Option<AbsPath>,
    /// Where it logs. Default `/var/log/shifter_imagegw`.
    pub log_dir: Option<AbsPath>,
    /// How much it logs: `error`, `warn`, `info` or `debug`.
    pub log_level: Option<String>,
    /// Where downloaded layers are kept: `CacheDirectory`.
    pub cache_dir: Option<AbsPath>,
    /// Where images are unpacked: `ExpandDirectory`. Best on a local disk.
    pub expand_dir: Option<AbsPath>,
    /// How long a pulled tag is taken to be current: `PullUpdateTimeout` and `PullUpdateTime`. Default `300s`.
    pub pull_recheck: Option<Duration>,
    /// How much it does at once.
    #[validate(nested)]
    pub workers: Option<Workers>,
    /// Users who may expire any image and read the metrics: `admins`.
    pub admins: Vec<Name>,
    /// The socket of the munge daemon that knows this system's key: `mungeSocketPath`.
    pub munge_socket: Option<AbsPath>,
    /// How images reach the nodes: `local` (a shared directory) or `remote` (`ssh`): `accesstype`.
    pub access: Option<String>,
    /// How the host is reached when `access` is `remote`.
    #[validate(nested)]
    pub ssh: Option<Ssh>,
    /// Where a user's groups are looked up: `usergroupService`. The original never reads it.
    pub user_groups: Option<String>,
    /// Whether lookups are counted: `Metrics`.
    pub metrics: Option<bool>,
    /// Who may import image files: `ImportUsers`.
    pub import_users: Option<ImportUsers>,
    /// Directories below which image files may be imported: `ImportDirectories`. Native only; default none.
    pub import_dirs: Vec<AbsPath>,
    /// Options of the converters, by image format: `ConverterOptions`.
    pub converter_options: BTreeMap<String, Vec<String>>,
    /// Pull with external tools (skopeo, umoci) instead of the built-in client: `use_external`. From 18.03 on.
    pub external_tools: Option<bool>,
    /// The signature policy of those tools, or of the native puller: `policy_file`.
    pub policy_file: Option<AbsPath>,
    /// A program that examines an unpacked image and may refuse it: `examiner`.
    pub examiner: Option<AbsPath>,
    /// How requests are authenticated: `munge`, or `mock` in tests: `Authentication`.
    pub authentication: Option<String>,
    /// Whether requests without credentials may read public images. Native; default false.
    pub anonymous: Option<bool>,
    /// The proxy that registries are reached through.
    #[validate(nested)]
    pub proxy: Option<Proxy>,
    /// Where records are kept.
    #[validate(nested)]
    pub database: Option<Database>,
    /// The message broker of 16.08 and 17.04.
    #[validate(nested)]
    pub broker: Option<Broker>,
    /// Bounds on what one request, image or user may take. Native only.
    #[validate(nested)]
    pub limits: Option<Limits>,
}
