//! The environment the caller left, taken once and removed.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use crate::call::CallError;

/// Removes the environment from the process and returns it, in its order, as name and value.
///
/// Entries without `=` or with an empty name are lost: no program could read them by name.
///
/// # Errors
/// When clearenv(3) fails.
pub fn take() -> Result<Vec<(OsString, OsString)>, CallError> {
    let taken: Vec<(OsString, OsString)> = std::env::vars_os().collect();
    // SAFETY: clearenv(3) writes `environ`, which no other thread may read meanwhile: the programs of this crate
    // start no threads. The strings returned above are copies.
    let failed = unsafe { libc::clearenv() };
    if failed == 0 { Ok(taken) } else { Err(CallError::last("clearenv")) }
}

/// `NAME=VALUE` as one string, for execve(2).
#[must_use]
pub fn entry(name: &std::ffi::OsStr, value: &std::ffi::OsStr) -> OsString {
    let mut bytes = name.to_owned().into_vec();
    bytes.push(b'=');
    bytes.extend_from_slice(std::os::unix::ffi::OsStrExt::as_bytes(value));
    OsString::from_vec(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process;

    #[test]
    fn a_taken_environment_is_gone() {
        let status = process::in_child(|| {
            let taken = take().unwrap();
            i32::from(taken.is_empty()) + 2 * i32::from(std::env::vars_os().next().is_some())
        });
        assert_eq!(process::wait(status.unwrap()).unwrap(), process::Ended::Exited(0));
    }
}
