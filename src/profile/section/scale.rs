//! `[scale]`: sizes that the scale rules need.

use schemars::JsonSchema;
use serde::Deserialize;
use validator::Validate;

/// How large jobs are. Nothing of it is rendered; without it the scale rules are silent.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct ScaleSection {
    /// Nodes of the largest job.
    #[validate(range(min = 1))]
    pub nodes_per_job: Option<u32>,
    /// Containers that start on one node of a job, as with `aprun -N`.
    #[validate(range(min = 1))]
    pub containers_per_node: Option<u32>,
    /// Whether a node never runs two users' jobs at once.
    pub exclusive_nodes: Option<bool>,
    /// Nodes of the whole system.
    #[validate(range(min = 1))]
    pub nodes: Option<u32>,
    /// Jobs that start in one second at the busiest.
    #[validate(range(min = 1))]
    pub job_starts_per_second: Option<u32>,
}
