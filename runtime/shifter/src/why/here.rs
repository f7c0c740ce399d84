//! In a container: of what it was made.

use std::path::Path;

use shifter_formats::record::Record;
use shifter_sys::mountinfo::{self, Mount};
use shifter_sys::open::{self, For};

use crate::plan::BUILT;

/// No record is longer, with its line break.
const LARGEST: u64 = shifter_formats::record::LONGEST_KEPT as u64;

/// The kernel's own places, where mounts say nothing about a container.
const KERNELS: [&str; 3] = ["/proc", "/sys", "/dev"];

/// The record this container was built with.
pub(super) fn built() -> Option<Record> {
    let file = open::host(Path::new(BUILT), For::Reading).ok()?;
    let bytes = open::read_all(file, LARGEST).ok()?;
    Record::parse(std::str::from_utf8(&bytes).ok()?.trim_end()).ok()
}

pub(super) fn text(built: &Record) -> String {
    let mut text = super::rows(built);
    for mount in mountinfo::read().unwrap_or_default() {
        if !KERNELS.iter().any(|place| mount.point.starts_with(place)) {
            text += &super::row("mount", &line(&mount));
        }
    }
    text
}

/// `/data from nfs4 server:/export, its /x (rw)`.
fn line(mount: &Mount) -> String {
    let Mount { point, kind, source, root, .. } = mount;
    let part = if root == Path::new("/") { String::new() } else { format!(", its {}", root.display()) };
    let access = if mount.options.split(',').any(|option| option == "ro") { "ro" } else { "rw" };
    format!("{} from {kind} {source}{part} ({access})", point.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mount_is_named_by_its_source() {
        let table = b"36 35 0:43 /x /data rw,nosuid - nfs4 server:/export rw\n37 35 0:3 / / ro - overlay overlay rw\n";
        let lines: Vec<String> = mountinfo::parse(table).iter().map(line).collect();
        assert_eq!(lines, ["/data from nfs4 server:/export, its /x (rw)", "/ from overlay overlay (ro)"]);
    }
}
