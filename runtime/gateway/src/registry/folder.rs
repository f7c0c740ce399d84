//! What an OCI layout lies in: a directory, or an archive of one.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::archive::Archive;
use super::error::RegistryError;

/// A directory, or an archive of one.
#[derive(Clone, Debug)]
pub(crate) enum Folder {
    Directory(PathBuf),
    Archive(Arc<Archive>),
}

impl Folder {
    /// The name for messages.
    pub(crate) fn describe(&self, name: &str) -> PathBuf {
        match self {
            Self::Directory(directory) => directory.join(name),
            Self::Archive(archive) => archive.path().join(name),
        }
    }

    /// Whether there is such a file.
    pub(crate) fn holds(&self, name: &str) -> bool {
        match self {
            Self::Directory(directory) => directory.join(name).is_file(),
            Self::Archive(archive) => archive.member(name).is_some(),
        }
    }

    /// The bytes of a file.
    ///
    /// # Errors
    /// It is not there.
    pub(crate) fn open(&self, name: &str) -> Result<Box<dyn Read>, RegistryError> {
        let missing = || RegistryError::file(self.describe(name))(io::ErrorKind::NotFound.into());
        match self {
            Self::Directory(directory) => open_file(&directory.join(name)),
            Self::Archive(archive) => {
                let section = archive.member(name).ok_or_else(missing)?;
                Ok(Box::new(section))
            }
        }
    }

    /// A small file, whole.
    ///
    /// # Errors
    /// It is not there, or longer than `limit`.
    pub(crate) fn read(&self, name: &str, limit: u64) -> Result<Vec<u8>, RegistryError> {
        let path = self.describe(name);
        let mut bytes = Vec::new();
        let read = self.open(name)?.take(limit + 1).read_to_end(&mut bytes);
        read.map_err(RegistryError::file(&path))?;
        if bytes.len() as u64 > limit {
            return Err(RegistryError::TooLarge { what: path.display().to_string(), bytes: bytes.len() as u64, limit });
        }
        Ok(bytes)
    }
}

fn open_file(path: &Path) -> Result<Box<dyn Read>, RegistryError> {
    Ok(Box::new(File::open(path).map_err(RegistryError::file(path))?))
}
