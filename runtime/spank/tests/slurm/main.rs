//! Jobs of a real Slurm with the plugin, the runtime and the gateway as they are built: one small cluster for all tests.

mod cluster;
mod ground;
mod images;
mod inside;
#[path = "../../../gateway/tests/support/layout.rs"]
mod layout;
#[path = "../../../../tests/mpi/wheel.rs"]
mod wheel;

mod document;
mod faults;
mod jobs;
mod mpi;
mod nodes;
mod pulls;
