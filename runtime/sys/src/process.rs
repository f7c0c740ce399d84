//! Children, namespaces and the last call of all.

use std::convert::Infallible;
use std::ffi::{CString, OsStr};
use std::fmt;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use nix::sched::{CloneFlags, unshare};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid};

use crate::call::{CallError, Errno, Named};
use crate::{later, signal};

/// `KEYCTL_JOIN_SESSION_KEYRING` of `<linux/keyctl.h>`.
const JOIN_SESSION_KEYRING: libc::c_long = 1;

/// What a child that panicked exits with, as a shell reports SIGABRT.
const PANICKED: i32 = 134;

/// A child of ours that was not waited for.
#[derive(Debug)]
#[must_use = "a child is to be waited for"]
pub struct Child(Pid);

/// How a child ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// With this exit status.
    Exited(i32),
    /// By this signal.
    Killed(i32),
}

impl Child {
    /// Its number, in the PID namespace of this process.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.0.as_raw().unsigned_abs()
    }

    pub(crate) fn pid(&self) -> rustix::process::Pid {
        rustix::process::Pid::from_raw(self.0.as_raw()).expect("fork(2) gives its parent no pid of 0")
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Ended::Exited(status) => write!(f, "ended with status {status}"),
            Ended::Killed(signal) => match nix::sys::signal::Signal::try_from(signal) {
                Ok(name) => write!(f, "was ended by signal {signal} ({name})"),
                Err(_) => write!(f, "was ended by signal {signal}"),
            },
        }
    }
}

/// Ends this process as another one ended, so that whoever waits for this one learns of that one's end.
pub fn end_like(ended: Ended) -> ! {
    let status = match ended {
        Ended::Exited(status) => status,
        Ended::Killed(signal) => {
            // SAFETY: SIG_DFL has no code of ours behind it, and raise(3) takes a number.
            unsafe { libc::signal(signal, libc::SIG_DFL) };
            // SAFETY: as above.
            unsafe { libc::raise(signal) };
            128 + signal
        }
    };
    // SAFETY: _exit(2) takes a number and does not return.
    unsafe { libc::_exit(status) }
}

/// fork(2): runs `body` in a child that ends with its status and never returns into the caller's code. SIGCHLD is at its
/// default from here on.
///
/// # Errors
/// Only what the kernel says.
pub fn in_child(body: impl FnOnce() -> i32) -> Result<Child, CallError> {
    // What waits to be closed is nothing for a child.
    later::close_all();
    signal::learn_of_children()?;
    // SAFETY: after fork(2) a child of a process with several threads may only call async-signal-safe functions.
    // The programs of this crate start no threads, so their children may do what they like. The child leaves by
    // _exit(2), so no destructor and no atexit handler of the parent runs twice.
    match unsafe { nix::unistd::fork() }.named("fork")? {
        ForkResult::Parent { child } => Ok(Child(child)),
        ForkResult::Child => {
            let status = catch_unwind(AssertUnwindSafe(body)).unwrap_or(PANICKED);
            // SAFETY: _exit(2) takes a number and does not return.
            unsafe { libc::_exit(status) }
        }
    }
}

/// waitpid(2) until the child has ended.
///
/// # Errors
/// Only what the kernel says.
#[expect(clippy::needless_pass_by_value, reason = "a child is waited for once")]
pub fn wait(child: Child) -> Result<Ended, CallError> {
    loop {
        match waitpid(child.0, None) {
            Ok(WaitStatus::Exited(_, status)) => return Ok(Ended::Exited(status)),
            Ok(WaitStatus::Signaled(_, signal, _)) => return Ok(Ended::Killed(signal as i32)),
            Ok(_) | Err(nix::errno::Errno::EINTR) => {}
            Err(errno) => return Err(errno).named("waitpid"),
        }
    }
}

/// execve(2). Returns only if it failed. Every descriptor of ours is close-on-exec.
#[must_use]
pub fn exec(program: &OsStr, arguments: &[CString], environment: &[CString]) -> CallError {
    let result: Result<Infallible, CallError> = CString::new(program.as_bytes())
        .map_err(|_| CallError { call: "execve", errno: Errno::NOENT })
        .and_then(|program| nix::unistd::execve(&program, arguments, environment).named("execve"));
    match result {
        Ok(never) => match never {},
        Err(error) => error,
    }
}

/// unshare(2) `CLONE_NEWNS`: a mount table of our own.
///
/// # Errors
/// Without `CAP_SYS_ADMIN`.
pub fn new_mount_namespace() -> Result<(), CallError> {
    unshare(CloneFlags::CLONE_NEWNS).named("unshare(CLONE_NEWNS)")
}

