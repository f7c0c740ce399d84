//! An unpacked image that nobody has published: it goes with its last owner, whatever modes it has.
//!
//! Whoever is not root cannot empty a directory that its image made read-only (unlink(2), `EACCES`), not even one of
//! their own. So directories are opened to their owner before they are removed.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tempfile::TempDir;

/// A directory of this process. Dropped before [`Unpacked::keep`] it is removed.
#[derive(Debug)]
pub(crate) struct Unpacked(Option<TempDir>);

impl Unpacked {
    pub(crate) fn new(directory: TempDir) -> Self {
        Self(Some(directory))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.as_ref().expect("it is there until it is kept").path()
    }

    /// Leaves it where it is, or where it has been moved to.
    pub(crate) fn keep(mut self) {
        if let Some(directory) = self.0.take() {
            let _ = directory.keep();
        }
    }
}

impl Drop for Unpacked {
    fn drop(&mut self) {
        if let Some(directory) = self.0.take()
            && let Err(error) = remove(directory.path())
        {
            tracing::warn!(path = %directory.path().display(), %error, "cannot remove an unpacked image");
        }
    }
}

/// Removes a directory of this user's with all below it.
pub(crate) fn remove(directory: &Path) -> io::Result<()> {
    if !nix::unistd::Uid::effective().is_root() {
        open_up(directory)?;
    }
    fs::remove_dir_all(directory)
}

/// No symbolic link is followed: its type is the link's own.
fn open_up(directory: &Path) -> io::Result<()> {
    fs::set_permissions(directory, Permissions::from_mode(0o700))?;
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            open_up(&entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt as _;
    use std::process::Command;

    use super::*;

    #[test]
    fn a_directory_without_rights_is_removed_by_who_is_not_root() {
        if nix::unistd::Uid::effective().is_root() {
            // Root may do everything: it is asked of somebody else.
            let program = std::env::current_exe().unwrap();
            let name = "convert::unpacked::tests::a_directory_without_rights_is_removed_by_who_is_not_root";
            let place = tempfile::tempdir().unwrap();
            let copy = place.path().join("test");
            fs::copy(program, &copy).unwrap();
            fs::set_permissions(place.path(), Permissions::from_mode(0o755)).unwrap();
            let mut nobody = Command::new(copy);
            let nobody = nobody.args(["--exact", name]).current_dir("/").uid(65534).gid(65534);
            let output = nobody.output().unwrap();
            let shown = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success() && shown.contains("1 passed"), "{shown}");
            return;
        }
        let parent = tempfile::tempdir_in("/tmp").unwrap();
        let image = TempDir::new_in(parent.path()).unwrap();
        fs::create_dir_all(image.path().join("a/b")).unwrap();
        fs::write(image.path().join("a/b/file"), "").unwrap();
        std::os::unix::fs::symlink("/etc", image.path().join("a/link")).unwrap();
        for (path, mode) in [("a/b", 0o500), ("a", 0)] {
            fs::set_permissions(image.path().join(path), Permissions::from_mode(mode)).unwrap();
        }
        assert!(fs::remove_dir_all(image.path()).is_err(), "or there is nothing to show");
        drop(Unpacked::new(image));
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    }
}
