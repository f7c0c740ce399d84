//! What root keeps on a node until it boots: directories below `/run/shifter`, in memory, that nobody else can change.
//!
//! Where `/run` is not in memory nothing is kept: no start writes to a disk or to a file system that nodes share for it.

use std::cell::Cell;
use std::ffi::OsStr;
use std::os::fd::OwnedFd;
use std::path::Path;

use shifter_sys::open::{self, For, Within};
use shifter_sys::{CallError, Errno, node, process};

use crate::privilege::Raised;
use crate::trust;

const RUN: &str = "/run";
const OURS: &str = "shifter";

/// No file here is longer.
pub(crate) const LONGEST: u64 = 256 << 10;

/// `<linux/magic.h>`: tmpfs, ramfs.
const IN_MEMORY: [u32; 2] = [0x0102_1994, 0x8584_58f6];
const WRITABLE_BY_OTHERS: u32 = 0o022;

/// Opens a directory of ours that only root can enter, and makes it where it is not there. `None` where nothing can be
/// kept; no start fails for that.
pub(crate) fn directory(raised: &Raised, name: &str) -> Option<OwnedFd> {
    let run = Path::new(RUN);
    if raised.is_rootless() || !trust::is_roots_alone(run) || !is_in_memory(run) {
        return None;
    }
    // A write beyond the caller's own limit of a file's size would end the start (setrlimit(2), SIGXFSZ).
    if process::largest_file() < LONGEST {
        return None;
    }
    // What is root's alone is the same under its name.
    let ours = run.join(OURS);
    if trust::is_roots_alone(&ours)
        && let Ok(directory) = open::host_plain(&ours.join(name), For::Listing)
    {
        return is_ours(&directory).then_some(directory);
    }
    let (run, _) = trust::open_directory(run).ok()?;
    let ours = place(&run, OURS, 0o755).ok()?;
    place(&ours, name, 0o700).ok()
}

/// Asked once in the life of a process.
fn is_in_memory(run: &Path) -> bool {
    thread_local! {
        static ANSWER: Cell<Option<bool>> = const { Cell::new(None) };
    }
    let asked = || open::filesystem_type_of(run).is_ok_and(|kind| IN_MEMORY.contains(&kind));
    let answer = ANSWER.get().unwrap_or_else(asked);
    ANSWER.set(Some(answer));
    answer
}

fn is_ours(directory: &OwnedFd) -> bool {
    open::facts(directory).is_ok_and(|facts| facts.uid == 0 && facts.mode & WRITABLE_BY_OTHERS == 0)
}

fn place(parent: &OwnedFd, name: &str, mode: u32) -> Result<OwnedFd, CallError> {
    let open = || open::below(parent, Path::new(name), Within::PlainBelow, For::Listing);
    let directory = match open() {
        Err(error) if error.errno == Errno::NOENT => {
            match node::make_dir(parent, OsStr::new(name), mode) {
                Err(error) if error.errno != Errno::EXIST => return Err(error),
                _ => {}
            }
            open()?
        }
        opened => opened?,
    };
    if is_ours(&directory) { Ok(directory) } else { Err(CallError { call: "statx", errno: Errno::PERM }) }
}