/// unshare(2) `CLONE_NEWPID`: the next child of this process is the first of a PID namespace, which ends with it
/// (pid_namespaces(7)).
///
/// # Errors
/// Without `CAP_SYS_ADMIN`, or where the kernel has none.
pub fn new_pid_namespace() -> Result<(), CallError> {
    unshare(CloneFlags::CLONE_NEWPID).named("unshare(CLONE_NEWPID)")
}

/// The mount table of this process, to come back to (namespaces(7), `/proc/PID/ns/mnt`).
///
/// # Errors
/// Without `/proc`.
pub fn mount_namespace() -> Result<OwnedFd, CallError> {
    Ok(std::fs::File::open("/proc/thread-self/ns/mnt").named("open(/proc/thread-self/ns/mnt)")?.into())
}

/// setns(2) `CLONE_NEWNS`. Root and working directory become those of the namespace.
///
/// # Errors
/// Without `CAP_SYS_ADMIN` and `CAP_SYS_CHROOT`.
pub fn enter_mount_namespace(namespace: impl AsFd) -> Result<(), CallError> {
    nix::sched::setns(namespace, CloneFlags::CLONE_NEWNS).named("setns(CLONE_NEWNS)")
}

/// unshare(2) `CLONE_NEWUSER | CLONE_NEWNS`, with this user and group mapped to themselves and nobody else.
///
/// # Errors
/// Where the system lets users make no user namespaces.
pub fn new_user_and_mount_namespace(uid: u32, gid: u32) -> Result<(), CallError> {
    unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNS).named("unshare(CLONE_NEWUSER)")?;
    // ORDER: user_namespaces(7): an unprivileged process must deny setgroups(2) before it may write gid_map.
    std::fs::write("/proc/self/setgroups", "deny").named("write(/proc/self/setgroups)")?;
    std::fs::write("/proc/self/gid_map", format!("{gid} {gid} 1")).named("write(/proc/self/gid_map)")?;
    std::fs::write("/proc/self/uid_map", format!("{uid} {uid} 1")).named("write(/proc/self/uid_map)")
}

/// setsid(2): no terminal can signal or stop this process.
///
/// # Errors
/// When it leads a process group already.
pub fn new_session() -> Result<(), CallError> {
    nix::unistd::setsid().map(drop).named("setsid")
}

/// keyctl(2) `KEYCTL_JOIN_SESSION_KEYRING`: a new session keyring without a name, so that no key of the caller's is found
/// by what runs from here on, and none is left for him (session-keyring(7)).
///
/// # Errors
/// Only what the kernel says. A kernel without keys, or a filter that lets nobody have any (`EPERM`), is no error: then
/// the caller has none either, since a filter of his own would have made the program one without privilege.
pub fn new_session_keyring() -> Result<(), CallError> {
    let no_name = std::ptr::null::<libc::c_char>();
    // SAFETY: KEYCTL_JOIN_SESSION_KEYRING reads a name, and nothing where it is null.
    let serial = unsafe { libc::syscall(libc::SYS_keyctl, JOIN_SESSION_KEYRING, no_name, 0, 0, 0) };
    match Errno::last() {
        _ if serial >= 0 => Ok(()),
        Errno::NOSYS | Errno::PERM => Ok(()),
        errno => Err(CallError { call: "keyctl", errno }),
    }
}

/// `PR_SET_DUMPABLE` 0: no core file, and no tracing by the user.
///
/// # Errors
/// Only what the kernel says.
pub fn hide_memory() -> Result<(), CallError> {
    // SAFETY: PR_SET_DUMPABLE takes a number and touches no memory of ours.
    let failed = unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0) };
    if failed == 0 { Ok(()) } else { Err(CallError::last("prctl(PR_SET_DUMPABLE)")) }
}

/// setrlimit(2): none of the caller's limits that root's work could fail at. Those on numbers of processes and of locked
/// pages do not bind uid 0. No core is ever written.
///
/// # Errors
/// `EPERM` where a limit was lowered and there is no `CAP_SYS_RESOURCE` to lift it.
pub fn lift_limits() -> Result<(), CallError> {
    for limit in [libc::RLIMIT_AS, libc::RLIMIT_CPU, libc::RLIMIT_DATA, libc::RLIMIT_FSIZE] {
        set_limit(limit, libc::RLIM_INFINITY)?;
    }
    // What the kernel gives the first process (getrlimit(2)); "no limit" is no number of descriptors it takes.
    set_limit(libc::RLIMIT_NOFILE, 4096)?;
    set_limit(libc::RLIMIT_STACK, 8 << 20)?;
    set_limit(libc::RLIMIT_CORE, 0)
}

