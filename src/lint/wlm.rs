//! WLM: the workload manager, and what it does around a job.

pub(crate) mod nodes;
pub(crate) mod prologue;
pub(crate) mod slurm;
