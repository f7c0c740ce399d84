//! The last records of each user in the node's memory, for `shifter --why`.
//!
//! `/run/shifter/starts` is root's with mode 0700, and so are its files: `<uid>`, `<uid>.old`, `<uid>.rate`. No user can
//! name, fill or swap them. A file that is full becomes the old one, so a user's records take at most twice [`FULL`], and
//! a little more while starts race. A line is written with one write(2) at the end (`O_APPEND`), so no lock is waited for.

use std::ffi::OsString;
use std::fs::File;
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::path::Path;

use shifter_formats::record::Record;
use shifter_sys::open::{self, For, Within};
use shifter_sys::{CallError, later, node};

use super::rate;
use crate::node_memory;
use crate::privilege::Raised;

const DIRECTORY: &str = "starts";
const MODE: u32 = 0o600;
/// Bytes after which a file becomes the old one.
const FULL: u64 = 64 << 10;
/// Bytes after which nothing is added, if a file that is full could not become the old one.
const LONGEST: u64 = 2 * FULL;

#[derive(Debug)]
pub(super) struct Store {
    lines: File,
    rate: File,
}

impl Store {
    pub(super) fn open(raised: &Raised) -> Option<Store> {
        let directory = node_memory::directory(raised, DIRECTORY)?;
        let [lines, old, rate] = names(raised.caller().uid);
        let file = open_to_append(&directory, &lines, &old).ok().flatten()?;
        let rate = node::open_to_change(&directory, &rate, MODE).ok()?;
        later::close(directory);
        Some(Store { lines: file.into(), rate: rate.into() })
    }

    pub(super) fn rate(&self, now: u64) -> rate::Verdict {
        rate::count(&self.rate, now)
    }

    pub(super) fn add(&self, record: &Record) {
        let _lost = (&self.lines).write_all(format!("{record}\n").as_bytes());
    }
}

fn names(uid: u32) -> [OsString; 3] {
    [format!("{uid}"), format!("{uid}.old"), format!("{uid}.rate")].map(OsString::from)
}

/// The file that is not full. Of several starts that find it full, the one that has its lock makes it the old one.
fn open_to_append(directory: &OwnedFd, name: &OsString, old: &OsString) -> Result<Option<OwnedFd>, CallError> {
    let file = node::open_to_append(directory, name, MODE)?;
    let size = open::facts(&file)?.size;
    if size < FULL {
        return Ok(Some(file));
    }
    if !node::try_lock(&file)? {
        return Ok((size < LONGEST).then_some(file));
    }
    // ORDER: asked again with the lock held, since whoever had it before has renamed the file.
    let again = node::open_to_append(directory, name, MODE)?;
    if open::facts(&again)?.size >= FULL {
        node::rename(directory, name, old)?;
        return node::open_to_append(directory, name, MODE).map(Some);
    }
    Ok(Some(again))
}

/// The records of the caller, the oldest first. Lines that are none are left out.
pub(crate) fn records_of(raised: &Raised) -> Vec<Record> {
    let Some(directory) = node_memory::directory(raised, DIRECTORY) else { return Vec::new() };
    let [lines, old, _] = names(raised.caller().uid);
    let mut records = Vec::new();
    for name in [old, lines] {
        let file = open::below(&directory, Path::new(&name), Within::PlainBelow, For::Reading);
        let bytes = file.and_then(|file| open::read_all(file, 2 * LONGEST)).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        records.extend(text.lines().filter_map(|line| Record::parse(line).ok()));
    }
    records
}
