//! Putting an import on disk: all of it or nothing, and never over a file that is there.

use super::Imported;
use super::private::holds_secret;
use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// Where an import goes.
#[derive(Clone, Debug, Default)]
pub struct Destination {
    /// The profile, when it is written.
    pub profile: Option<PathBuf>,
    /// The directory of secrets, as the profile's directory sees it.
    pub secrets: PathBuf,
    /// The directory of repaired copies of the imported files, when they are written.
    pub fixed: Option<PathBuf>,
    /// Whether files that are there are replaced.
    pub replace: bool,
}

/// Why an import cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A file that would be overwritten.
    #[error("`{}` is there already: choose another --out, or replace it with --force", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// Two files that would have one name.
    #[error("two files would be `{}`: import them one at a time, or rename one", path.display())]
    Twice {
        /// The file.
        path: PathBuf,
    },
    /// The system refused.
    #[error("cannot write `{}`: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
}

/// One file to write.
struct Planned {
    path: PathBuf,
    bytes: Vec<u8>,
    mode: u32,
}

/// Writes the profiles, the carried scripts beside them, the secrets and repaired copies. Secrets, copies, and whatever else
/// holds a secret can be read by their owner alone.
///
/// # Errors
/// When a file is there already or cannot be written; then nothing is, and what was there is as it was.
pub fn write(imported: &Imported, to: &Destination) -> Result<Vec<PathBuf>, WriteError> {
    let mut files = Vec::new();
    if let Some(profile) = &to.profile {
        files.extend(profiles(imported, profile, &to.secrets));
    }
    if let Some(directory) = &to.fixed {
        let name = |path: &str| directory.join(path.rsplit('/').next().unwrap_or(path));
        let copy = |(path, text): &(String, String)| Planned {
            path: name(path),
            bytes: text.clone().into_bytes(),
            mode: 0o600,
        };
        files.extend(imported.repaired.iter().map(copy));
    }
    check(&files, to.replace)?;
    let mut attempt = Attempt::default();
    let outcome = attempt.stage(&files).and_then(|()| attempt.rename(&files));
    attempt.end(outcome.is_ok());
    outcome.map(|()| files.into_iter().map(|file| file.path).collect())
}

fn profiles(imported: &Imported, profile: &Path, secrets: &Path) -> Vec<Planned> {
    let directory = profile.parent().unwrap_or(Path::new("")).to_owned();
    let mut files = Vec::new();
    for (name, text) in imported.secrets.files() {
        files.push(Planned { path: directory.join(secrets).join(name), bytes: text, mode: 0o600 });
    }
    for (path, text) in &imported.scripts {
        let mode = if holds_secret(text, &imported.secrets) { 0o700 } else { 0o755 };
        files.push(Planned { path: directory.join(path), bytes: text.clone().into_bytes(), mode });
    }
    // The main profile last: what it names is there.
    for (name, text) in imported.profiles.iter().rev() {
        let path = if name.is_empty() { profile.to_owned() } else { directory.join(name) };
        let is_private = imported.private.iter().any(|private| private.profile == *name);
        let mode = if is_private { 0o600 } else { 0o644 };
        files.push(Planned { path, bytes: text.clone().into_bytes(), mode });
    }
    files
}

fn check(files: &[Planned], replace: bool) -> Result<(), WriteError> {
    let mut known = BTreeSet::new();
    for Planned { path, .. } in files {
        if !known.insert(path) {
            return Err(WriteError::Twice { path: path.clone() });
        }
        match path.symlink_metadata() {
            Ok(about) if replace && about.is_dir() => {
                return Err(WriteError::Io { path: path.clone(), source: io::ErrorKind::IsADirectory.into() });
            }
            Ok(_) if !replace => return Err(WriteError::Exists { path: path.clone() }),
            _ => {}
        }
    }
    Ok(())
}

/// What an attempt to write has made so far.
#[derive(Default)]
struct Attempt {
    /// Directories, outer ones first.
    directories: Vec<PathBuf>,
    /// The new files under passing names.
    staged: Vec<PathBuf>,
    /// The old files under passing names, by their own.
    old: Vec<(PathBuf, PathBuf)>,
    /// The new files under their own names.
    made: Vec<PathBuf>,
}

impl Attempt {
    fn stage(&mut self, files: &[Planned]) -> Result<(), WriteError> {
        for (n, file) in files.iter().enumerate() {
            let of = |source| WriteError::Io { path: file.path.clone(), source };
            let directory = file.path.parent().filter(|path| !path.as_os_str().is_empty()).unwrap_or(Path::new("."));
            self.make(directory, if file.mode == 0o600 { 0o700 } else { 0o755 }).map_err(of)?;
            let staged = passing_name(&file.path, n, "new");
            let mut open = OpenOptions::new();
            let mut handle = open.write(true).create_new(true).mode(file.mode).open(&staged).map_err(of)?;
            self.staged.push(staged);
            handle.write_all(&file.bytes).and_then(|()| handle.sync_all()).map_err(of)?;
        }
        Ok(())
    }

    /// Makes a directory and those above it that are not there.
    fn make(&mut self, directory: &Path, mode: u32) -> io::Result<()> {
        let is_missing = |path: &&Path| !path.as_os_str().is_empty() && path.symlink_metadata().is_err();
        let missing: Vec<&Path> = directory.ancestors().take_while(is_missing).collect();
        for path in missing.into_iter().rev() {
            fs::DirBuilder::new().mode(mode).create(path)?;
            self.directories.push(path.to_owned());
        }
        Ok(())
    }

    fn rename(&mut self, files: &[Planned]) -> Result<(), WriteError> {
        for (n, (file, staged)) in files.iter().zip(&self.staged).enumerate() {
            let of = |source| WriteError::Io { path: file.path.clone(), source };
            if file.path.symlink_metadata().is_ok() {
                let old = passing_name(&file.path, n, "old");
                fs::hard_link(&file.path, &old).map_err(of)?;
                self.old.push((file.path.clone(), old));
            }
            fs::rename(staged, &file.path).map_err(of)?;
            self.made.push(file.path.clone());
        }
        Ok(())
    }

    /// Removes every passing name and, where the attempt failed, what it made; the error is about the attempt.
    fn end(self, is_done: bool) {
        let ignore = |_: io::Result<()>| {};
        if !is_done {
            self.made.iter().for_each(|path| ignore(fs::remove_file(path)));
            self.old.iter().for_each(|(path, old)| ignore(fs::rename(old, path)));
        }
        self.staged.iter().for_each(|path| ignore(fs::remove_file(path)));
        self.old.iter().for_each(|(_, old)| ignore(fs::remove_file(old)));
        if !is_done {
            self.directories.iter().rev().for_each(|path| ignore(fs::remove_dir(path)));
        }
    }
}

fn passing_name(path: &Path, n: usize, word: &str) -> PathBuf {
    path.with_file_name(format!(".shifter-site-import-{}-{n}-{word}", std::process::id()))
}
