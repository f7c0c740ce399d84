//! A user namespace of the caller's own, and what to say where the system gives none.

use std::fmt;
use std::path::Path;

use shifter_sys::CallError;
use shifter_sys::open::{self, For};
use shifter_sys::{mount, process};

use crate::privilege::Caller;

/// What stops users from making user namespaces: a file of the kernel's, and what it then says.
const SWITCHES: [(&str, &str, &str); 3] = [
    // Debian's and Ubuntu's own patch.
    ("/proc/sys/kernel/unprivileged_userns_clone", "kernel.unprivileged_userns_clone", "0"),
    // namespaces(7), "The /proc/sys/user directory"; RHEL 7's default.
    ("/proc/sys/user/max_user_namespaces", "user.max_user_namespaces", "0"),
    // Ubuntu 23.10 and later: such a namespace is made, and has no rights.
    ("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "kernel.apparmor_restrict_unprivileged_userns", "1"),
];

/// There is no mount table of our own.
#[derive(Debug)]
pub enum NamespaceError {
    /// Not even for root.
    Roots(CallError),
    /// The system gives this user no namespace in which he may mount.
    Users {
        /// What failed.
        error: CallError,
        /// The sysctl that forbids it, with its value.
        switch: Option<(&'static str, &'static str)>,
    },
}

impl fmt::Display for NamespaceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (error, switch) = match self {
            NamespaceError::Roots(error) => return error.fmt(f),
            NamespaceError::Users { error, switch } => (error, switch),
        };
        write!(f, "this shifter is not setuid root, and users get no user namespace to mount in here: {error}")?;
        match switch {
            Some((name, value)) => write!(f, "; sysctl {name} is {value}, which an administrator can change"),
            None => f.write_str("; a container or a security module around this shell may forbid them"),
        }
    }
}

impl std::error::Error for NamespaceError {}

/// Makes the namespace with the caller mapped to himself, and a mount table from which nothing goes out.
///
/// # Errors
/// Names the sysctl that forbids it, if one does.
pub fn enter(caller: &Caller) -> Result<(), NamespaceError> {
    let made = process::new_user_and_mount_namespace(caller.uid, caller.gid).and_then(|()| mount::receive_only());
    made.map_err(|error| NamespaceError::Users { error, switch: forbidding(read_switch) })
}

fn read_switch(path: &str) -> Option<String> {
    let file = open::host(Path::new(path), For::Reading).ok()?;
    String::from_utf8(open::read_all(file, 64).ok()?).ok()
}

fn forbidding(read: impl Fn(&str) -> Option<String>) -> Option<(&'static str, &'static str)> {
    let is_set = |path: &str, value: &str| read(path).is_some_and(|text| text.trim() == value);
    SWITCHES.iter().find(|(path, _, value)| is_set(path, value)).map(|(_, name, value)| (*name, *value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use shifter_sys::Errno;

    #[test]
    fn the_sysctl_that_forbids_it_is_named() {
        let said = |switches: &[(&str, &str)]| {
            let read = |path: &str| {
                let found = switches.iter().find(|(name, _)| path.ends_with(name));
                found.map(|(_, value)| format!("{value}\n"))
            };
            let error = CallError { call: "unshare(CLONE_NEWUSER)", errno: Errno::PERM };
            NamespaceError::Users { error, switch: forbidding(read) }.to_string()
        };
        assert!(said(&[("userns_clone", "1"), ("max_user_namespaces", "0")]).contains("user.max_user_namespaces is 0"));
        assert!(said(&[("userns_clone", "0")]).contains("sysctl kernel.unprivileged_userns_clone is 0"));
        assert!(said(&[("unprivileged_userns", "1")]).contains("kernel.apparmor_restrict_unprivileged_userns is 1"));
        assert!(said(&[("max_user_namespaces", "15000")]).contains("a container or a security module"));
    }
}
