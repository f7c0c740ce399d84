//! Who still has a container that was unmounted: told by `/proc`, from outside, for every process of the host.
//!
//! Who joined has a copy of the container's root in his own mount namespace: the same file system, by its device. Who went
//! into it without joining (chroot(1), cd, an open file) has one of its mounts, by its number; it is in no mount table
//! any more. No file system of a process is asked anything: one that hangs, perhaps on purpose, would hang root.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use shifter_sys::{CallError, mountinfo, open, proc};

/// What a container can be known by when it is mounted no more.
#[derive(Debug, Default)]
pub(super) struct Traces {
    devices: BTreeSet<String>,
    mounts: BTreeSet<u64>,
}

impl Traces {
    /// Remembers a container while it is mounted: its root's file system, and the numbers of its mounts.
    pub(super) fn note(&mut self, root: &OwnedFd) -> Result<(), CallError> {
        let root = open::facts(root)?.mount_id;
        let table = mountinfo::read()?;
        self.devices.extend(table.iter().filter(|mount| mount.id == root).map(|mount| mount.device.clone()));
        let mut below = BTreeSet::from([root]);
        // A mount made later may have a lower number than the one it lies on.
        loop {
            let found: Vec<u64> = table
                .iter()
                .filter(|mount| below.contains(&mount.parent) && !below.contains(&mount.id))
                .map(|mount| mount.id)
                .collect();
            if found.is_empty() {
                break;
            }
            below.extend(found);
        }
        self.mounts.extend(below);
        Ok(())
    }
}

/// A process that keeps a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    pid: u32,
    name: String,
    uid: Option<u32>,
    how: &'static str,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pid {} (`{}`", self.pid, self.name)?;
        if let Some(uid) = self.uid {
            write!(f, ", uid {uid}")?;
        }
        write!(f, "): {}", self.how)
    }
}

/// A mount namespace, as far as it matters here.
struct Table {
    has_it: bool,
    mounts: BTreeSet<u64>,
}

/// All processes that keep it, by their numbers. One that ends meanwhile keeps nothing.
pub(super) fn find(traces: &Traces) -> Vec<Holder> {
    if traces.mounts.is_empty() {
        return Vec::new();
    }
    let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
    let mut pids: Vec<u32> = processes.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    pids.sort_unstable();
    let mut tables = BTreeMap::new();
    pids.into_iter()
        .filter(|&pid| pid != std::process::id())
        .filter_map(|pid| holder(pid, traces, &mut tables))
        .collect()
}

fn holder(pid: u32, traces: &Traces, tables: &mut BTreeMap<(u64, u64), Table>) -> Option<Holder> {
    let process = Path::new("/proc").join(pid.to_string());
    let namespace = std::fs::metadata(process.join("ns/mnt")).ok()?;
    let key = (namespace.dev(), namespace.ino());
    if let std::collections::btree_map::Entry::Vacant(vacant) = tables.entry(key) {
        let mounts = mountinfo::read_of(&pid.to_string()).ok()?;
        vacant.insert(Table {
            has_it: mounts.iter().any(|mount| traces.devices.contains(&mount.device)),
            mounts: mounts.iter().map(|mount| mount.id).collect(),
        });
    }
    let table = &tables[&key];
    let how = if table.has_it { Some("it is in its mount namespace") } else { by_link(&process, traces, table) };
    let name = proc::name(&std::fs::read(process.join("comm")).unwrap_or_default());
    let uid = || proc::uid(&text(&process.join("status"))?);
    how.map(|how| Holder { pid, name, uid: uid(), how })
}

fn by_link(process: &Path, traces: &Traces, table: &Table) -> Option<&'static str> {
    // The number of a mount that is gone may be another's by now; that one is in the process's table.
    let is_ours = |mount: u64| traces.mounts.contains(&mount) && !table.mounts.contains(&mount);
    let rows =
        [("root", "its root is in it"), ("cwd", "its working directory is in it"), ("exe", "its program is in it")];
    let is_in = |link: &str| open::by_link_of_proc(&process.join(link)).and_then(open::mount_of).is_ok_and(is_ours);
    let by_name = rows.into_iter().find(|(link, _)| is_in(link)).map(|(_, how)| how);
    by_name.or_else(|| {
        let mut open_files = std::fs::read_dir(process.join("fdinfo")).ok()?.flatten();
        open_files
            .any(|file| text(&file.path()).and_then(|info| proc::mount_of_file(&info)).is_some_and(is_ours))
            .then_some("it has a file open in it")
    })
}

fn text(file: &Path) -> Option<String> {
    Some(String::from_utf8_lossy(&std::fs::read(file).ok()?).into_owned())
}
