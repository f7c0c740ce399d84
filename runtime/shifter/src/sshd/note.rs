//! Which process an sshd is: noted by the set-up, and ended by it.

use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::path::Path;

use shifter_formats::sha256::hex_digest;
use shifter_sys::open::{self, For, Within};
use shifter_sys::{CallError, Errno, node, pidfd};

use super::{PATIENCE, SshdError};
use crate::attach::mark;
use crate::node_memory;
use crate::privilege::Raised;
use crate::trust;

const DIRECTORY: &str = "sshd";
const WHERE: &str = "/run/shifter/sshd";
const MODE: u32 = 0o600;

/// A note for each place where containers are.
fn name(udi_mount: &Path) -> OsString {
    hex_digest(udi_mount.as_os_str().as_encoded_bytes()).into()
}

/// The directory of notes.
pub(super) fn directory(raised: &Raised) -> Result<OwnedFd, SshdError> {
    node_memory::directory(raised, DIRECTORY).ok_or(SshdError::NoMemory)
}

/// Notes the process with this number, which waits, and its beginning, which no other with this number has.
pub(super) fn write(directory: &OwnedFd, udi_mount: &Path, pid: u32) -> Result<(), CallError> {
    let began = mark::began(pid).ok_or(CallError { call: "read(/proc/PID/stat)", errno: Errno::NOENT })?;
    let name = name(udi_mount);
    remove(directory, &name)?;
    node::write_all(node::make_file(directory, &name, MODE)?, format!("pid={pid} began={began}\n").as_bytes())
}

fn remove(directory: &OwnedFd, name: &OsString) -> Result<(), CallError> {
    match node::remove(directory, name) {
        Err(error) if error.errno == Errno::NOENT => Ok(()),
        done => done,
    }
}

/// Ends the sshd of the container at this place with all it has started, and waits for it. Where there is none, nothing
/// is done; one that does not go in time is among those who keep the container.
///
/// # Errors
/// Only what the kernel says.
pub(crate) fn end(udi_mount: &Path) -> Result<(), CallError> {
    let Ok((directory, _)) = trust::open_directory(Path::new(WHERE)) else { return Ok(()) };
    let name = name(udi_mount);
    let file = match open::below(&directory, Path::new(&name), Within::PlainBelow, For::Reading) {
        Err(error) if error.errno == Errno::NOENT => return Ok(()),
        file => file?,
    };
    let text = String::from_utf8_lossy(&open::read_all(file, 256)?).into_owned();
    let number = |name| mark::field(text.trim_end(), name)?.parse::<u64>().ok();
    let pid = number("pid").and_then(|pid| u32::try_from(pid).ok());
    if let Some(pid) = pid
        && let Ok(process) = pidfd::open(pid)
        // ORDER: asked when the descriptor is there: what has this number now is what the descriptor is of.
        && mark::began(pid).is_some_and(|began| number("began") == Some(began))
    {
        pidfd::kill(&process)?;
        // The kernel lets the first process of a namespace end when all others of it have.
        if !pidfd::is_ready_within(&process, PATIENCE)? {
            return Ok(());
        }
    }
    remove(&directory, &name)
}
