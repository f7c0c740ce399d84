//! Writing changed texts to their files: all that can go wrong beforehand goes wrong before the first is replaced.
//!
//! A text is written beside its file, synced, and renamed into its place with the mode and owner of the
//! file it replaces. A file that is not what was read, may not be written or is gone, is left alone.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown},
    path::{Path, PathBuf},
};

use super::Changed;
use crate::profile::file;

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// The system refused.
    #[error("cannot {verb} `{}`: {source}", path.display())]
    Io {
        /// What was tried.
        verb: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Nobody may write the file.
    #[error("cannot write `{}`: it is read-only; give its owner the permission to write", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// Somebody else wrote it.
    #[error("cannot write `{}`: it has changed since it was read; run the command again", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
}

/// Writes every text that has a file.
///
/// # Errors
/// The first thing that went wrong. Then no file has changed, unless renaming itself failed half-way.
pub fn save(changed: &[Changed]) -> Result<(), SaveError> {
    let files = changed.iter().filter_map(|text| Some((text.file.as_deref()?, text)));
    let mut staged = Vec::new();
    for (path, text) in files {
        staged.push(Staged::new(path, text)?);
    }
    for stage in &mut staged {
        stage.rename()?;
    }
    Ok(())
}

/// A text beside its file; removed again unless it was renamed.
struct Staged {
    path: PathBuf,
    place: PathBuf,
    renamed: bool,
}

impl Staged {
    fn new(place: &Path, text: &Changed) -> Result<Self, SaveError> {
        let failed = |verb, path: &Path| {
            let path = path.to_owned();
            move |source| SaveError::Io { verb, path, source }
        };
        // Messages call the file what the caller called it.
        let called = Path::new(&text.name);
        let bytes = file::read(place).map_err(failed("read", called))?;
        if bytes != text.before.as_bytes() {
            return Err(SaveError::Changed { path: called.to_owned() });
        }
        let meta = fs::metadata(place).map_err(failed("read", called))?;
        if meta.permissions().mode() & 0o222 == 0 {
            return Err(SaveError::ReadOnly { path: called.to_owned() });
        }
        // As root everything opens; for others the system decides.
        OpenOptions::new().write(true).open(place).map_err(failed("write", called))?;
        let name = place.file_name().unwrap_or_default().to_string_lossy();
        let path = place.with_file_name(format!(".{name}.shifter-site-{}", std::process::id()));
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(failed("write", called))?;
        let staged = Self { path: path.clone(), place: place.to_owned(), renamed: false };
        let own = file.metadata().map_err(failed("write", called))?;
        if (own.uid(), own.gid()) != (meta.uid(), meta.gid()) {
            fchown(&file, Some(meta.uid()), Some(meta.gid())).map_err(failed("keep the owner of", called))?;
        }
        // ORDER: a change of the owner may clear bits of the mode: chown(2).
        file.set_permissions(meta.permissions()).map_err(failed("set the mode of", called))?;
        file.write_all(text.after.as_bytes()).and_then(|()| file.sync_all()).map_err(failed("write", called))?;
        Ok(staged)
    }

    fn rename(&mut self) -> Result<(), SaveError> {
        let failed = |source| SaveError::Io { verb: "replace", path: self.place.clone(), source };
        fs::rename(&self.path, &self.place).map_err(failed)?;
        self.renamed = true;
        let directory = self.place.parent().filter(|parent| !parent.as_os_str().is_empty());
        File::open(directory.unwrap_or(Path::new("."))).and_then(|directory| directory.sync_all()).map_err(failed)
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if !self.renamed {
            // Nothing more can be done about a file that cannot be removed.
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(path: &Path) -> Changed {
        let name = path.display().to_string();
        Changed { name, file: Some(path.to_owned()), before: "a\n".into(), after: "b\n".into() }
    }

    #[test]
    fn a_file_keeps_its_mode_and_only_its_text_changes() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("a.toml");
        fs::write(&path, "a\n").expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o604)).expect("set");
        save(&[changed(&path)]).expect("saved");
        assert_eq!(fs::read_to_string(&path).expect("read"), "b\n");
        assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o7777, 0o604);
        assert_eq!(fs::read_dir(directory.path()).expect("read").count(), 1);
    }

    #[test]
    fn what_changed_or_may_not_be_written_is_refused_and_no_other_file_is_touched() {
        let directory = tempfile::tempdir().expect("a directory");
        let at = |name: &str| directory.path().join(name);
        fs::write(at("good"), "a\n").expect("written");
        fs::write(at("changed"), "c\n").expect("written");
        fs::write(at("read-only"), "a\n").expect("written");
        fs::set_permissions(at("read-only"), fs::Permissions::from_mode(0o444)).expect("set");
        for (bad, why) in
            [("changed", "has changed since"), ("read-only", "is read-only"), ("gone", "No such file or directory")]
        {
            let error = save(&[changed(&at("good")), changed(&at(bad))]).expect_err("refused").to_string();
            assert!(error.contains(why) && error.contains(bad), "{error}");
            assert_eq!(fs::read_to_string(at("good")).expect("read"), "a\n");
        }
        assert_eq!(fs::read_dir(directory.path()).expect("read").count(), 3, "nothing is left beside them");
    }
}
