//! The setuid runtime as a library; the programs are one call each.
//!
//! A start goes through these modules in this order:
//!
//! * [`privilege`]: who calls, and the phases raised → as the user → dropped, as types,
//! * [`request`]: the command line and the variables, taken apart as text,
//! * [`gpu`]: which accelerators the caller wants,
//! * [`config`], with [`trust`]: the configuration that root may believe,
//! * [`deny`]: what the site has forbidden for the moment,
//! * [`image`]: which image, whose, for whom; opened and checked,
//! * [`account`]: the caller's name and groups,
//! * `prepare`: the last three, in the only order they may come in,
//! * [`policy`]: what a user may ask for,
//! * [`plan`]: every step to build the container, as data,
//! * [`attach`]: unless a container is there to join,
//! * [`enact`]: the sole interpreter of steps, with [`hooks`]: what scripts of the site are told,
//! * [`rootless`]: what takes root's place where the program is not setuid,
//! * [`launch`]: in the container and without privilege, the command.
//!
//! [`explain`] and [`offer`] print instead: where each part of a start comes from, and which modules there are.
//! Beside them run [`record`], which tells the log and `--why` of it, and [`used`], which marks the image.
//!
//! [`start`] tells this as one function, and so does [`setup`] for root's own program, which makes a container for
//! a job, with its [`sshd`]; [`unsetup`] takes it away. Unsafe code is forbidden here; the kernel is called through `shifter-sys`.

pub mod account;
pub mod attach;
pub mod config;
pub mod deny;
pub mod enact;
pub mod explain;
pub mod gpu;
pub mod hooks;
pub mod image;
pub mod launch;
mod node_memory;
pub mod offer;
pub mod plan;
pub mod policy;
mod prepare;
pub mod privilege;
pub mod record;
pub mod request;
pub mod rootless;
mod say;
pub mod setup;
pub mod sshd;
pub mod start;
pub mod trust;
pub mod unsetup;
pub mod used;
pub mod why;
