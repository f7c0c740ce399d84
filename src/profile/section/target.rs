//! `[target]`: which Shifter is installed, and on what.

use super::scalar::AbsPath;
use schemars::JsonSchema;
use serde::Deserialize;
use validator::Validate;

/// Which Shifter is installed, and on what. It selects the writers; nothing of it is rendered but in comments.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct TargetSection {
    /// The installed software.
    pub shifter: Option<Shifter>,
    /// Local patches that change what the software accepts: `mount-cmd` adds the key `mountCmd`,
    /// `kmod-kernel-subdir` looks for modules below `kernel/`.
    pub patches: Vec<String>,
    /// The nodes' operating system, which decides where tools live: `cle5.2`, `cle6.0`, `sles15`, `el7`, `el9`, `linux`.
    pub os: Option<String>,
    /// What starts services.
    pub init: Option<Init>,
    /// The directory of the management host that is the nodes' `/`, such as `/dsl`. Installed paths are relative to it.
    pub root: Option<AbsPath>,
}

/// A release line of Shifter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
pub enum Shifter {
    /// 16.08: Celery and Redis, no modules.
    #[serde(rename = "16.08")]
    V1608,
    /// Branch master-legacy, late 16.08 with GPU support (`siteResources`).
    #[serde(rename = "16.08-gpu")]
    V1608Gpu,
    /// 17.04: `siteResources`, metrics, image ACLs.
    #[serde(rename = "17.04")]
    V1704,
    /// 18.03: modules, no Celery.
    #[serde(rename = "18.03")]
    V1803,
    /// Branch master of 2022: `usersToImport`, Python 3.
    #[serde(rename = "master")]
    Master,
    /// The runtime and gateway of this repository.
    #[serde(rename = "native")]
    Native,
}

/// What starts services on the system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Init {
    /// systemd units are rendered.
    #[default]
    Systemd,
    /// LSB init scripts are rendered.
    Sysv,
    /// Services are started by hand.
    None,
}
