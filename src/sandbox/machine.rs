//! A scratch machine: the host's files seen through binds, with room for new ones that exist in memory only.
//!
//! The root is a file system in memory. Each top-level entry of the host is bound into it. Where a new file must lie below a
//! bound directory, that directory is *opened*: replaced by one in memory whose entries are bound one by one. So the host is never
//! written to by us, and the same way works with root and in a user namespace (where an overlay could not write to directories of
//! unmapped owners).

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Component, Path, PathBuf};

use super::{TryError, mount};

/// Top-level directories of the host that the machine has its own of.
const OWN: &[(&str, u32)] = &[("proc", 0o555), ("tmp", 0o1777)];

/// A machine under construction below a directory of the host.
#[derive(Debug)]
pub(super) struct Machine {
    /// Where its root lies.
    root: PathBuf,
    /// Directories, relative to the root, that lie in memory.
    open: BTreeSet<PathBuf>,
}

impl Machine {
    /// Binds the host's top level into `root`, an empty directory in memory.
    pub(super) fn of_host(root: &Path) -> Result<Self, TryError> {
        let mut machine = Self { root: root.to_owned(), open: BTreeSet::from([PathBuf::new()]) };
        for (name, mode) in OWN {
            machine.make_directory(Path::new(name), *mode)?;
        }
        machine.bind_entries(Path::new(""))?;
        mount::processes(&machine.root.join("proc"))?;
        Ok(machine)
    }

    /// Makes sure that the directory `path` exists; those that are missing are made with `mode`. Says whether it had to be made.
    pub(super) fn directory(&mut self, path: &Path, mode: u32) -> Result<bool, TryError> {
        let mut here = PathBuf::new();
        let mut made = false;
        for name in components(path)? {
            let next = here.join(name);
            if !self.root.join(&next).exists() {
                self.open_up(&here)?;
                self.make_directory(&next, mode)?;
                made = true;
            }
            here = self.resolved(&next)?;
        }
        Ok(made)
    }

    /// Writes a file, replacing one the host has there.
    pub(super) fn file(&mut self, path: &Path, bytes: &[u8], mode: u32) -> Result<(), TryError> {
        let target = self.room_for(path)?;
        fs::write(&target, bytes).map_err(|source| TryError::io("write", &target, source))?;
        self.set_mode(&target, mode)
    }

    /// Copies a file of the host, replacing one the host has there.
    pub(super) fn copy(&mut self, source: &Path, path: &Path, mode: u32) -> Result<(), TryError> {
        let target = self.room_for(path)?;
        fs::copy(source, &target).map_err(|error| TryError::io("copy", source, error))?;
        self.set_mode(&target, mode)
    }

    /// A directory that is the machine's alone: empty, in memory, whatever the host has there.
    pub(super) fn own_directory(&mut self, path: &Path, mode: u32) -> Result<(), TryError> {
        self.directory(path, 0o755)?;
        let target = self.root.join(path.strip_prefix("/").unwrap_or(path));
        mount::memory(&target, &format!("mode={mode:o}"))?;
        let inside = path.strip_prefix("/").unwrap_or(path).to_owned();
        self.open.insert(inside);
        Ok(())
    }

    /// The path on the host of a path of the machine.
    pub(super) fn on_host(&self, path: &Path) -> PathBuf {
        self.root.join(path.strip_prefix("/").unwrap_or(path))
    }

    /// Makes the machine's root the root of this process and forgets the host's.
    pub(super) fn enter(self) -> Result<(), TryError> {
        let failed = |errno| TryError::Mount { target: self.root.clone(), errno };
        nix::unistd::chdir(&self.root).map_err(failed)?;
        // pivot_root(2), "pivot_root(".", ".")": the old root ends up below the new one at the same place.
        nix::unistd::pivot_root(".", ".").map_err(failed)?;
        mount::detach(Path::new("."))?;
        nix::unistd::chdir("/").map_err(failed)
    }

