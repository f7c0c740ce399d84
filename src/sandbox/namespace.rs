//! The namespaces of a scratch machine: mounts nobody else sees, processes that end with it, and, without root, a user namespace.

use std::fs;

use nix::sched::{CloneFlags, unshare};
use nix::unistd::{Gid, Uid};
use rustix::thread::{CapabilitySet, CapabilitySets};

use super::TryError;

/// Whose kernel rights the scratch machine is built with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rights {
    /// Real root: loop devices, a setuid runtime, another user to start containers as.
    Root,
    /// A user namespace of the caller: no loop device, no other user.
    UserNamespace,
}

impl Rights {
    /// The rights this process can have.
    pub(super) fn of_caller() -> Self {
        if Uid::effective().is_root() { Self::Root } else { Self::UserNamespace }
    }
}

/// Before the machine's first process is started: makes it the first of a process namespace, so that nothing outlives it, and without
/// root gives it a user namespace in which the caller keeps his ids.
pub(super) fn prepare_parent(rights: Rights) -> Result<(), TryError> {
    if rights == Rights::Root {
        return unshare(CloneFlags::CLONE_NEWPID).map_err(|errno| TryError::Namespace { what: "process", errno });
    }
    let (uid, gid) = (Uid::effective(), Gid::effective());
    unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWPID)
        .map_err(|errno| TryError::Namespace { what: "user", errno })?;
    // ORDER: user_namespaces(7): groups must be given up before an unprivileged process may write gid_map.
    for (file, text) in [
        ("/proc/self/setgroups", "deny".to_owned()),
        ("/proc/self/uid_map", format!("{uid} {uid} 1")),
        ("/proc/self/gid_map", format!("{gid} {gid} 1")),
    ] {
        fs::write(file, text).map_err(|source| TryError::io("write", file, source))?;
    }
    keep_rights_over_exec()
}

/// Within the first process: a mount namespace from which nothing travels back.
pub(super) fn enter_mounts() -> Result<(), TryError> {
    unshare(CloneFlags::CLONE_NEWNS).map_err(|errno| TryError::Namespace { what: "mount", errno })?;
    super::mount::make_private("/")
}

/// A process that is not uid 0 loses its capabilities at execve(2) unless they are ambient (capabilities(7)).
fn keep_rights_over_exec() -> Result<(), TryError> {
    let failed = |errno: rustix::io::Errno| TryError::Rights { source: errno.into() };
    let held = rustix::thread::capabilities(None).map_err(failed)?;
    let sets = CapabilitySets { inheritable: held.permitted, ..held };
    rustix::thread::set_capabilities(None, sets).map_err(failed)?;
    for capability in held.permitted.iter() {
        rustix::thread::configure_capability_in_ambient_set(capability, true).map_err(failed)?;
    }
    Ok(())
}

/// Once the machine stands: programs started from here on have no capability but those they bring.
pub(super) fn drop_ambient_rights() -> Result<(), TryError> {
    rustix::thread::clear_ambient_capability_set().map_err(|errno| TryError::Rights { source: errno.into() })?;
    let held = rustix::thread::capabilities(None).map_err(|errno| TryError::Rights { source: errno.into() })?;
    let sets = CapabilitySets { inheritable: CapabilitySet::empty(), ..held };
    rustix::thread::set_capabilities(None, sets).map_err(|errno| TryError::Rights { source: errno.into() })
}
