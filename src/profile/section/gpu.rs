//! `[gpu]`: accelerators.

use super::scalar::{AbsPath, Glob, Version};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
use validator::Validate;

/// Accelerators: the directory of old releases, or a table for each vendor.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct GpuSection {
    /// Where containers see the driver's files: `siteResources`. 16.08-gpu and 17.04 only.
    pub site_resources: Option<AbsPath>,
    /// `PATH` of the script that collects the driver's files. 16.08-gpu and 17.04 only.
    pub driver_path: Vec<AbsPath>,
    /// NVIDIA devices.
    #[validate(nested)]
    pub nvidia: Option<Accelerator>,
    /// AMD devices.
    #[validate(nested)]
    pub amd: Option<Accelerator>,
    /// Intel devices.
    #[validate(nested)]
    pub intel: Option<Accelerator>,
}

impl GpuSection {
    /// The vendors that are described, in a fixed order.
    #[must_use]
    pub fn vendors(&self) -> Vec<(&'static str, &Accelerator)> {
        [("nvidia", &self.nvidia), ("amd", &self.amd), ("intel", &self.intel)]
            .into_iter()
            .filter_map(|(name, table)| Some((name, table.as_ref()?)))
            .collect()
    }
}

/// The accelerators of one vendor. They become a module of the native runtime.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct Accelerator {
    /// The module that users name, such as `gpu`. Several vendors may answer to one name in different classes.
    pub module: Option<String>,
    /// The node classes that have the devices. Default: every class.
    pub classes: Vec<String>,
    /// The driver's version on those nodes, which the facts are compared with.
    pub driver: Option<Version>,
    /// A CDI specification on the nodes, of which `shifter-site cdi --profile` makes the module.
    pub cdi: Option<AbsPath>,
    /// Device files, as patterns.
    pub devices: Vec<Glob>,
    /// Driver libraries and programs of the host that containers see.
    pub files: Vec<AbsPath>,
    /// Variables that are set.
    pub env: BTreeMap<String, String>,
    /// Variables of the caller that survive, beside those of `runtime.keep_env`.
    pub keep_env: Vec<Glob>,
    /// Load the module without being asked.
    pub default: Option<bool>,
}
