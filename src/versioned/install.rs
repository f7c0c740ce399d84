//! A version comes into being whole: copied beside its place, read back, synced, renamed.

use super::digest::names;
use super::{Tree, TreeError, below, digest, failed};
use nix::unistd::geteuid;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt as _, lchown, symlink};
use std::path::{Path, PathBuf};

/// What came of installing a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Installed {
    /// It is new.
    Made(PathBuf),
    /// It was there.
    Kept(PathBuf),
}

/// Install `tree` below `root`, the directory that is the node's `/`. What is there under its name is never changed. As
/// root its files become root's.
///
/// # Errors
/// What the system refuses, a source that changed meanwhile, and a place that holds something else than its name says.
pub fn install(tree: &Tree, root: &Path) -> Result<Installed, TreeError> {
    let place = below(root, &tree.place());
    if fs::symlink_metadata(&place).is_ok() {
        let same = digest(&place)? == tree.sha256;
        return if same { Ok(Installed::Kept(place)) } else { Err(TreeError::Changed { path: place }) };
    }
    let parent = place.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(parent).map_err(failed("make the directory", parent))?;
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    let stage = Stage(parent.join(format!(".{name}.shifter-site-{}", std::process::id())));
    copy(&tree.from, &stage.0)?;
    let found = digest(&stage.0)?;
    if found != tree.sha256 {
        return Err(TreeError::Moved { path: tree.from.clone(), expected: tree.sha256.clone(), found });
    }
    fs::rename(&stage.0, &place).map_err(failed("rename to", &place))?;
    sync(parent)?;
    Ok(Installed::Made(place))
}

/// A copy that is removed again unless it was renamed.
struct Stage(PathBuf);

impl Drop for Stage {
    fn drop(&mut self) {
        // There is none after the rename, and the error that brought us here is the one to report.
        drop(fs::remove_dir_all(&self.0));
    }
}

fn copy(from: &Path, to: &Path) -> Result<(), TreeError> {
    let there = fs::symlink_metadata(from).map_err(failed("read", from))?;
    let kind = there.file_type();
    if kind.is_symlink() {
        let target = fs::read_link(from).map_err(failed("read", from))?;
        symlink(target, to).map_err(failed("make the link", to))?;
        return own(to);
    }
    if kind.is_dir() {
        fs::create_dir(to).map_err(failed("make the directory", to))?;
        for name in names(from)? {
            copy(&from.join(&name), &to.join(&name))?;
        }
    } else if kind.is_file() {
        fs::copy(from, to).map_err(failed("write", to))?;
    } else {
        return Err(TreeError::Special { path: from.to_owned() });
    }
    // ORDER: the owner first, because chown(2) clears set-id bits.
    own(to)?;
    let mode = Permissions::from_mode(there.permissions().mode() & 0o7777);
    fs::set_permissions(to, mode).map_err(failed("set the mode of", to))?;
    sync(to)
}

fn own(path: &Path) -> Result<(), TreeError> {
    if geteuid().is_root() { lchown(path, Some(0), Some(0)).map_err(failed("set the owner of", path)) } else { Ok(()) }
}

fn sync(path: &Path) -> Result<(), TreeError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(failed("sync", path))
}
