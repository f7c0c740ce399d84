//! File trees as facts: what a person comparing two directories would look at.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::Path;
use std::process::Command;

/// What is known of one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) kind: Kind,
    pub(crate) mode: u32,
    pub(crate) owner: (u32, u32),
    pub(crate) time: i64,
    /// The first name of the same inode.
    pub(crate) first_name: String,
}

#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    File(Vec<u8>),
    Directory,
    Symlink(String),
    Special,
}

impl std::fmt::Debug for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(data) if data.len() > 60 => write!(f, "File({} bytes)", data.len()),
            Self::File(data) => write!(f, "File({:?})", String::from_utf8_lossy(data)),
            Self::Directory => f.write_str("Directory"),
            Self::Symlink(target) => write!(f, "Symlink({target:?})"),
            Self::Special => f.write_str("Special"),
        }
    }
}

pub(crate) type Tree = BTreeMap<String, Facts>;

/// Paths with bytes that are no UTF-8 are escaped, so that none is confused with another.
fn text(path: &Path) -> String {
    match path.to_str() {
        Some(text) => text.to_owned(),
        None => path.as_os_str().as_bytes().escape_ascii().to_string(),
    }
}

/// The tree below `root`; the root itself is the empty path.
pub(crate) fn read(root: &Path) -> Tree {
    let mut tree = Tree::new();
    let mut inodes = BTreeMap::new();
    let mut pending = vec![root.to_owned()];
    while let Some(path) = pending.pop() {
        let metadata = fs::symlink_metadata(&path).unwrap();
        let kind = metadata.file_type();
        let kind = if kind.is_dir() {
            let names = fs::read_dir(&path).unwrap();
            pending.extend(names.map(|name| name.unwrap().path()));
            Kind::Directory
        } else if kind.is_symlink() {
            Kind::Symlink(text(&fs::read_link(&path).unwrap()))
        } else if kind.is_file() {
            Kind::File(fs::read(&path).unwrap())
        } else {
            assert!(kind.is_char_device() || kind.is_block_device() || kind.is_fifo());
            Kind::Special
        };
        let name = text(path.strip_prefix(root).unwrap());
        let first = inodes.entry(metadata.ino()).or_insert_with(|| name.clone());
        if name < *first {
            first.clone_from(&name);
        }
        let facts = Facts {
            kind,
            mode: metadata.mode() & 0o7777,
            owner: (metadata.uid(), metadata.gid()),
            time: metadata.mtime(),
            first_name: metadata.ino().to_string(),
        };
        tree.insert(name, facts);
    }
    for facts in tree.values_mut() {
        facts.first_name = inodes[&facts.first_name.parse().unwrap()].clone();
    }
    tree
}

/// The tree of a squashfs image, unpacked by the reference implementation.
pub(crate) fn read_squashfs(image: &Path) -> Tree {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("root");
    let image = image.as_os_str();
    run("unsquashfs", "squashfs-tools", |command| command.arg("-no-progress").arg("-d").arg(&root).arg(image));
    read(&root)
}

/// Runs a program to its success; without it the test fails with the package to install.
pub(crate) fn run(program: &str, package: &str, arguments: impl FnOnce(&mut Command) -> &mut Command) -> String {
    let output = arguments(&mut Command::new(program)).output();
    let output =
        output.unwrap_or_else(|error| panic!("cannot start {program}: {error}; install the package {package}"));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}: {}\n{stderr}", output.status);
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Fails with the differences, one a line.
pub(crate) fn assert_same(found: &Tree, expected: &Tree) {
    let names: std::collections::BTreeSet<_> = found.keys().chain(expected.keys()).collect();
    let mut differences = Vec::new();
    for name in names {
        let (found, expected) = (found.get(name), expected.get(name));
        if found != expected {
            differences.push(format!("{name:?}:\n  found    {found:?}\n  expected {expected:?}"));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