fn set_limit(limit: libc::__rlimit_resource_t, value: libc::rlim_t) -> Result<(), CallError> {
    let value = libc::rlimit { rlim_cur: value, rlim_max: value };
    // SAFETY: setrlimit(2) reads one `struct rlimit`, which lives over the call.
    let failed = unsafe { libc::setrlimit(limit, &raw const value) };
    if failed == 0 { Ok(()) } else { Err(CallError::last("setrlimit")) }
}

/// `RLIMIT_FSIZE`: what this process may write into one file, in bytes.
#[must_use]
pub fn largest_file() -> u64 {
    rustix::process::getrlimit(rustix::process::Resource::Fsize).current.unwrap_or(u64::MAX)
}

/// getcwd(2): the working directory; no file is looked at.
///
/// # Errors
/// `ENAMETOOLONG` for a path longer than a page, `ENOENT` for a directory that was removed or is out of reach.
pub fn working_directory() -> Result<std::path::PathBuf, CallError> {
    use std::os::unix::ffi::OsStringExt as _;
    let path = rustix::process::getcwd(Vec::with_capacity(4096)).named("getcwd")?;
    // What lies outside of the root is told behind `(unreachable)` (getcwd(2)).
    match path.as_bytes().first() {
        Some(b'/') => Ok(std::ffi::OsString::from_vec(path.into_bytes()).into()),
        _ => Err(CallError { call: "getcwd", errno: Errno::NOENT }),
    }
}

/// memfd_create(2): a file in memory that nobody else has.
///
/// # Errors
/// Only what the kernel says.
pub fn memory_file(name: &std::ffi::CStr) -> Result<OwnedFd, CallError> {
    rustix::fs::memfd_create(name, rustix::fs::MemfdFlags::CLOEXEC).named("memfd_create")
}

/// close_range(2) from 3 up with `CLOSE_RANGE_CLOEXEC`: what comes next starts with 0, 1 and 2 only.
///
/// # Errors
/// `ENOSYS` before Linux 5.9, `EINVAL` before 5.11.
pub fn close_inherited_on_exec() -> Result<(), CallError> {
    // SAFETY: with CLOSE_RANGE_CLOEXEC no descriptor is closed, so none that Rust owns becomes invalid.
    let failed = unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC) };
    if failed == 0 { Ok(()) } else { Err(CallError::last("close_range")) }
}

/// fcntl(2) `F_SETFD`: this descriptor stays open over an exec.
///
/// # Errors
/// Only what the kernel says.
pub fn keep_on_exec(fd: impl AsFd) -> Result<(), CallError> {
    rustix::io::fcntl_setfd(fd, rustix::io::FdFlags::empty()).named("fcntl")
}

/// pipe2(2): reading end, writing end.
///
/// # Errors
/// Only what the kernel says.
pub fn pipe() -> Result<(OwnedFd, OwnedFd), CallError> {
    nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC).named("pipe2")
}

/// dup2(2) onto descriptor 0.
///
/// # Errors
/// Only what the kernel says.
pub fn become_stdin(fd: impl AsFd) -> Result<(), CallError> {
    nix::unistd::dup2_stdin(fd).named("dup2")
}

/// dup2(2) onto descriptor 1.
///
/// # Errors
/// Only what the kernel says.
pub fn become_stdout(fd: impl AsFd) -> Result<(), CallError> {
    nix::unistd::dup2_stdout(fd).named("dup2")
}

/// dup2(2) onto descriptor 2.
///
/// # Errors
/// Only what the kernel says.
pub fn become_stderr(fd: impl AsFd) -> Result<(), CallError> {
    nix::unistd::dup2_stderr(fd).named("dup2")
}

/// abort(3): for the one state there is no way on from, a wrong identity.
pub fn abort() -> ! {
    std::process::abort()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_ends_with_the_status_of_its_body() {
        assert_eq!(wait(in_child(|| 7).unwrap()).unwrap(), Ended::Exited(7));
    }

    #[test]
    fn a_panic_does_not_leave_the_child() {
        let child = in_child(|| std::panic::resume_unwind(Box::new(()))).unwrap();
        assert_eq!(wait(child).unwrap(), Ended::Exited(PANICKED));
    }

    #[test]
    fn a_program_that_is_not_there_is_told_by_its_errno() {
        assert_eq!(exec(OsStr::new("/nonexistent/x"), &[], &[]).errno, Errno::NOENT);
    }
}
