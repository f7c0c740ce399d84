//! Putting an import on disk: all of it or nothing, and never over a file that is there.

use super::Imported;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Where an import goes.
#[derive(Clone, Debug)]
pub struct Destination {
    /// The profile.
    pub profile: PathBuf,
    /// The directory of secrets, as the profile's directory sees it.
    pub secrets: PathBuf,
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

/// Writes the profiles, the carried scripts beside them and the secrets, readable by their owner alone.
///
/// # Errors
/// When a file is there already or cannot be written; then nothing is.
pub fn write(imported: &Imported, to: &Destination) -> Result<Vec<PathBuf>, WriteError> {
    let directory = to.profile.parent().unwrap_or(Path::new("")).to_owned();
    let mut files = Vec::new();
    for (name, text) in imported.secrets.files() {
        files.push(Planned { path: directory.join(&to.secrets).join(name), bytes: text, mode: 0o600 });
    }
    for (path, text) in &imported.scripts {
        files.push(Planned { path: directory.join(path), bytes: text.clone().into_bytes(), mode: 0o755 });
    }
    // The main profile last: what it names is there.
    for (name, text) in imported.profiles.iter().rev() {
        let path = if name.is_empty() { to.profile.clone() } else { directory.join(name) };
        files.push(Planned { path, bytes: text.clone().into_bytes(), mode: 0o644 });
    }
    put(&files, to.replace)
}

/// Writes repaired copies of the imported files into `directory`.
///
/// # Errors
/// As [`write`].
pub fn write_fixed(imported: &Imported, directory: &Path, replace: bool) -> Result<Vec<PathBuf>, WriteError> {
    let name = |path: &str| directory.join(path.rsplit('/').next().unwrap_or(path));
    let files: Vec<Planned> = imported
        .repaired
        .iter()
        .map(|(path, text)| Planned { path: name(path), bytes: text.clone().into_bytes(), mode: 0o600 })
        .collect();
    put(&files, replace)
}

fn put(files: &[Planned], replace: bool) -> Result<Vec<PathBuf>, WriteError> {
    if let Some(there) = files.iter().find(|file| !replace && file.path.symlink_metadata().is_ok()) {
        return Err(WriteError::Exists { path: there.path.clone() });
    }
    let mut staged: Vec<PathBuf> = Vec::new();
    let mut made: Vec<PathBuf> = Vec::new();
    let outcome = stage_and_rename(files, &mut staged, &mut made);
    if outcome.is_err() {
        // What is left of an attempt goes; the error is about the attempt.
        let fresh: &[PathBuf] = if replace { &[] } else { &made };
        for path in staged.iter().chain(fresh) {
            let _ = fs::remove_file(path);
        }
    }
    outcome.map(|()| made)
}

fn stage_and_rename(files: &[Planned], staged: &mut Vec<PathBuf>, made: &mut Vec<PathBuf>) -> Result<(), WriteError> {
    for (n, file) in files.iter().enumerate() {
        let of = |source| WriteError::Io { path: file.path.clone(), source };
        let directory = file.path.parent().filter(|path| !path.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut maker = fs::DirBuilder::new();
        std::os::unix::fs::DirBuilderExt::mode(&mut maker, if file.mode == 0o600 { 0o700 } else { 0o755 });
        maker.recursive(true).create(directory).map_err(of)?;
        let temporary = directory.join(format!(".shifter-site-import-{}-{n}", std::process::id()));
        let mut open = OpenOptions::new();
        let mut handle = open.write(true).create_new(true).mode(file.mode).open(&temporary).map_err(of)?;
        staged.push(temporary);
        handle.write_all(&file.bytes).and_then(|()| handle.sync_all()).map_err(of)?;
    }
    for file in files {
        let of = |source| WriteError::Io { path: file.path.clone(), source };
        let temporary = staged.first().cloned().unwrap_or_default();
        fs::rename(&temporary, &file.path).map_err(of)?;
        staged.remove(0);
        made.push(file.path.clone());
    }
    Ok(())
}
