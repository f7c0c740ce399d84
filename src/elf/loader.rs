//! Finding a library as the loader of a system would, without running anything (ld.so(8), ldconfig(8)).
//!
//! Everything is looked up below a root, whose links are resolved as if it were `/`. `LD_LIBRARY_PATH` is not read: what
//! is found must not depend on who looks.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::time::Duration;

use super::{Elf, Machine};
use crate::facts::Sight;

/// How long the file system may take over one file.
const PATIENCE: Duration = Duration::from_secs(60);

/// The largest library that is read: those of GPU drivers have some 200 MiB.
const LARGEST: u64 = 2 << 30;

/// How deep `include` lines of ld.so.conf may go.
const DEEPEST: usize = 8;

/// The libraries of a system.
pub(crate) struct Loader {
    sight: Sight,
    /// The directories of ld.so.conf, then those the loader knows by itself.
    directories: Vec<String>,
    read: std::cell::RefCell<BTreeMap<String, Option<Elf>>>,
}

/// A library with the path it really has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    /// Its path below the root, links resolved.
    pub(crate) path: String,
    /// What it is.
    pub(crate) elf: Elf,
}

impl Loader {
    pub(crate) fn new(root: &Path) -> io::Result<Self> {
        Ok(Self::of(Sight::new(root, PATIENCE)?))
    }

    /// The loader of what is seen already.
    pub(crate) fn of(sight: Sight) -> Self {
        let mut directories = Vec::new();
        configured(&sight, "/etc/ld.so.conf", 0, &mut directories);
        let multiarch = ["x86_64", "aarch64", "powerpc64le", "riscv64", "i386"];
        for base in ["/lib", "/usr/lib"] {
            directories.extend(multiarch.iter().map(|machine| format!("{base}/{machine}-linux-gnu")));
        }
        directories.extend(["/lib64", "/usr/lib64", "/lib", "/usr/lib"].map(str::to_owned));
        let mut seen = std::collections::BTreeSet::new();
        directories.retain(|directory| seen.insert(directory.clone()));
        Self { sight, directories, read: std::cell::RefCell::default() }
    }

    /// The directories that are looked through for every library.
    pub(crate) fn directories(&self) -> &[String] {
        &self.directories
    }

    /// The names in a directory, sorted; none where there is no such directory.
    pub(crate) fn names(&self, directory: &str) -> Vec<String> {
        self.sight.list(directory).unwrap_or_default()
    }

    /// The bytes of a file.
    pub(crate) fn bytes(&self, path: &str) -> io::Result<Vec<u8>> {
        self.sight.read_bytes(path, LARGEST)
    }

    /// The library at a path, if one is there.
    pub(crate) fn library(&self, path: &str) -> Option<Origin> {
        let (path, file) = self.sight.real_file(path).ok()?;
        let elf = self.read.borrow().get(&path).cloned();
        let elf = elf.unwrap_or_else(|| {
            let elf = Elf::read(&object::read::ReadCache::new(file)).ok();
            self.read.borrow_mut().insert(path.clone(), elf.clone());
            elf
        })?;
        Some(Origin { path, elf })
    }

    /// The library that `by` gets when it asks for `name`. As the loader does, this passes over other machines' files.
    pub(crate) fn find(&self, name: &str, by: &Origin) -> Option<Origin> {
        let own = if by.elf.runpath.is_empty() { &by.elf.rpath } else { &by.elf.runpath };
        let places = own.iter().map(|directory| expand(directory, by)).chain(self.directories.iter().cloned());
        places.map(|directory| format!("{directory}/{name}")).find_map(|path| self.for_machine(&path, by.elf.machine))
    }

    /// The library at a path, if it is for this machine.
    pub(crate) fn for_machine(&self, path: &str, machine: Machine) -> Option<Origin> {
        self.library(path).filter(|found| found.elf.machine == machine)
    }
}

/// `$ORIGIN`, `$LIB` and `$PLATFORM` in a run path (ld.so(8), "Dynamic string tokens").
fn expand(directory: &str, by: &Origin) -> String {
    let origin = Path::new(&by.path).parent().unwrap_or(Path::new("/")).display().to_string();
    let library = if by.elf.machine.bits == 64 { "lib64" } else { "lib" };
    let mut text = directory.to_owned();
    for (token, value) in [("ORIGIN", origin.as_str()), ("LIB", library), ("PLATFORM", "")] {
        text = text.replace(&format!("${{{token}}}"), value).replace(&format!("${token}"), value);
    }
    text
}

/// The directories of ld.so.conf; a line `include GLOB` reads more such files (ldconfig(8)).
fn configured(sight: &Sight, file: &str, depth: usize, directories: &mut Vec<String>) {
    let Ok(bytes) = sight.read_bytes(file, 1 << 20) else { return };
    for line in String::from_utf8_lossy(&bytes).lines() {
        let line = line.split('#').next().unwrap_or_default().trim();
        match line.strip_prefix("include").filter(|rest| rest.starts_with(char::is_whitespace)) {
            Some(pattern) if depth < DEEPEST => {
                let base = Path::new(file).parent().unwrap_or(Path::new("/"));
                for included in matching(sight, &base.join(pattern.trim())) {
                    configured(sight, &included, depth + 1, directories);
                }
            }
            None if line.starts_with('/') => directories.push(line.trim_end_matches('/').to_owned()),
            _ => {}
        }
    }
}

/// The files that a pattern with `*` in its last component names, sorted.
fn matching(sight: &Sight, pattern: &Path) -> Vec<String> {
    let (Some(directory), Some(name)) = (pattern.parent(), pattern.file_name()) else { return Vec::new() };
    let directory = directory.display().to_string();
    let wanted = shifter_formats::env::NamePattern::new(&*name.to_string_lossy());
    let names = sight.list(&directory).unwrap_or_default();
    names.into_iter().filter(|name| wanted.matches(name)).map(|name| format!("{directory}/{name}")).collect()
}
