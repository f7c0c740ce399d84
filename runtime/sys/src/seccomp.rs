//! One seccomp filter: no user namespaces from here on (seccomp(2)).
//!
//! `clone3` cannot be judged by a filter, since its flags lie in memory; it answers `ENOSYS`, upon which libc uses
//! `clone`. `clone` and `unshare` with `CLONE_NEWUSER` answer `EPERM`. Calls by another architecture's numbers
//! (32-bit programs, x32) answer `ENOSYS`, since they could do the same by other numbers.

use crate::call::CallError;

#[cfg(target_arch = "x86_64")]
const NATIVE: u32 = 0xC000_003E;
#[cfg(target_arch = "aarch64")]
const NATIVE: u32 = 0xC000_00B7;

/// Calls from this number on are x32's on x86_64; no other architecture has any.
const X32: u32 = 0x4000_0000;
const NEWUSER: u32 = libc::CLONE_NEWUSER as u32;

const LOAD: u16 = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
const JUMP_EQUAL: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
const JUMP_AT_LEAST: u16 = (libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K) as u16;
const JUMP_ANY_BIT: u16 = (libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K) as u16;
const RETURN: u16 = (libc::BPF_RET | libc::BPF_K) as u16;

const fn step(code: u16, k: u32, then: u8, otherwise: u8) -> libc::sock_filter {
    libc::sock_filter { code, jt: then, jf: otherwise, k }
}

const fn error(errno: i32) -> u32 {
    libc::SECCOMP_RET_ERRNO | errno as u32
}

/// Offsets in `struct seccomp_data`: nr at 0, arch at 4, the low half of the first argument at 16.
const FILTER: [libc::sock_filter; 13] = [
    step(LOAD, 4, 0, 0),
    step(JUMP_EQUAL, NATIVE, 0, 9),
    step(LOAD, 0, 0, 0),
    step(JUMP_AT_LEAST, X32, 7, 0),
    step(JUMP_EQUAL, libc::SYS_clone3 as u32, 6, 0),
    step(JUMP_EQUAL, libc::SYS_clone as u32, 2, 0),
    step(JUMP_EQUAL, libc::SYS_unshare as u32, 1, 0),
    step(RETURN, libc::SECCOMP_RET_ALLOW, 0, 0),
    step(LOAD, 16, 0, 0),
    step(JUMP_ANY_BIT, NEWUSER, 2, 0),
    step(RETURN, libc::SECCOMP_RET_ALLOW, 0, 0),
    step(RETURN, error(libc::ENOSYS), 0, 0),
    step(RETURN, error(libc::EPERM), 0, 0),
];

/// Installs the filter for this process and all it starts.
///
/// # Errors
/// Without no_new_privs; where the kernel has no seccomp.
pub fn deny_user_namespaces() -> Result<(), CallError> {
    let mut filter = FILTER;
    let program = libc::sock_fprog { len: 13, filter: filter.as_mut_ptr() };
    // SAFETY: `program` points to 13 filters that live over the call; the kernel copies and checks them.
    let failed = unsafe { libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program, 0, 0) };
    if failed == 0 { Ok(()) } else { Err(CallError::last("prctl(PR_SET_SECCOMP)")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capability;
    use crate::process::{self, Ended};

    #[test]
    fn a_user_namespace_is_refused_and_a_fork_is_not() {
        let child = process::in_child(|| {
            capability::set_no_new_privs().unwrap();
            deny_user_namespaces().unwrap();
            let grandchild = process::in_child(|| 0).unwrap();
            assert_eq!(process::wait(grandchild).unwrap(), Ended::Exited(0));
            // SAFETY: clone3 with a null argument touches no memory; the filter answers before the kernel looks.
            let clone3 = unsafe { libc::syscall(libc::SYS_clone3, 0, 0) };
            assert_eq!((clone3, crate::Errno::last()), (-1, crate::Errno::NOSYS));
            let error = process::new_user_and_mount_namespace(1, 1).unwrap_err();
            i32::from(error.errno != crate::Errno::PERM)
        });
        assert_eq!(process::wait(child.unwrap()).unwrap(), Ended::Exited(0));
    }
}
