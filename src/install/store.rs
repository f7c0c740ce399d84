//! The state directory below a root: generations, the journal, the lock. For root alone, because files with secrets are kept too.

use super::InstallError;
use super::generation::Generation;
use super::transition::Journal;
use crate::tree::{Dir, Tree, TreeError};
use rustix::fs::{FlockOperation, Mode, OFlags, flock, open, openat};
use rustix::io::Errno;
use serde::de::DeserializeOwned;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::Duration;

/// Where it lies below a root.
pub const STATE: &str = "/var/lib/shifter-site";

const GENERATIONS: &str = "generations";
const JOURNAL: &str = "journal.json";
const RECORD: &str = "generation.json";
const LOCK: &str = "lock";

/// The state directory, opened.
#[derive(Debug)]
pub struct Store {
    dir: Dir,
}

/// The lock, held as long as this lives.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Said, and not left to close(2): a child between fork and exec has the descriptor too. Nothing can be done
        // about a failure.
        let _ = flock(&self.file, FlockOperation::Unlock);
    }
}

impl Store {
    /// The state directory of `tree`; none when nothing was ever applied.
    ///
    /// # Errors
    /// When it is not safe or cannot be read.
    pub fn open(tree: &Tree) -> Result<Option<Self>, InstallError> {
        Ok(tree.dir(STATE)?.map(|dir| Self { dir }))
    }

    /// The state directory, made where it is missing.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn make(tree: &Tree) -> Result<Self, InstallError> {
        let (above, name) = STATE.rsplit_once('/').expect("an absolute path");
        let dir = tree.make_dir(above, 0o755)?.make_dir(name)?;
        dir.make_dir(GENERATIONS)?;
        Ok(Self { dir })
    }

    /// Takes the lock: `path`, or the one in the state directory.
    ///
    /// # Errors
    /// When another run holds it.
    pub fn lock(&self, path: Option<&Path>) -> Result<Lock, InstallError> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::from_raw_mode(0o600);
        let (opened, shown) = match path {
            Some(path) => (open(path, flags, mode), path.to_owned()),
            None => (openat(&self.dir, LOCK, flags, mode), self.dir.path().join(LOCK)),
        };
        let io = |action| {
            let path = shown.clone();
            move |errno: Errno| TreeError::Io { action, path, source: errno.into() }
        };
        let fd: OwnedFd = opened.map_err(io("open the lock"))?;
        let mut file = File::from(fd);
        match lock_exclusively(&file) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => {
                let mut holder = String::new();
                let is_read = file.read_to_string(&mut holder).is_ok();
                let known = is_read && holder.trim().parse::<u32>().is_ok();
                let by = if known { format!(" (process {})", holder.trim()) } else { String::new() };
                return Err(InstallError::Locked { path: shown, by });
            }
            Err(errno) => return Err(io("lock")(errno).into()),
        }
        // Who holds it is said for the message only: a full disk is no reason to stop here.
        let _ = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| write!(file, "{}", std::process::id()));
        Ok(Lock { file })
    }

    /// Whether a run holds the lock in the state directory.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let Ok(lock) = openat(&self.dir, LOCK, flags, Mode::empty()) else { return false };
        let busy = matches!(flock(&lock, FlockOperation::NonBlockingLockShared), Err(Errno::WOULDBLOCK));
        // As for `Lock`; one that is not held is unlocked for nothing.
        let _ = flock(&lock, FlockOperation::Unlock);
        busy
    }

    /// The generations that are complete, oldest first.
    ///
    /// # Errors
    /// When a record cannot be read or is damaged.
    pub fn generations(&self) -> Result<Vec<Generation>, InstallError> {
        let unfinished = self.journal()?.map(|journal| journal.number);
        let Some(all) = self.dir.dir(GENERATIONS)? else { return Ok(Vec::new()) };
        let mut generations = Vec::new();
        for name in all.names()? {
            let Some(number) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
            if Some(number) == unfinished {
                continue;
            }
            let Some(dir) = all.dir(&self::name(number))? else { continue };
            if let Some(generation) = record(&dir, RECORD)? {
                generations.push(generation);
            }
        }
        generations.sort_by_key(|generation: &Generation| generation.number);
        Ok(generations)
    }

    /// The bytes that a generation keeps under a name.
    ///
    /// # Errors
    /// When they are not there.
    pub fn stored(&self, number: u32, stored: &str) -> Result<Vec<u8>, InstallError> {
        let dir = self.dir.dir(GENERATIONS)?;
        let dir = dir.map(|dir| dir.dir(&name(number))).transpose()?.flatten();
        let bytes = dir.as_ref().map(|dir| dir.read(stored)).transpose()?.flatten();
        bytes.ok_or_else(|| InstallError::Damaged {
            path: self.dir.path().join(GENERATIONS).join(name(number)).join(stored),
            why: "it is not there".to_owned(),
        })
    }

    /// Writes a generation: its contents, and then its record.
    pub(super) fn write(&self, generation: &Generation, contents: &[(String, &[u8])]) -> Result<(), InstallError> {
        let dir = self.dir.make_dir(GENERATIONS)?.make_dir(&name(generation.number))?;
        for (stored, bytes) in contents {
            dir.write_new(stored, bytes)?;
        }
        dir.write_new(RECORD, &json(generation))?;
        dir.sync()?;
        Ok(())
    }

    /// Forgets a generation.
    pub(super) fn forget(&self, number: u32) -> Result<(), InstallError> {
        let Some(all) = self.dir.dir(GENERATIONS)? else { return Ok(()) };
        let (name, gone) = (name(number), format!(".{number}.gone"));
        if all.dir(&name)?.is_some() {
            all.remove_all(&gone)?;
            // At one instant: a generation of which a part is left would look whole.
            all.rename(OsStr::new(&name), OsStr::new(&gone))?;
        }
        Ok(all.remove_all(&gone)?)
    }

    /// What was going on when a run ended early.
    pub(super) fn journal(&self) -> Result<Option<Journal>, InstallError> {
        record(&self.dir, JOURNAL)
    }

    pub(super) fn set_journal(&self, journal: &Journal) -> Result<(), InstallError> {
        Ok(self.dir.replace(JOURNAL, &json(journal))?)
    }

    pub(super) fn clear_journal(&self) -> Result<(), InstallError> {
        Ok(self.dir.remove(OsStr::new(JOURNAL))?)
    }
}

/// Tries for a moment: who only asks whether the lock is held ([`Store::is_busy`]) holds it for an instant.
fn lock_exclusively(file: &File) -> Result<(), Errno> {
    let mut tries = 10;
    loop {
        match flock(file, FlockOperation::NonBlockingLockExclusive) {
            Err(Errno::WOULDBLOCK) if tries > 0 => {
                tries -= 1;
                std::thread::sleep(Duration::from_millis(10));
            }
            other => return other,
        }
    }
}

/// The name of a generation's directory: sorted as text it is sorted as a number.
fn name(number: u32) -> String {
    format!("{number:06}")
}

fn json(value: &impl serde::Serialize) -> Vec<u8> {
    let value = serde_json::to_value(value).expect("texts, numbers and lists are JSON");
    shifter_gateway_types::pretty::print(&value).into_bytes()
}

fn record<T: DeserializeOwned>(dir: &Dir, name: &str) -> Result<Option<T>, InstallError> {
    let Some(bytes) = dir.read(name)? else { return Ok(None) };
    let damaged =
        |error: serde_json::Error| InstallError::Damaged { path: dir.path().join(name), why: error.to_string() };
    serde_json::from_slice(&bytes).map(Some).map_err(damaged)
}
