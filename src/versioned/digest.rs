//! What a directory holds, as one number: names, kinds, modes, bytes and link targets. Owners and times do not count.

use super::{TreeError, failed};
use crate::digest::sha256_of;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// The digest of a directory, 64 hexadecimal digits.
///
/// # Errors
/// What cannot be read, and what is neither file nor directory nor link.
pub fn digest(directory: &Path) -> Result<String, TreeError> {
    let mut all = Vec::new();
    walk(directory, Path::new(""), &mut all)?;
    Ok(crate::digest::sha256(&all))
}

fn walk(root: &Path, below: &Path, out: &mut Vec<u8>) -> Result<(), TreeError> {
    let path = root.join(below);
    let there = fs::symlink_metadata(&path).map_err(failed("read", &path))?;
    let kind = there.file_type();
    let mode = format!("{:04o}", there.permissions().mode() & 0o7777);
    if kind.is_symlink() {
        let target = fs::read_link(&path).map_err(failed("read", &path))?;
        add(out, "link", below, "", target.as_os_str().as_bytes());
    } else if kind.is_file() {
        let mut file = File::open(&path).map_err(failed("read", &path))?;
        let hash = sha256_of(&mut file).map_err(failed("read", &path))?;
        add(out, "file", below, &mode, hash.as_bytes());
    } else if kind.is_dir() {
        add(out, "directory", below, &mode, b"");
        for name in names(&path)? {
            walk(root, &below.join(name), out)?;
        }
    } else {
        return Err(TreeError::Special { path });
    }
    Ok(())
}

/// The entries of a directory in the order of their bytes.
pub(super) fn names(directory: &Path) -> Result<Vec<PathBuf>, TreeError> {
    let mut names = Vec::new();
    for entry in directory.read_dir().map_err(failed("read", directory))? {
        names.push(PathBuf::from(entry.map_err(failed("read", directory))?.file_name()));
    }
    names.sort();
    Ok(names)
}

/// Each part with its length, so that no two trees give one text.
fn add(out: &mut Vec<u8>, kind: &str, path: &Path, mode: &str, content: &[u8]) {
    for part in [kind.as_bytes(), path.as_os_str().as_bytes(), mode.as_bytes(), content] {
        out.extend((part.len() as u64).to_be_bytes());
        out.extend(part);
    }
}
