//! What is inside an image: which MPI and which C library. Read from its file; nothing is mounted and nothing is run.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufReader, Read as _};
use std::path::Path;

use backhand::{FilesystemReader, InnerNode};
use schemars::JsonSchema;
use serde::Serialize;

use crate::elf::{Elf, Glibc};
use crate::mpi::{self, Language, Maker, Part};
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
    /// What each module would do for it.
    pub modules: Vec<super::modules::Verdict>,
}

/// A library of MPI in an image.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Mpi {
    /// Its path in the image.
    pub path: String,
    /// The name that programs ask for.
    pub soname: String,
    /// Who made it, and its version: `MPICH 4.0.2`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is: Option<String>,
    /// `CURRENT:REVISION:AGE` of its interface, where MPICH says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interface: Option<String>,
    /// What it is made for: `amd64`.
    pub architecture: String,
    /// Whether it is Open MPI, whose names may be those of others.
    #[serde(skip)]
    pub is_open_mpi: bool,
}

impl Mpi {
    /// The library it is, by its name.
    #[must_use]
    pub fn part(&self) -> Option<&'static Part> {
        mpi::part_named(&self.soname)
    }
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
        let mut found = Self::default();
        for node in image.files() {
            if matches!(node.inner, InnerNode::File(_) | InnerNode::Symlink(_)) {
                found.name(&node.fullpath);
            }
            let InnerNode::File(file) = &node.inner else { continue };
            if !is_of_interest(&node.fullpath) {
                continue;
            }
            let mut bytes = Vec::new();
            image.file(file).reader().take(LARGEST).read_to_end(&mut bytes)?;
            found.add(&node.fullpath.to_string_lossy(), &bytes);
        }
        found.mpi.sort();
        Ok(found)
    }

    /// Looks into an image that is a directory, or the root of a machine. Links are not followed.
    ///
    /// # Errors
    /// What cannot be read.
    pub fn of_directory(root: &Path) -> Result<Self, InsideError> {
        let mut found = Self::default();
        for place in PLACES {
            found.walk(root, &root.join(place), 0)?;
        }
        found.mpi.sort();
        Ok(found)
    }

    fn walk(&mut self, root: &Path, at: &Path, depth: usize) -> io::Result<()> {
        let is_directory = fs::symlink_metadata(at).is_ok_and(|about| about.is_dir());
        if !is_directory || depth > DEEPEST {
            return Ok(());
        }
        for entry in fs::read_dir(at)? {
            let entry = entry?;
            let (path, kind) = (entry.path(), entry.file_type()?);
            self.name(&path);
            if kind.is_dir() {
                self.walk(root, &path, depth + 1)?;
            } else if kind.is_file() && is_of_interest(&path) {
                let mut bytes = Vec::new();
                File::open(&path)?.take(LARGEST).read_to_end(&mut bytes)?;
                let shown = path.strip_prefix(root).unwrap_or(&path);
                self.add(&format!("/{}", shown.display()), &bytes);
            }
        }
        Ok(())
    }

    fn name(&mut self, path: &Path) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if is_of_the_image(&name) {
            self.of_libc.insert(name.into_owned());
        }
    }

    fn add(&mut self, path: &str, bytes: &[u8]) {
        if path.rsplit('/').next().is_some_and(|name| name.starts_with("ld-musl-")) {
            self.libc = self.libc.take().or_else(|| Some("musl".to_owned()));
            return;
        }
        let Ok(elf) = Elf::read(bytes) else { return };
        let Some(soname) = elf.soname else { return };
        if soname == "libc.so.6" {
            // An image for two word lengths has two, of one version.
            self.glibc = self.glibc.max(elf.glibc_defined);
            self.libc = self.glibc.map(|version| format!("glibc {version}"));
        } else if mpi::part_named(&soname).is_some_and(|part| part.language == Language::C) {
            let maker = Maker::find(bytes);
            self.mpi.push(Mpi {
                path: path.to_owned(),
                soname,
                is: maker.as_ref().map(ToString::to_string),
                interface: maker.as_ref().and_then(|maker| maker.interface.clone()),
                architecture: elf.machine.to_string(),
                is_open_mpi: maker.is_some_and(|maker| maker.is_open_mpi()),
            });
        }
    }
}

fn is_of_interest(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_libc = name == "libc.so.6" || (name.starts_with("libc-2.") && name.ends_with(".so"));
    is_libc || name.starts_with("ld-musl-") || (name.starts_with("libmpi") && name.contains(".so"))
}
