//! What went wrong, and in which call.

use std::fmt;

/// The error number of a failed call, as in errno(3).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Errno(i32);

impl Errno {
    /// No such file or directory.
    pub const NOENT: Errno = Errno(libc::ENOENT);
    /// A part of the path is not a directory.
    pub const NOTDIR: Errno = Errno(libc::ENOTDIR);
    /// Permission denied.
    pub const ACCES: Errno = Errno(libc::EACCES);
    /// Operation not permitted.
    pub const PERM: Errno = Errno(libc::EPERM);
    /// The file is there already.
    pub const EXIST: Errno = Errno(libc::EEXIST);
    /// The device is in use.
    pub const BUSY: Errno = Errno(libc::EBUSY);
    /// It would have to be waited for.
    pub const AGAIN: Errno = Errno(libc::EAGAIN);
    /// An argument the kernel does not take.
    pub const INVAL: Errno = Errno(libc::EINVAL);
    /// It is a directory.
    pub const ISDIR: Errno = Errno(libc::EISDIR);
    /// The kernel has no such call.
    pub const NOSYS: Errno = Errno(libc::ENOSYS);
    /// The file is not a program the kernel can start.
    pub const NOEXEC: Errno = Errno(libc::ENOEXEC);
    /// Too many symbolic links, or one where none may be.
    pub const LOOP: Errno = Errno(libc::ELOOP);
    /// The file system has no such feature.
    pub const OPNOTSUPP: Errno = Errno(libc::EOPNOTSUPP);
    /// No such device, or a file system type the kernel does not know.
    pub const NODEV: Errno = Errno(libc::ENODEV);
    /// No device behind the device node.
    pub const NXIO: Errno = Errno(libc::ENXIO);

    /// The number itself.
    #[must_use]
    pub fn raw(self) -> i32 {
        self.0
    }

    /// What the last libc call of this thread left behind.
    #[must_use]
    pub fn last() -> Errno {
        Errno(std::io::Error::last_os_error().raw_os_error().unwrap_or(libc::EIO))
    }
}

impl fmt::Debug for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Errno({})", self.0)
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(nix::errno::Errno::from_raw(self.0).desc())
    }
}

/// A call that failed: its name and its errno.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallError {
    /// The name as in section 2 of the manual.
    pub call: &'static str,
    /// Why.
    pub errno: Errno,
}

impl CallError {
    pub(crate) fn last(call: &'static str) -> CallError {
        CallError { call, errno: Errno::last() }
    }

    /// What std says about a call it made for us.
    #[must_use]
    pub fn from_io(call: &'static str, error: &std::io::Error) -> CallError {
        CallError { call, errno: Errno(error.raw_os_error().unwrap_or(libc::EIO)) }
    }

    /// Whether the kernel does not have this call at all.
    #[must_use]
    pub fn is_missing_call(&self) -> bool {
        self.errno == Errno::NOSYS
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let CallError { call, errno } = self;
        if self.is_missing_call() {
            write!(f, "this kernel lacks the call {call}; Linux 5.14 or later is needed")
        } else {
            write!(f, "{call}: {errno}")
        }
    }
}

impl std::error::Error for CallError {}

/// Names the call of a result from `nix` or `rustix`.
pub(crate) trait Named<T> {
    fn named(self, call: &'static str) -> Result<T, CallError>;
}

impl<T> Named<T> for Result<T, rustix::io::Errno> {
    fn named(self, call: &'static str) -> Result<T, CallError> {
        self.map_err(|errno| CallError { call, errno: Errno(errno.raw_os_error()) })
    }
}

impl<T> Named<T> for Result<T, nix::errno::Errno> {
    fn named(self, call: &'static str) -> Result<T, CallError> {
        self.map_err(|errno| CallError { call, errno: Errno(errno as i32) })
    }
}

impl<T> Named<T> for Result<T, std::io::Error> {
    fn named(self, call: &'static str) -> Result<T, CallError> {
        self.map_err(|error| CallError::from_io(call, &error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_kernel_is_told_from_a_wrong_argument() {
        let missing = CallError { call: "mount_setattr", errno: Errno::NOSYS };
        assert_eq!(missing.to_string(), "this kernel lacks the call mount_setattr; Linux 5.14 or later is needed");
        let wrong = CallError { call: "openat2", errno: Errno::NOENT };
        assert_eq!(wrong.to_string(), "openat2: No such file or directory");
    }
}
