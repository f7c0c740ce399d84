//! New file systems: as detached mounts, with what the kernel says if it makes none (fsopen(2), fsconfig(2), fsmount(2)),
//! or at a place at once (mount(2)).

use std::ffi::{CString, OsStr};
use std::fmt;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use rustix::mount::{FsMountFlags, FsOpenFlags, MountFlags};

use super::{Attributes, attach};
use crate::call::{CallError, Named};
use crate::open::{self, For};

/// A parameter of a new file system (`FSCONFIG_SET_*`).
#[derive(Clone, Copy, Debug)]
pub enum Parameter<'a> {
    /// A name alone.
    Flag(&'a str),
    /// A name with a value.
    Text(&'a str, &'a OsStr),
    /// A name with a value, left out where this kernel does not take it (`EINVAL`).
    Wish(&'a str, &'a OsStr),
}

/// Why a file system could not be made, with what the kernel logged about it.
#[derive(Debug)]
pub struct NewError {
    /// The failed call.
    pub error: CallError,
    /// The type of file system.
    pub kind: String,
    /// The parameter refused, if one was.
    pub parameter: Option<String>,
    /// The kernel's own lines for this context, without their level.
    pub log: Vec<String>,
}

impl fmt::Display for NewError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot make a {} file system: {}", self.kind, self.error)?;
        if let Some(parameter) = &self.parameter {
            write!(f, " (option {parameter})")?;
        }
        for line in &self.log {
            write!(f, "; the kernel says: {line}")?;
        }
        Ok(())
    }
}

impl std::error::Error for NewError {}

/// A new file system as a detached mount: fsopen(2), fsconfig(2) for each parameter, `FSCONFIG_CMD_CREATE`,
/// fsmount(2) with `attributes`.
///
/// # Errors
/// `ENODEV` when the kernel does not know the type, `EINVAL` for a parameter it does not take.
pub fn new(kind: &str, parameters: &[Parameter<'_>], attributes: Attributes) -> Result<OwnedFd, NewError> {
    let failed = |error, parameter: Option<&str>, log| NewError {
        error,
        kind: kind.to_owned(),
        parameter: parameter.map(str::to_owned),
        log,
    };
    let context = rustix::mount::fsopen(kind, FsOpenFlags::FSOPEN_CLOEXEC)
        .named("fsopen")
        .map_err(|error| failed(error, None, Vec::new()))?;
    for parameter in parameters {
        let (name, set) = match *parameter {
            Parameter::Flag(name) => (name, rustix::mount::fsconfig_set_flag(context.as_fd(), name)),
            Parameter::Text(name, value) => (name, rustix::mount::fsconfig_set_string(context.as_fd(), name, value)),
            Parameter::Wish(name, value) => match rustix::mount::fsconfig_set_string(context.as_fd(), name, value) {
                Err(rustix::io::Errno::INVAL) => (name, Ok(())),
                set => (name, set),
            },
        };
        set.named("fsconfig").map_err(|error| failed(error, Some(name), messages(&context)))?;
    }
    rustix::mount::fsconfig_create(context.as_fd())
        .named("fsconfig")
        .map_err(|error| failed(error, None, messages(&context)))?;
    rustix::mount::fsmount(context.as_fd(), FsMountFlags::FSMOUNT_CLOEXEC, attributes.flags())
        .named("fsmount")
        .map_err(|error| failed(error, None, messages(&context)))
}

/// The lines the kernel keeps for a file system context: read(2) gives one at a time, `ENODATA` after the last.
fn messages(context: &OwnedFd) -> Vec<String> {
    let mut lines = Vec::new();
    let mut buffer = [0_u8; 1024];
    while lines.len() < 16 {
        match rustix::io::read(context, &mut buffer) {
            Ok(length @ 1..) => {
                let line = String::from_utf8_lossy(&buffer[..length]);
                lines.push(line.trim_end().trim_start_matches(['e', 'w', 'i']).trim_start().to_owned());
            }
            _ => break,
        }
    }
    lines
}

/// A new file system at a place, with its attributes from the beginning, by mount(2). The place is named, so nobody but
/// root may have a say in the path, and what is mounted there is covered.
///
/// What mount(2) cannot say in words it says by [`new`], which is tried if it fails, and which takes what mount(2) cannot:
/// a [`Parameter::Wish`], and values with a comma.
///
/// # Errors
/// Those of [`new`], and what the kernel says about the place.
pub fn new_at(at: &Path, kind: &str, parameters: &[Parameter<'_>], attributes: Attributes) -> Result<(), NewError> {
    let failed = |error| NewError { error, kind: kind.to_owned(), parameter: None, log: Vec::new() };
    let in_one_call = one_call(parameters).is_some_and(|call| {
        let flags = attributes.of_mount() | call.flags;
        rustix::mount::mount(call.source, at, kind, flags, call.options.as_deref()).is_ok()
    });
    if in_one_call {
        return Ok(());
    }
    let mount = new(kind, parameters, attributes)?;
    open::host(at, For::Place).and_then(|place| attach(&mount, place)).map_err(failed)
}

/// What mount(2) takes.
struct OneCall<'a> {
    source: &'a OsStr,
    flags: MountFlags,
    options: Option<CString>,
}

/// The parameters as mount(2) takes them: a page at most, with commas between.
fn one_call<'a>(parameters: &[Parameter<'a>]) -> Option<OneCall<'a>> {
    let mut call = OneCall { source: OsStr::new("none"), flags: MountFlags::empty(), options: None };
    let mut options = Vec::new();
    for parameter in parameters {
        match *parameter {
            Parameter::Wish(..) => return None,
            Parameter::Text("source", source) => call.source = source,
            Parameter::Flag("ro") => call.flags |= MountFlags::RDONLY,
            Parameter::Flag(name) => options.push(name.as_bytes().to_vec()),
            Parameter::Text(_, value) if value.as_bytes().iter().any(|byte| b",\\\"".contains(byte)) => return None,
            Parameter::Text(name, value) => options.push([name.as_bytes(), b"=", value.as_bytes()].concat()),
        }
    }
    let options = options.join(&b',');
    if options.len() > 4000 {
        return None;
    }
    if !options.is_empty() {
        call.options = Some(CString::new(options).ok()?);
    }
    Some(call)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_comma_would_end_is_not_said_in_one_call() {
        let text = |value| Parameter::Text("lowerdir", OsStr::new(value));
        let call =
            one_call(&[Parameter::Text("source", OsStr::new("/dev/loop0")), Parameter::Flag("ro"), text("/a b")]);
        let call = call.unwrap();
        assert_eq!((call.source, call.options), (OsStr::new("/dev/loop0"), Some(c"lowerdir=/a b".to_owned())));
        assert!(call.flags.contains(MountFlags::RDONLY));
        for odd in ["/a,b", "/a\\b", "/a\"b"] {
            assert!(one_call(&[text(odd)]).is_none(), "{odd}");
        }
        assert!(one_call(&[Parameter::Wish("threads", OsStr::new("percpu"))]).is_none());
        assert!(one_call(&[text(&"x".repeat(5000))]).is_none());
    }
}
