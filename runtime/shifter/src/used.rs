//! The mark that an image was started from: `<imagePath>/used/<id>`, touched as `imageOwner`.
//!
//! At most once per image, node and day, by a stamp in the node's memory; where there is none, the mark's own age is
//! looked at. It is left when the container has been built, and nothing is said where it cannot be: on a store that is
//! read-only, full, or of an owner who may not write there.

use std::ffi::OsStr;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use shifter_formats::used::{DIRECTORY, INTERVAL};
use shifter_sys::open::{self, For, Within};
use shifter_sys::{CallError, Errno, later, node};

use crate::node_memory;
use crate::privilege::Raised;

const WRITABLE_BY_OTHERS: u32 = 0o022;

/// An image of the store, to be marked.
#[derive(Debug)]
pub struct Mark {
    /// The directory `imagePath`, checked.
    pub store: OwnedFd,
    /// The uid of `imageOwner`.
    pub owner: u32,
    /// The image: a plain name.
    pub id: String,
}

impl Mark {
    /// Leaves the mark, if it is time.
    pub fn leave(self, raised: &Raised) {
        let id = OsStr::new(&self.id);
        let stamp = node_memory::directory(raised, DIRECTORY).and_then(|stamps| {
            let stamp = node::open_to_change(&stamps, id, 0o600);
            later::close(stamps);
            stamp.ok().map(File::from)
        });
        match stamp {
            // A stamp that was never written was made by this start.
            Some(stamp) if is_recent(&stamp, Ignored::Empty) => later::close(stamp.into()),
            Some(stamp) => {
                let _a_mark_is_not_needed = raised.as_owner(self.owner, || self.touch(id, Always));
                // Where there can be no mark the next try is tomorrow as well.
                let _a_stamp_is_not_needed = stamp.write_all_at(b"\n", 0);
                later::close(stamp.into());
            }
            None => {
                let _a_mark_is_not_needed = raised.as_owner(self.owner, || self.touch(id, IfOld));
            }
        }
        later::close(self.store);
    }

    fn touch(&self, id: &OsStr, when: When) -> Result<(), CallError> {
        let open = || open::below(&self.store, Path::new(DIRECTORY), Within::PlainBelow, For::Place);
        let directory = match open() {
            Err(error) if error.errno == Errno::NOENT => {
                node::make_dir(&self.store, OsStr::new(DIRECTORY), 0o755)?;
                open()?
            }
            opened => opened?,
        };
        let facts = open::facts(&directory)?;
        if facts.uid != self.owner || facts.mode & WRITABLE_BY_OTHERS != 0 {
            return Err(CallError { call: "statx", errno: Errno::PERM });
        }
        let mark = File::from(node::open_to_append(&directory, id, 0o644)?);
        later::close(directory);
        let is_time = when == Always || !is_recent(&mark, Ignored::Nothing);
        let touched = if is_time { node::touch(&mark) } else { Ok(()) };
        later::close(mark.into());
        touched
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    Always,
    IfOld,
}
use When::{Always, IfOld};

/// Which files are never recent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ignored {
    Nothing,
    Empty,
}

fn is_recent(file: &File, ignored: Ignored) -> bool {
    let Ok(facts) = open::facts(file) else { return false };
    let (seconds, nanoseconds) = facts.identity.modified;
    let since = u64::try_from(seconds).unwrap_or(0);
    let modified = UNIX_EPOCH + Duration::new(since, nanoseconds);
    let is_there = ignored == Ignored::Nothing || facts.size > 0;
    is_there && modified.elapsed().is_ok_and(|age| age < INTERVAL)
}
