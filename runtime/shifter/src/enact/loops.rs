//! One loop device for all containers of an image on a node.
//!
//! The fast way takes no lock: a note in the directory that images are mounted on says which device has this file, and
//! the device itself is asked whether that is so. Notes are hints and nothing more; a stale, missing or wrong one costs
//! a look at every device.
//!
//! Whoever finds none attaches one, under a lock that only root can take, so that of many first starts one attaches and
//! the others find its device. Nothing waits on the lock for long: a user may stop his start while it holds the lock.
//! Those who do not get it attach without it, and at worst there is a device more than needed.

use std::ffi::OsStr;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::time::Duration;

use shifter_sys::loopdev::{self, Backing, Control, LoopDevice};
use shifter_sys::open::{self, For, Within};
use shifter_sys::{CallError, node};

/// How often to try for the lock, and how long to wait in between: a second in all, where attaching takes a millisecond.
const TRIES: u32 = 500;
const PAUSE: Duration = Duration::from_millis(2);

/// More notes than this are thrown away together, when one is to be added.
const MOST_NOTES: usize = 256;

/// What a note is called: this, and the file's name among devices and inodes.
const NOTE: &str = ".loop-";

/// A device that has an image.
#[derive(Debug)]
pub(super) enum Shared {
    /// By a note, which is written when the device is mounted.
    Noted(LoopDevice),
    /// Attached now, or found without a note.
    New(LoopDevice, Unnoted),
}

/// What is to be noted, and the lock that others wait for meanwhile.
#[derive(Debug)]
pub(super) struct Unnoted {
    name: String,
    notes: OwnedFd,
    _lock: Control,
}

/// A device that has `file`, attached already or now. `notes` is a directory that only root can write, by a path that only
/// root can change.
pub(super) fn share(file: &OwnedFd, backing: &Backing, notes: &Path) -> Result<Shared, CallError> {
    let name = format!("{NOTE}{}", backing.name());
    let noted = || read_note(&notes.join(&name)).and_then(|number| loopdev::find_numbered(number, backing));
    if let Some(device) = noted() {
        return Ok(Shared::Noted(device));
    }
    let control = Control::open()?;
    for _ in 0..TRIES {
        if control.try_lock()? {
            break;
        }
        std::thread::sleep(PAUSE);
        if let Some(device) = noted() {
            return Ok(Shared::Noted(device));
        }
    }
    if let Some(device) = noted() {
        return Ok(Shared::Noted(device));
    }
    let device = match loopdev::find(backing) {
        Ok(Some(device)) => device,
        _ => loopdev::attach_shared(&control, file, backing)?,
    };
    Ok(Shared::New(device, Unnoted { name, notes: open::host(notes, For::Place)?, _lock: control }))
}

impl Unnoted {
    /// Notes the device, once it is mounted: who finds the note mounts the same superblock, and has no say in how it was
    /// mounted first.
    pub(super) fn note(self, device: &LoopDevice) {
        write_note(&self.notes, &self.name, device);
    }
}

/// A note is a symbolic link, which is read and made in one call and never half there: `.loop-8-2a1` → `loop7`.
fn read_note(note: &Path) -> Option<u32> {
    number_in(&node::link_at(note).ok()?)
}

/// The number in a note; nothing where it says anything else.
#[must_use]
pub fn number_in(note: &OsStr) -> Option<u32> {
    let digits = note.to_str()?.strip_prefix("loop")?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// Where nothing can be written, every start looks at every device.
fn write_note(notes: impl AsFd, name: &str, device: &LoopDevice) {
    let Some(target) = device.path.file_name() else { return };
    let write = || -> Result<(), CallError> {
        let listing = open::below(&notes, Path::new("."), Within::PlainBelow, For::Listing)?;
        let is_note = |name: &std::ffi::OsString| name.to_str().is_some_and(|name| name.starts_with(NOTE));
        let old: Vec<_> = open::names(listing)?.into_iter().filter(is_note).collect();
        let is_crowded = old.len() > MOST_NOTES;
        for note in old.iter().filter(|note| is_crowded || *note == name) {
            node::remove(&notes, note)?;
        }
        node::make_symlink(Path::new(target), &notes, OsStr::new(name))
    };
    let _only_a_hint = write();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_a_number_or_nothing() {
        assert_eq!(number_in(OsStr::new("loop7")), Some(7));
        for hostile in ["loop", "loop-1", "loop+1", "loop1/../sda", "../loop1", "sda", "", "loop99999999999", "loop 1"]
        {
            assert_eq!(number_in(OsStr::new(hostile)), None, "{hostile:?}");
        }
    }
}
