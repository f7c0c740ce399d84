//! Asking the gateway for the identity of a name that the index does not have.
//!
//! `<udiRootPath>/bin/shifterimg lookup TYPE:TAG` runs as the user, in a child that has given up every right, without a
//! shell. What it prints is text from the user: an identity that is looked up like any other, access list and all.

use std::ffi::{CString, OsStr};
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use shifter_formats::image::Descriptor;
use shifter_formats::udiroot::Conf;
use shifter_sys::open::{self, For};
use shifter_sys::process::{self, Ended};
use shifter_sys::{CallError, signal};

use super::ImageError;
use super::store::is_file_name;
use crate::privilege::Raised;
use crate::say::say;

/// What `shifterimg` ends with when a gateway answered, and knows no such image for this user.
const NOT_THERE: i32 = 1;
/// More than this is no answer.
const LARGEST: u64 = 64 << 10;
const ENVIRONMENT: &str = "PATH=/usr/bin:/usr/sbin:/bin:/sbin";

/// The identity, or `None` if there is no gateway to ask or it knows none.
pub(super) fn ask(raised: &Raised, conf: &Conf, image: &Descriptor) -> Result<Option<String>, ImageError> {
    let Some(program) = conf.udi_root_path.as_ref().map(|path| path.join("bin/shifterimg")) else { return Ok(None) };
    let (reading, writing) = process::pipe()?;
    let child = raised.in_dropped_child(|_dropped| {
        let error = become_shifterimg(&program, image, &writing);
        say(format_args!("cannot start `{}`: {error}", program.display()));
        127
    })?;
    drop(writing);
    let mut answer = Vec::new();
    let read = std::fs::File::from(reading).take(LARGEST).read_to_end(&mut answer);
    match process::wait(child)? {
        Ended::Exited(0) if read.is_ok() => Ok(parse(&answer)),
        Ended::Exited(NOT_THERE) => Ok(None),
        Ended::Exited(_) => Err(ImageError::NotAsked(image.clone())),
        ended => Err(ImageError::Lookup(ended)),
    }
}

fn become_shifterimg(program: &Path, image: &Descriptor, output: &OwnedFd) -> CallError {
    let prepare = || -> Result<(), CallError> {
        process::close_inherited_on_exec()?;
        process::become_stdin(open::host(Path::new("/dev/null"), For::Reading)?)?;
        process::become_stdout(output)?;
        signal::restore()
    };
    if let Err(error) = prepare() {
        return error;
    }
    let name = image.to_string();
    let words = [OsStr::new("shifterimg"), OsStr::new("lookup"), OsStr::new(&name)];
    let words = words.map(|word| CString::new(word.as_bytes()).unwrap_or_default());
    process::exec(program.as_os_str(), &words, &[CString::new(ENVIRONMENT).unwrap_or_default()])
}

/// The first line that is an identity. Lines of older clients with `ENV:` and the like have a colon and are none.
#[must_use]
pub fn parse(answer: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(answer).ok()?;
    text.lines().map(str::trim).find(|line| is_file_name(line)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_identity_is_taken_from_an_answer() {
        assert_eq!(parse(b"abc123\n").as_deref(), Some("abc123"));
        assert_eq!(parse(b"ENV: A=1\nabc\n").as_deref(), Some("abc"));
        for hostile in [&b"../../etc/shadow\n"[..], b"", b"a b\n", b"\xff\xfe\n", b"/x\n", b".\n"] {
            assert_eq!(parse(hostile), None, "{hostile:?}");
        }
    }
}
