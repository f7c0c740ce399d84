//! What is mounted at `udiMount`: nothing, a container that `setupRoot` left, or something of somebody else.
//!
//! A container is known by what no user can make, wherever he can mount: the path to it is root's, it is a mount of
//! overlayfs, and the record is a file of root's on that very mount, with a mark in an attribute that only root can set.

use std::os::fd::OwnedFd;
use std::path::Path;

use shifter_formats::record::{LONGEST_KEPT, Record};
use shifter_sys::open::{self, Facts, For, Kind, Within};
use shifter_sys::{CallError, Errno, later, mount, node};

use super::mark;
use crate::plan::BUILT;
use crate::trust::{self, TrustError};

/// `<linux/magic.h>`.
const OVERLAYFS: u32 = 0x794c_7630;
const TMPFS: u32 = 0x0102_1994;

const WRITABLE_BY_OTHERS: u32 = 0o022;
const RECORD: &str = "var/shifterConfig.json";
/// Written by the plugin of Slurm.
const JOB: &str = "var/shifterSlurm.jobid";
/// No record is longer: a command line of the kernel's has at most 2 MiB.
const LARGEST: u64 = 4 << 20;

/// What is at `udiMount`.
#[derive(Debug)]
pub enum Found {
    /// No mount.
    Nothing,
    /// The mount that goes below a container, without one, and its mark: a set-up is in its last moment, or was killed in
    /// it.
    Base(OwnedFd, String),
    /// A container.
    Container(Container),
    /// A mount that is not ours.
    Foreign(OwnedFd),
}

/// A container that `setupRoot` left.
#[derive(Debug)]
pub struct Container {
    root: OwnedFd,
    mount_id: u64,
    record: Vec<u8>,
    mark: String,
}

/// Looks at `udiMount`. A place that is no mount is left after one call.
///
/// # Errors
/// When somebody else than root could have laid the path to a mount.
pub fn look(udi_mount: &Path) -> Result<Found, TrustError> {
    if !is_mount(udi_mount) {
        return Ok(Found::Nothing);
    }
    let (root, Facts { mount_id, .. }) = trust::open_directory(udi_mount)?;
    Ok(match open::filesystem_type(&root) {
        Ok(TMPFS) => match mark_of_base(&root) {
            Ok(Some(mark)) => Found::Base(root, mark),
            _ => Found::Foreign(root),
        },
        Ok(OVERLAYFS) => match read(&root, mount_id) {
            Ok(Some((record, mark))) => Found::Container(Container { root, mount_id, record, mark }),
            _ => Found::Foreign(root),
        },
        _ => Found::Foreign(root),
    })
}

/// Whether something is mounted there; what is there may be anybody's.
fn is_mount(place: &Path) -> bool {
    let facts = match trust::check_directory(place) {
        Ok(facts) => Ok(facts),
        Err(_) => open::host(place, For::Place).and_then(open::facts),
    };
    facts.is_ok_and(|facts| facts.is_mount_root)
}

/// Unmounts what was found at the top of a place, with all below it. Somebody may have done so meanwhile (`EINVAL`).
///
/// # Errors
/// Only what the kernel says.
pub fn take_down(mount: &OwnedFd) -> Result<(), CallError> {
    match mount::detach(mount) {
        Err(error) if error.errno == Errno::INVAL => Ok(()),
        done => done,
    }
}

fn mark_of_base(root: &OwnedFd) -> Result<Option<String>, CallError> {
    let directory = open::below(root, Path::new("."), Within::PlainBelow, For::Listing)?;
    Ok(mark_on(&directory)?.filter(|mark| mark::is_of_base(mark)))
}

fn mark_on(file: &OwnedFd) -> Result<Option<String>, CallError> {
    Ok(node::attribute(file, mark::ATTRIBUTE)?.and_then(|mark| String::from_utf8(mark).ok()))
}

fn read(root: &OwnedFd, mount_id: u64) -> Result<Option<(Vec<u8>, String)>, CallError> {
    let Some((record, size)) = open_roots_own(root, mount_id, RECORD)? else { return Ok(None) };
    let Some(mark) = mark_on(&record)? else { return Ok(None) };
    Ok(Some((open::read_sized(record, size, LARGEST)?, mark)))
}

/// A file of root's, on the very mount of `root`, that nobody else can write, and its size.
fn open_roots_own(root: &OwnedFd, mount_id: u64, path: &str) -> Result<Option<(OwnedFd, u64)>, CallError> {
    let file = open::below(root, Path::new(path), Within::PlainBelow, For::Reading)?;
    let facts = open::facts(&file)?;
    let is_roots = facts.kind == Kind::Regular && facts.uid == 0 && facts.mode & WRITABLE_BY_OTHERS == 0;
    Ok((is_roots && facts.mount_id == mount_id).then_some((file, facts.size)))
}

impl Container {
    /// Its root.
    #[must_use]
    pub fn root(&self) -> &OwnedFd {
        &self.root
    }

    /// What it was made from, by name: the line of `/var/shifterConfig.json`.
    #[must_use]
    pub fn record(&self) -> &[u8] {
        &self.record
    }

    /// What it was really made from.
    #[must_use]
    pub fn mark(&self) -> &str {
        &self.mark
    }

    /// What it was asked for with, by the record that `--why` reads there.
    #[must_use]
    pub fn built(&self) -> Option<Record> {
        let (file, _) = open_roots_own(&self.root, self.mount_id, BUILT.trim_start_matches('/')).ok()??;
        let text = String::from_utf8(open::read_all(file, LONGEST_KEPT as u64).ok()?).ok()?;
        Record::parse(text.trim_end()).ok()
    }

    /// Which job it is for, if somebody has noted it.
    #[must_use]
    pub fn job(&self) -> Option<String> {
        let (file, _) = open_roots_own(&self.root, self.mount_id, JOB).ok()??;
        let text = String::from_utf8(open::read_all(file, 64).ok()?).ok()?;
        let job = text.trim();
        (!job.is_empty() && job.bytes().all(|byte| byte.is_ascii_alphanumeric())).then(|| job.to_owned())
    }

    /// Makes it the root of this process. The host's is detached.
    ///
    /// # Errors
    /// `EINVAL` when the container was taken away meanwhile, or the host's root is the initial ramfs.
    pub fn enter(self) -> Result<(), CallError> {
        mount::enter(&self.root)?;
        later::close(self.root);
        mount::pivot_to_working_directory()
    }
}
