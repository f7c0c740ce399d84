//! Texts that stand for files: what an editor has open and has not saved.

use std::{
    collections::BTreeMap,
    io,
    path::{Component, Path, PathBuf},
};

use super::file;

/// Unsaved texts by the file they will be saved to. Every other file is read from the disk.
#[derive(Debug, Clone, Default)]
pub struct Buffers(BTreeMap<PathBuf, String>);

impl Buffers {
    /// Every file is read from the disk.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Lets `text` stand for `path`.
    pub fn set(&mut self, path: &Path, text: impl Into<String>) {
        self.0.insert(one_name(path), text.into());
    }

    /// Lets `path` be read from the disk again.
    pub fn forget(&mut self, path: &Path) {
        self.0.remove(&one_name(path));
    }

    /// The text that stands for `path`, if one does.
    #[must_use]
    pub fn text(&self, path: &Path) -> Option<&str> {
        if self.0.is_empty() {
            return None;
        }
        self.0.get(&one_name(path)).map(String::as_str)
    }

    /// The bytes of `path`: those of its buffer, or those on the disk.
    ///
    /// # Errors
    /// As [`file::read`].
    pub fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match self.text(path) {
            Some(text) => Ok(text.as_bytes().to_vec()),
            None => file::read(path),
        }
    }

    /// The one name of `path`, by which a file is known again.
    ///
    /// # Errors
    /// When there is neither a file nor a buffer of this name.
    pub fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        match self.text(path) {
            Some(_) => Ok(one_name(path)),
            None => path.canonicalize(),
        }
    }
}

/// The canonical name of a file, or for one that is not saved yet that of its directory and its own.
#[must_use]
pub fn one_name(path: &Path) -> PathBuf {
    if let Ok(canonical) = path.canonicalize() {
        return canonical;
    }
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut name = PathBuf::new();
    for part in absolute.components() {
        match part {
            Component::ParentDir => drop(name.pop()),
            part => name.push(part),
        }
    }
    match (name.parent().and_then(|parent| parent.canonicalize().ok()), name.file_name()) {
        (Some(parent), Some(own)) => parent.join(own),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_stands_for_its_file_under_every_name() {
        let directory = tempfile::tempdir().expect("a directory");
        let at = |name: &str| directory.path().join(name);
        std::fs::write(at("a.toml"), "saved").expect("written");
        std::os::unix::fs::symlink("a.toml", at("link.toml")).expect("linked");
        let mut buffers = Buffers::none();
        buffers.set(&at("link.toml"), "unsaved");
        buffers.set(&at("new.toml"), "new");
        assert_eq!(buffers.read(&at("./a.toml")).expect("read"), b"unsaved");
        assert_eq!(buffers.read(&at("gone/../new.toml")).expect("read"), b"new");
        assert_eq!(buffers.canonical(&at("link.toml")).ok(), at("a.toml").canonicalize().ok());
        buffers.forget(&at("a.toml"));
        assert_eq!(buffers.read(&at("link.toml")).expect("read"), b"saved");
        assert!(buffers.canonical(&at("absent.toml")).is_err());
    }
}
