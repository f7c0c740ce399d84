//! `/proc/self/mountinfo` (proc_pid_mountinfo(5)): which mounts lie where.
//!
//! Needed once, to carry what a site's hook mounted over to the final root; listmount(2) would need Linux 6.8.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

use crate::call::CallError;
use crate::open;

/// Longest table read: far above `fs.mount-max` lines of ordinary length.
const LIMIT: u64 = 64 << 20;

/// One mount of this namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// Its number, as in [`open::Facts::mount_id`].
    pub id: u64,
    /// The mount it lies on.
    pub parent: u64,
    /// The file system's device, as `98:0`.
    pub device: String,
    /// What of its file system is mounted: `/`, or a path within.
    pub root: PathBuf,
    /// Where, seen from the root of this process.
    pub point: PathBuf,
    /// The per-mount options, as `ro,nosuid`.
    pub options: String,
    /// The type of file system.
    pub kind: String,
    /// What the file system is of, as `/dev/sda1` or `server:/export`; the file system itself says it.
    pub source: String,
}

/// All mounts of this process, in the kernel's order.
///
/// # Errors
/// When `/proc` is not there.
pub fn read() -> Result<Vec<Mount>, CallError> {
    read_of("thread-self")
}

/// All mounts of a process, by its number; the places are seen from its root.
///
/// # Errors
/// When it has ended.
pub fn read_of(process: &str) -> Result<Vec<Mount>, CallError> {
    let path = Path::new("/proc").join(process).join("mountinfo");
    let table = open::host(&path, open::For::Reading)?;
    Ok(parse(&open::read_all(table, LIMIT)?))
}

/// The mounts of a table. Lines that are not of the manual's form are left out; the kernel writes none.
#[must_use]
pub fn parse(table: &[u8]) -> Vec<Mount> {
    table.split(|&byte| byte == b'\n').filter_map(line).collect()
}

fn line(line: &[u8]) -> Option<Mount> {
    let mut fields = line.split(|&byte| byte == b' ');
    let mut number = || std::str::from_utf8(fields.next()?).ok()?.parse().ok();
    let (id, parent) = (number()?, number()?);
    let device = String::from_utf8_lossy(fields.next()?).into_owned();
    let root = fields.next()?;
    let point = fields.next()?;
    let options = String::from_utf8_lossy(fields.next()?).into_owned();
    let mut fields = fields.skip_while(|field| *field != b"-").skip(1);
    let kind = fields.next()?;
    let source = fields.next().unwrap_or_default();
    let path = |field| PathBuf::from(OsString::from_vec(unescape(field)));
    Some(Mount {
        id,
        parent,
        device,
        root: path(root),
        point: path(point),
        options,
        kind: String::from_utf8_lossy(kind).into_owned(),
        source: String::from_utf8_lossy(&unescape(source)).into_owned(),
    })
}

/// `\040` and the like, three octal digits.
fn unescape(field: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&first, tail)) = rest.split_first() {
        let octal = tail.get(..3).filter(|digits| first == b'\\' && digits.iter().all(|d| (b'0'..=b'7').contains(d)));
        if let Some(digits) = octal {
            bytes.push(digits.iter().fold(0_u8, |value, digit| value.wrapping_mul(8).wrapping_add(digit - b'0')));
            rest = &tail[3..];
        } else {
            bytes.push(first);
            rest = tail;
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_manual_is_read() {
        let table = b"36 35 98:0 /mnt1 /a\\040b\\134c rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n\nx\n";
        let expected = Mount {
            id: 36,
            parent: 35,
            device: "98:0".to_owned(),
            root: PathBuf::from("/mnt1"),
            point: PathBuf::from("/a b\\c"),
            options: "rw,noatime".to_owned(),
            kind: "ext3".to_owned(),
            source: "/dev/root".to_owned(),
        };
        assert_eq!(parse(table), [expected]);
    }

    #[test]
    fn the_root_is_among_our_mounts() {
        let root = open::facts(open::host(Path::new("/"), open::For::Place).unwrap()).unwrap();
        let mounts = read().unwrap();
        assert!(mounts.iter().any(|mount| mount.id == root.mount_id && mount.point == Path::new("/")));
    }
}
