//! What is inside an image: which MPI and which C library. Read from its file; nothing is mounted and nothing is run.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufReader, Read as _};
use std::path::Path;

use backhand::{FilesystemReader, InnerNode};
use schemars::JsonSchema;
use serde::Serialize;
use shifter_libraries::Contents;
pub use shifter_libraries::Mpi;

use crate::elf::Glibc;
use crate::stage::is_of_the_image;

/// The largest library that is read.
const LARGEST: u64 = 1 << 30;

/// The directories of an image that is a directory where libraries are looked for.
const PLACES: [&str; 6] = ["lib", "lib32", "lib64", "usr", "opt", "app"];

/// How deep directories are gone into.
const DEEPEST: usize = 16;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Inside {
    /// Its C library: `glibc 2.36`, `musl`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub libc: Option<String>,
    /// The version, where that is glibc.
    #[serde(skip)]
    pub glibc: Option<Glibc>,
    /// The names that it has of the libraries that belong to the C library.
    #[serde(skip)]
    pub of_libc: BTreeSet<String>,
    /// Its libraries of MPI, sorted by path.
    pub mpi: Vec<Mpi>,
    /// The version of CUDA in it, where there is one: `12.2.140`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cuda: Option<String>,
    /// What each module would do for it.
    pub modules: Vec<super::modules::Verdict>,
}

/// Why an image cannot be looked into.
#[derive(Debug, thiserror::Error)]
pub enum InsideError {
    /// The file.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The file system in it.
    #[error("{0}")]
    Squashfs(#[from] backhand::BackhandError),
}

impl Inside {
    /// Looks into a squashfs file system.
    ///
    /// # Errors
    /// What cannot be read, and compressions other than gzip and zstd.
    pub fn of_squashfs(file: File) -> Result<Self, InsideError> {
        let image = FilesystemReader::from_reader(BufReader::new(file))?;
        let (mut found, mut contents) = (Self::default(), Contents::default());
        for node in image.files() {
            if matches!(node.inner, InnerNode::File(_) | InnerNode::Symlink(_)) {
                found.name(&node.fullpath);
            }
            let InnerNode::File(file) = &node.inner else { continue };
            let path = node.fullpath.to_string_lossy();
            contents.name(&path);
            if Contents::wants(&path) {
                let mut bytes = Vec::new();
                image.file(file).reader().take(LARGEST).read_to_end(&mut bytes)?;
                contents.add(&path, &bytes);
            }
        }
        Ok(found.with(contents))
    }

    /// Looks into an image that is a directory, or the root of a machine. Links are not followed.
    ///
    /// # Errors
    /// What cannot be read.
    pub fn of_directory(root: &Path) -> Result<Self, InsideError> {
        let (mut found, mut contents) = (Self::default(), Contents::default());
        for place in PLACES {
            found.walk(root, &root.join(place), 0, &mut contents)?;
        }
        Ok(found.with(contents))
    }

    fn walk(&mut self, root: &Path, at: &Path, depth: usize, contents: &mut Contents) -> io::Result<()> {
        let is_directory = fs::symlink_metadata(at).is_ok_and(|about| about.is_dir());
        if !is_directory || depth > DEEPEST {
            return Ok(());
        }
        for entry in fs::read_dir(at)? {
            let entry = entry?;
            let (path, kind) = (entry.path(), entry.file_type()?);
            self.name(&path);
            if kind.is_dir() {
                self.walk(root, &path, depth + 1, contents)?;
            } else if kind.is_file() {
                let shown = format!("/{}", path.strip_prefix(root).unwrap_or(&path).display());
                contents.name(&shown);
                if Contents::wants(&shown) {
                    let mut bytes = Vec::new();
                    File::open(&path)?.take(LARGEST).read_to_end(&mut bytes)?;
                    contents.add(&shown, &bytes);
                }
            }
        }
        Ok(())
    }

    fn with(self, contents: Contents) -> Self {
        let cuda = contents.cuda();
        let Contents { libc, glibc, mut mpi, .. } = contents;
        mpi.sort();
        Self { libc, glibc, mpi, cuda, ..self }
    }

    fn name(&mut self, path: &Path) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if is_of_the_image(&name) {
            self.of_libc.insert(name.into_owned());
        }
    }
}
