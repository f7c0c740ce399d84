//! Who uses a directory: containers that have it mounted, and processes that work in it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Somebody who uses a directory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Holder {
    /// The process.
    pub pid: u32,
    /// How: a mount, or a path of its own.
    pub by: By,
}

/// How a process uses a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// It is mounted where the process lives, as in a container.
    Mount,
    /// The process has a file of it open, mapped, or as its working directory.
    File,
}

/// The first process found that uses `directory` or something below it, for each way of using it; none when nobody does.
/// Without privilege only one's own processes are seen.
///
/// # Errors
/// When the directory or the mount table cannot be read: then nobody knows who uses it.
pub fn holders(directory: &Path) -> io::Result<Vec<Holder>> {
    let directory = directory.canonicalize()?;
    let place = Place::of(&directory)?;
    let mut found: Vec<Holder> = Vec::new();
    let mut seen_namespaces: Vec<PathBuf> = Vec::new();
    for pid in pids() {
        let process = Path::new("/proc").join(pid.to_string());
        // All processes of a mount namespace see the same mounts.
        let namespace = fs::read_link(process.join("ns/mnt")).unwrap_or_default();
        if !seen_namespaces.contains(&namespace) {
            let mounts = fs::read_to_string(process.join("mountinfo")).unwrap_or_default();
            if mounts.lines().any(|line| place.is_source_of(line)) {
                found.push(Holder { pid, by: By::Mount });
            }
            seen_namespaces.push(namespace);
        }
        if has_file_of(&process, &directory) {
            found.push(Holder { pid, by: By::File });
        }
    }
    found.sort_by_key(|holder| (holder.by, holder.pid));
    found.dedup_by_key(|holder| holder.by);
    Ok(found)
}

/// A directory as the kernel names the source of a mount: the device of its file system, and its path in that.
struct Place {
    device: String,
    path: String,
}

impl Place {
    fn of(directory: &Path) -> io::Result<Self> {
        // Of this thread: mounts may be its own.
        let mounts = fs::read_to_string("/proc/thread-self/mountinfo")?;
        let wanted = directory.to_str().ok_or(io::ErrorKind::InvalidInput)?;
        // The longest mount point that holds the path, and of several on one point the last, which lies on top.
        let holds = |mount: &Mount| is_within(wanted, &mount.point);
        let mount = mounts.lines().filter_map(Mount::read).filter(holds).max_by_key(|mount| mount.point.len());
        let mount = mount.ok_or_else(|| io::Error::other("no mount of the mount table holds it"))?;
        let inside = wanted.strip_prefix(mount.point.trim_end_matches('/')).unwrap_or_default();
        Ok(Self { device: mount.device, path: format!("{}{inside}", mount.root.trim_end_matches('/')) })
    }

    /// Whether a mount shows the directory, or a part of it. The file system's own mount shows it too, and does not count.
    fn is_source_of(&self, line: &str) -> bool {
        Mount::read(line).is_some_and(|mount| mount.device == self.device && is_within(&mount.root, &self.path))
    }
}

/// A line of /proc/PID/mountinfo (proc_pid_mountinfo(5)).
struct Mount {
    device: String,
    root: String,
    point: String,
}

impl Mount {
    fn read(line: &str) -> Option<Self> {
        let mut fields = line.split(' ').skip(2);
        let device = fields.next()?.to_owned();
        Some(Self { device, root: unescape(fields.next()?), point: unescape(fields.next()?) })
    }
}

/// Blanks, tabs, newlines and backslashes are written in octal. A source that was removed says so behind its name.
fn unescape(field: &str) -> String {
    let text = field.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\");
    text.trim_end_matches("//deleted").to_owned()
}

fn is_within(path: &str, directory: &str) -> bool {
    let directory = directory.trim_end_matches('/');
    path.strip_prefix(directory).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn pids() -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let mut pids: Vec<u32> = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    pids.sort_unstable();
    pids
}

fn has_file_of(process: &Path, directory: &Path) -> bool {
    let leads_there = |link: PathBuf| fs::read_link(link).is_ok_and(|target| target.starts_with(directory));
    if ["cwd", "root", "exe"].iter().any(|link| leads_there(process.join(link))) {
        return true;
    }
    let files = fs::read_dir(process.join("fd")).into_iter().flatten().flatten();
    if files.into_iter().any(|entry| leads_there(entry.path())) {
        return true;
    }
    let maps = fs::read_to_string(process.join("maps")).unwrap_or_default();
    let prefix = format!("{}/", directory.display());
    maps.lines().any(|line| line.split_once('/').is_some_and(|(_, path)| format!("/{path}").starts_with(&prefix)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_working_directory_and_an_open_file_hold_and_an_unused_directory_is_free() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("file"), "x").unwrap();
        assert_eq!(holders(dir.path()).unwrap(), []);
        let open = fs::File::open(dir.path().join("file")).unwrap();
        let holder = Holder { pid: std::process::id(), by: By::File };
        assert_eq!(holders(dir.path()).unwrap(), [holder]);
        drop(open);
        assert_eq!(holders(dir.path()).unwrap(), []);
    }

    #[test]
    fn the_root_of_a_mount_is_told_from_a_neighbour_and_from_the_file_system_itself() {
        let place = Place { device: "8:1".to_owned(), path: "/opt/x@1".to_owned() };
        let line = |device: &str, root: &str| format!("36 35 {device} {root} /there rw - ext4 /dev/root rw");
        assert!(place.is_source_of(&line("8:1", "/opt/x@1")) && place.is_source_of(&line("8:1", "/opt/x@1/bin")));
        assert!(place.is_source_of(&line("8:1", "/opt/x@1//deleted")));
        assert!(!place.is_source_of(&line("8:1", "/opt/x@11")) && !place.is_source_of(&line("8:1", "/")));
        assert!(!place.is_source_of(&line("8:2", "/opt/x@1")));
    }
}
