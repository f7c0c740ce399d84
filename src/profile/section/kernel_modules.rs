//! `[kernel_modules]`: what the kernel of a node must have loaded.

use super::scalar::AbsPath;
use schemars::JsonSchema;
use serde::Deserialize;
use validator::Validate;

/// What the kernel of a node must have loaded before the first container.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct KernelModulesSection {
    /// Let the runtime load modules: `autoLoadKernelModule`. Before 18.03 only.
    pub autoload: Option<bool>,
    /// Where it finds them: `kmodBasePath`. Before 18.03 only.
    pub base_path: Option<AbsPath>,
    /// Modules that are loaded at boot or by the prologue.
    pub preload: Vec<String>,
    /// How many loop devices the module `loop` makes: its option `max_loop`.
    #[validate(range(min = 1, max = 1_048_576))]
    pub max_loop: Option<u32>,
}
