//! The kernel calls of the setuid runtime. All unsafe code of its closure is here and nowhere else.
//!
//! One function is one call of the kernel, or one contract so tight that it cannot be split (attaching a loop
//! device, forking). Nothing here decides anything: which file may be opened and who may mount what is said by
//! `shifter::policy` and `shifter::plan`. Every error names its call, so that an old kernel can be told from a
//! wrong file. All descriptors made here are close-on-exec.
//!
//! In the order a start uses them:
//!
//! * [`entry`], [`environ`], [`signal`]: how a program begins, and what the caller left us, taken before anything else,
//! * [`identity`], [`capability`], [`status`]: who we are, and how to be nobody else,
//! * [`open`], [`node`]: reaching and making files on descriptors, never by a path a user can swap; [`later`]: closing them,
//! * [`loopdev`], [`mount`], [`mountinfo`]: block devices and mounts on descriptors,
//! * [`process`], [`listen`], [`account`]: children, what they say, users and groups through the system's libc,
//! * [`proc`]: what `/proc` says of other processes, as text,
//! * [`log`]: a datagram to the system log, of which none waits,
//! * [`seccomp`]: one filter, for sites that deny user namespaces.

pub mod account;
pub mod call;
pub mod capability;
pub mod entry;
pub mod environ;
pub mod identity;
pub mod later;
pub mod listen;
pub mod log;
pub mod loopdev;
pub mod mount;
pub mod mountinfo;
pub mod node;
pub mod open;
pub mod pidfd;
pub mod proc;
pub mod process;
pub mod seccomp;
pub mod signal;
pub mod status;

pub use call::{CallError, Errno};
