//! What a client has open, and what it does to files by their names.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{self, File, ReadDir};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::answer::Failed;
use super::attributes::{self, Attributes};

/// How many files and directories may be open at once.
pub(super) const MOST_OPEN: usize = 256;
/// How many entries of a directory are sent at a time.
const ENTRIES: usize = 100;

/// The bits of a question to open a file.
mod flag {
    pub(super) const READ: u32 = 1;
    pub(super) const WRITE: u32 = 2;
    pub(super) const APPEND: u32 = 4;
    pub(super) const CREATE: u32 = 8;
    pub(super) const TRUNCATE: u32 = 16;
    pub(super) const EXCLUSIVE: u32 = 32;
}

/// What a client has open, by handles of eight bytes that no two openings share.
#[derive(Default)]
pub(super) struct Files {
    open: HashMap<u64, Open>,
    last: u64,
}

enum Open {
    File(File),
    Directory(PathBuf, ReadDir),
}

fn handle(bytes: &[u8]) -> Option<u64> {
    bytes.try_into().ok().map(u64::from_be_bytes)
}

fn not_open() -> Failed {
    io::Error::other("no such handle").into()
}

impl Files {
    fn keep(&mut self, open: Open) -> io::Result<u64> {
        if self.open.len() >= MOST_OPEN {
            return Err(io::Error::other("too many open files"));
        }
        self.last += 1;
        self.open.insert(self.last, open);
        Ok(self.last)
    }

    pub(super) fn open(&mut self, name: &Path, flags: u32, wanted: &Attributes) -> io::Result<u64> {
        let has = |flag: u32| flags & flag != 0;
        let mut options = fs::OpenOptions::new();
        options.read(has(flag::READ)).write(has(flag::WRITE)).append(has(flag::APPEND)).truncate(has(flag::TRUNCATE));
        options.create(has(flag::CREATE)).create_new(has(flag::CREATE) && has(flag::EXCLUSIVE));
        let file = options.mode(wanted.mode.unwrap_or(0o666) & 0o7777).open(name)?;
        self.keep(Open::File(file))
    }

    pub(super) fn open_directory(&mut self, name: &Path) -> io::Result<u64> {
        let entries = fs::read_dir(name)?;
        self.keep(Open::Directory(name.to_owned(), entries))
    }

    pub(super) fn file(&self, bytes: &[u8]) -> Result<&File, Failed> {
        match handle(bytes).and_then(|handle| self.open.get(&handle)) {
            Some(Open::File(file)) => Ok(file),
            _ => Err(not_open()),
        }
    }

    pub(super) fn close(&mut self, bytes: &[u8]) -> Result<(), Failed> {
        handle(bytes).and_then(|handle| self.open.remove(&handle)).map(drop).ok_or_else(not_open)
    }

    pub(super) fn read(&self, handle: &[u8], offset: u64, length: u32) -> Result<Vec<u8>, Failed> {
        let mut data = vec![0; length as usize];
        let length = self.file(handle)?.read_at(&mut data, offset)?;
        if length == 0 && !data.is_empty() {
            return Err(Failed::End);
        }
        data.truncate(length);
        Ok(data)
    }

    pub(super) fn write(&self, handle: &[u8], offset: u64, data: &[u8]) -> Result<(), Failed> {
        Ok(self.file(handle)?.write_all_at(data, offset)?)
    }

    /// The next entries of a directory.
    pub(super) fn list(&mut self, bytes: &[u8]) -> Result<Vec<(OsString, String, Attributes)>, Failed> {
        let Some(Open::Directory(directory, entries)) = handle(bytes).and_then(|handle| self.open.get_mut(&handle))
        else {
            return Err(not_open());
        };
        let mut found = Vec::new();
        while found.len() < ENTRIES
            && let Some(entry) = entries.next()
        {
            let name = entry?.file_name();
            // One that has gone meanwhile is not there.
            if let Ok(facts) = fs::symlink_metadata(directory.join(&name)) {
                let line = attributes::line(&name, &facts);
                found.push((name, line, attributes::of(&facts)));
            }
        }
        if found.is_empty() { Err(Failed::End) } else { Ok(found) }
    }
}

pub(super) fn make_directory(name: &Path, wanted: &Attributes) -> io::Result<()> {
    fs::DirBuilder::new().mode(wanted.mode.unwrap_or(0o777) & 0o7777).create(name)
}

/// The absolute path of a name without links. What is to be made yet has one too, below a directory that is there.
pub(super) fn real(name: &Path) -> io::Result<PathBuf> {
    fs::canonicalize(name).or_else(|error| match (name.parent(), name.file_name()) {
        (Some(parent), Some(last)) if error.kind() == io::ErrorKind::NotFound => {
            let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
            Ok(fs::canonicalize(parent)?.join(last))
        }
        _ => Err(error),
    })
}

/// A rename of this version takes the place of nothing (the draft, 6.5); OpenSSH's own extension does.
pub(super) fn rename(old: &Path, new: &Path) -> io::Result<()> {
    let flags = rustix::fs::RenameFlags::NOREPLACE;
    Ok(rustix::fs::renameat_with(rustix::fs::CWD, old, rustix::fs::CWD, new, flags)?)
}