    /// An absolute place in memory for a new file at `path`.
    fn room_for(&mut self, path: &Path) -> Result<PathBuf, TryError> {
        let parent = path.parent().unwrap_or(Path::new("/"));
        self.directory(parent, 0o755)?;
        let mut here = PathBuf::new();
        for name in components(parent)? {
            here = self.resolved(&here.join(name))?;
        }
        self.open_up(&here)?;
        let target = self.root.join(&here).join(path.file_name().unwrap_or_default());
        if target.symlink_metadata().is_ok() {
            mount::detach_if_mounted(&target)?;
            fs::remove_file(&target).map_err(|source| TryError::io("replace", &target, source))?;
        }
        Ok(target)
    }

    /// Replaces a bound directory by one in memory that holds the same entries.
    fn open_up(&mut self, path: &Path) -> Result<(), TryError> {
        if self.open.contains(path) {
            return Ok(());
        }
        if let Some(parent) = path.parent() {
            self.open_up(parent)?;
        }
        // ORDER: once its parent is open, a directory is a bind of its own upon an empty directory in memory.
        mount::detach(&self.root.join(path))?;
        self.open.insert(path.to_owned());
        self.bind_entries(path)
    }

    /// Binds every entry the host has in `path` into the open directory at the same place.
    fn bind_entries(&mut self, path: &Path) -> Result<(), TryError> {
        let host = Path::new("/").join(path);
        let entries = fs::read_dir(&host).map_err(|source| TryError::io("read", &host, source))?;
        for entry in entries {
            let entry = entry.map_err(|source| TryError::io("read", &host, source))?;
            let source = entry.path();
            let target = self.root.join(path).join(entry.file_name());
            let kind = entry.file_type().map_err(|error| TryError::io("read", &source, error))?;
            if target.symlink_metadata().is_ok() || self.root.starts_with(&source) && !kind.is_dir() {
                continue;
            }
            if kind.is_symlink() {
                let text = fs::read_link(&source).map_err(|error| TryError::io("read", &source, error))?;
                symlink(text, &target).map_err(|error| TryError::io("link", &target, error))?;
                continue;
            }
            if kind.is_dir() {
                fs::create_dir(&target).map_err(|error| TryError::io("make", &target, error))?;
            } else {
                fs::File::create_new(&target).map_err(|error| TryError::io("make", &target, error))?;
            }
            mount::bind(&source, &target)?;
        }
        Ok(())
    }

    fn make_directory(&mut self, path: &Path, mode: u32) -> Result<(), TryError> {
        let target = self.root.join(path);
        fs::create_dir(&target).map_err(|source| TryError::io("make", &target, source))?;
        self.set_mode(&target, mode)?;
        self.open.insert(path.to_owned());
        Ok(())
    }

    /// Follows a symlink of the host (`/bin`, `/var/run`) to the directory it means, without leaving the machine.
    fn resolved(&self, path: &Path) -> Result<PathBuf, TryError> {
        let mut path = path.to_owned();
        for _ in 0..8 {
            let full = self.root.join(&path);
            if !full.is_symlink() {
                return Ok(path);
            }
            let text = fs::read_link(&full).map_err(|source| TryError::io("read", &full, source))?;
            let mut meant =
                if text.is_absolute() { PathBuf::new() } else { path.parent().unwrap_or(Path::new("")).to_owned() };
            for component in text.components() {
                match component {
                    Component::Normal(name) => meant.push(name),
                    // `..` of the root is the root (path_resolution(7)).
                    Component::ParentDir => _ = meant.pop(),
                    _ => {}
                }
            }
            path = meant;
        }
        Err(TryError::Crooked { path })
    }

    #[expect(clippy::unused_self, reason = "only files of a machine are touched")]
    fn set_mode(&self, target: &Path, mode: u32) -> Result<(), TryError> {
        fs::set_permissions(target, fs::Permissions::from_mode(mode))
            .map_err(|source| TryError::io("change the mode of", target, source))
    }
}

/// The names a path is made of; one with `..` is refused.
fn components(path: &Path) -> Result<Vec<&std::ffi::OsStr>, TryError> {
    path.components()
        .filter_map(|component| match component {
            Component::RootDir | Component::CurDir => None,
            Component::Normal(name) => Some(Ok(name)),
            Component::ParentDir | Component::Prefix(_) => Some(Err(TryError::Crooked { path: path.to_owned() })),
        })
        .collect()
}
