//! What a file is, and what it is to be.

use std::fs::{File, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Timespec, Timestamps};

/// The attributes of a file that are told, or wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Attributes {
    /// In bytes.
    pub(super) size: Option<u64>,
    /// uid and gid.
    pub(super) owners: Option<(u32, u32)>,
    /// Kind and permissions.
    pub(super) mode: Option<u32>,
    /// Of the last access and the last change, in seconds; they have 32 bits in this version.
    pub(super) times: Option<(u32, u32)>,
}

impl Attributes {
    pub(super) const SIZE: u32 = 1;
    pub(super) const OWNERS: u32 = 2;
    pub(super) const MODE: u32 = 4;
    pub(super) const TIMES: u32 = 8;

    pub(super) fn write(&self, to: &mut Vec<u8>) {
        let flag = |is_there, flag| if is_there { flag } else { 0 };
        let flags = flag(self.size.is_some(), Attributes::SIZE)
            | flag(self.owners.is_some(), Attributes::OWNERS)
            | flag(self.mode.is_some(), Attributes::MODE)
            | flag(self.times.is_some(), Attributes::TIMES);
        to.extend(flags.to_be_bytes());
        to.extend(self.size.into_iter().flat_map(u64::to_be_bytes));
        let pairs = |pair: Option<(u32, u32)>| pair.into_iter().flat_map(|(one, other)| [one, other]);
        let numbers = pairs(self.owners).chain(self.mode).chain(pairs(self.times));
        to.extend(numbers.flat_map(u32::to_be_bytes));
    }
}

/// What a file is.
pub(super) fn of(facts: &Metadata) -> Attributes {
    let time = |seconds: i64| u32::try_from(seconds.max(0)).unwrap_or(u32::MAX);
    Attributes {
        size: Some(facts.len()),
        owners: Some((facts.uid(), facts.gid())),
        mode: Some(facts.mode()),
        times: Some((time(facts.atime()), time(facts.mtime()))),
    }
}

fn times(wanted: (u32, u32)) -> Timestamps {
    let at = |seconds: u32| Timespec { tv_sec: seconds.into(), tv_nsec: 0 };
    Timestamps { last_access: at(wanted.0), last_modification: at(wanted.1) }
}

fn permissions(mode: u32) -> Permissions {
    Permissions::from_mode(mode & 0o7777)
}

/// Makes a file what is wanted of it.
pub(super) fn set(name: &Path, wanted: &Attributes) -> io::Result<()> {
    if let Some(size) = wanted.size {
        OpenOptions::new().write(true).open(name)?.set_len(size)?;
    }
    if let Some((uid, gid)) = wanted.owners {
        std::os::unix::fs::chown(name, Some(uid), Some(gid))?;
    }
    if let Some(mode) = wanted.mode {
        std::fs::set_permissions(name, permissions(mode))?;
    }
    if let Some(wanted) = wanted.times {
        rustix::fs::utimensat(CWD, name, &times(wanted), AtFlags::empty())?;
    }
    Ok(())
}

/// The same for an open file.
pub(super) fn set_open(file: &File, wanted: &Attributes) -> io::Result<()> {
    if let Some(size) = wanted.size {
        file.set_len(size)?;
    }
    if let Some((uid, gid)) = wanted.owners {
        std::os::unix::fs::fchown(file, Some(uid), Some(gid))?;
    }
    if let Some(mode) = wanted.mode {
        file.set_permissions(permissions(mode))?;
    }
    if let Some(wanted) = wanted.times {
        rustix::fs::futimens(file, &times(wanted))?;
    }
    Ok(())
}

/// A line as `ls -ln` has it.
pub(super) fn line(name: &std::ffi::OsStr, facts: &Metadata) -> String {
    let mode = facts.mode();
    let kinds =
        [(0o040_000, 'd'), (0o120_000, 'l'), (0o010_000, 'p'), (0o140_000, 's'), (0o020_000, 'c'), (0o060_000, 'b')];
    let kind = kinds.iter().find(|(kind, _)| mode & 0o170_000 == *kind).map_or('-', |(_, letter)| *letter);
    let rights = (0..9).map(|bit| if mode & (0o400 >> bit) != 0 { ['r', 'w', 'x'][bit % 3] } else { '-' });
    let shown: String = [kind].into_iter().chain(rights).collect();
    let (links, uid, gid, size) = (facts.nlink(), facts.uid(), facts.gid(), facts.len());
    let when = u64::try_from(facts.mtime()).map(shifter_formats::calendar::utc).unwrap_or_default();
    format!("{shown} {links:>4} {uid:<8} {gid:<8} {size:>12} {when} {}", name.to_string_lossy())
}
