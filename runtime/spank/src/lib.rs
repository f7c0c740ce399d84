//! `shifter_slurm.so`, the plugin that makes containers a part of Slurm's jobs (spank(7)).
//!
//! Slurm calls it in five places, and in each it is something else:
//!
//! | where | as whom | what it does |
//! |---|---|---|
//! | srun, sbatch, salloc | the user | [`submit`]: takes `--image` and the like, resolves the image once, publishes that to the job |
//! | slurmd | root | nothing, beyond judging its arguments |
//! | the prolog of a job | root | [`prolog`]: calls `setupRoot` for the job |
//! | a task, and the extern step | root, before Slurm drops it | [`task`]: fails it if the job has no container and must, or puts it into one; [`external`]: runs the site's program |
//! | the epilog of a job | root | [`epilog`]: calls `unsetupRoot` |
//!
//! Below them: [`arguments`] of plugstack.conf; [`option`]: what users write; [`hostlist`] and [`cpus`]: Slurm's short forms;
//! [`lookup`]: the gateway, asked through `shifterimg`; [`conf`], [`run`], [`state`], [`cgroup`]: what hooks need of the machine.
//!
//! What a hook does is decided as data by a pure function first. Nothing here ends the process it runs in, but for one:
//! a task that must not start. A panic becomes an error of its hook ([`abi`], the only place of unsafe code).

pub mod abi;
pub mod arguments;
pub mod cgroup;
pub mod conf;
pub mod cpus;
pub mod epilog;
pub mod external;
pub mod hostlist;
pub mod lookup;
pub mod option;
pub mod prolog;
pub mod run;
pub mod state;
pub mod submit;
pub mod task;
