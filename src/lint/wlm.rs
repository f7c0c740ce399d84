//! WLM: the workload manager, and what it does around a job.

pub(crate) mod cleanup;
pub(crate) mod host;
pub(crate) mod native;
pub(crate) mod nodes;
pub(crate) mod plugin;
pub(crate) mod prologue;
pub(crate) mod resource;
pub(crate) mod shell;
pub(crate) mod slurm;
pub(crate) mod sshd;
