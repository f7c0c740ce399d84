//! A root directory, files that are wanted there, and the program itself.

use shifter_site::change::Kind;
use shifter_site::install::{
    self, Accounts, Applied, Cause, Compared, Desired, Edits, InstallError, Recovery, Request, Selection, Store, Wanted,
};
use shifter_site::tree::Tree;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A root directory of its own.
pub(crate) struct Machine {
    dir: tempfile::TempDir,
}

/// A file below a root: path, content.
pub(crate) type Files = BTreeMap<String, String>;

impl Machine {
    pub(crate) fn new() -> Self {
        let machine = Self { dir: tempfile::tempdir().unwrap() };
        fs::create_dir(machine.root()).unwrap();
        fs::set_permissions(machine.root(), fs::Permissions::from_mode(0o755)).unwrap();
        machine
    }

    /// Beside the root: profiles and scripts.
    pub(crate) fn beside(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.dir.path().join("root")
    }

    pub(crate) fn tree(&self) -> Tree {
        Tree::open(&self.root()).unwrap()
    }

    /// The path of a file below the root, from outside.
    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.root().join(path.trim_start_matches('/'))
    }

    pub(crate) fn put(&self, path: &str, text: &str) {
        fs::create_dir_all(self.at(path).parent().unwrap()).unwrap();
        fs::write(self.at(path), text).unwrap();
        fs::set_permissions(self.at(path), fs::Permissions::from_mode(0o644)).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.at(path)).ok()
    }

    /// Every file below the root but those of the state directory; a file that was staged is one too.
    pub(crate) fn files(&self) -> Files {
        let mut files = Files::new();
        let mut open = vec![self.root()];
        while let Some(dir) = open.pop() {
            for entry in fs::read_dir(dir).unwrap() {
                let path = entry.unwrap().path();
                if path.ends_with("var/lib/shifter-site") {
                    continue;
                } else if path.is_dir() {
                    open.push(path);
                } else {
                    let name = format!("/{}", path.strip_prefix(self.root()).unwrap().display());
                    files.insert(name, fs::read_to_string(&path).unwrap());
                }
            }
        }
        files
    }

    /// Inode and time of change of every file, those of the state directory too.
    pub(crate) fn stamps(&self) -> BTreeMap<PathBuf, (u64, i64, i64)> {
        let mut stamps = BTreeMap::new();
        let mut open = vec![self.root()];
        while let Some(dir) = open.pop() {
            for entry in fs::read_dir(dir).unwrap() {
                let path = entry.unwrap().path();
                let seen = fs::symlink_metadata(&path).unwrap();
                if seen.is_dir() {
                    open.push(path);
                } else if !path.ends_with("lock") {
                    stamps.insert(path, (seen.ino(), seen.mtime(), seen.mtime_nsec()));
                }
            }
        }
        stamps
    }

    pub(crate) fn compare(&self, desired: &Desired) -> Compared {
        let tree = self.tree();
        let store = Store::open(&tree).unwrap();
        install::compare(&tree, store.as_ref(), desired, &Accounts::of(&tree).unwrap()).unwrap()
    }

    pub(crate) fn apply(&self, desired: &Desired) -> Result<Applied, InstallError> {
        self.apply_as(desired, &request())
    }

    pub(crate) fn apply_as(&self, desired: &Desired, request: &Request) -> Result<Applied, InstallError> {
        let tree = self.tree();
        let store = Store::make(&tree)?;
        let _lock = store.lock(None)?;
        install::recover(&tree, &store)?;
        let compared = install::compare(&tree, Some(&store), desired, &Accounts::of(&tree).unwrap())?;
        install::apply(&tree, &store, desired, &compared, request)
    }

    pub(crate) fn recover(&self) -> Option<Recovery> {
        let tree = self.tree();
        let store = Store::make(&tree).unwrap();
        let _lock = store.lock(None).unwrap();
        install::recover(&tree, &store).unwrap()
    }

    pub(crate) fn rollback(&self, to: Option<u32>) -> Result<Applied, InstallError> {
        let tree = self.tree();
        let store = Store::make(&tree)?;
        let back = install::rollback(&store, to)?;
        let compared = install::compare(&tree, Some(&store), &back.desired, &Accounts::of(&tree).unwrap())?;
        let request = Request { cause: back.cause, unmade: back.unmade.clone(), ..request() };
        install::apply(&tree, &store, &back.desired, &compared, &request)
    }

    /// The program, on this root, with nothing of the caller's environment.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shifter-site"));
        command.args(arguments).arg("--root").arg(self.root()).current_dir(self.beside()).env_clear();
        command.stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments).output().unwrap())
    }

    /// Two profiles: with the hook `old.sh`; with another hook at another place and one more mount.
    pub(crate) fn with_profiles(self) -> Self {
        fs::write(self.beside().join("old.sh"), "mkdir -p old\n").unwrap();
        fs::write(self.beside().join("new.sh"), "mkdir -p new\n").unwrap();
        let hook = |name: &str| {
            format!("\n[hooks.premount]\npath = \"/opt/site/{name}/premount.sh\"\nextra = \"{name}.sh\"\n")
        };
        let project = "\n[[filesystem]]\nsource = \"/project\"\n";
        fs::write(self.beside().join("old.toml"), format!("{PROFILE}{}", hook("old"))).unwrap();
        fs::write(self.beside().join("new.toml"), format!("{PROFILE}{}{project}", hook("new"))).unwrap();
        self
    }
}

/// What a command did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// What `apply` does when nobody says otherwise.
pub(crate) fn request() -> Request {
    Request {
        selection: Selection::default(),
        edits: Edits::Refused,
        take_over: false,
        verify: true,
        cause: Cause::Apply,
        unmade: Vec::new(),
    }
}

/// A wanted file that anybody may install.
pub(crate) fn wanted(install: &str, text: &str) -> Wanted {
    Wanted {
        install: install.to_owned(),
        bytes: text.as_bytes().to_vec(),
        owner: "root".to_owned(),
        group: "root".to_owned(),
        ids: None,
        mode: 0o644,
        label: None,
        secret: false,
        kind: if install.ends_with("udiRoot.conf") { Kind::UdiRoot } else { Kind::Text },
        names_others: install.ends_with("udiRoot.conf"),
        reload: String::new(),
        is_ours: true,
    }
}

/// Wanted files, by path and text.
pub(crate) fn desired(files: &[(&str, &str)]) -> Desired {
    let files = files.iter().map(|(install, text)| wanted(install, text)).collect();
    Desired { source: "test.toml".to_owned(), files, ..Desired::default() }
}

pub(crate) fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// Runs `script` with root's rights over a mount namespace of its own: what it mounts ends with it.
pub(crate) fn in_own_mounts(machine: &Machine, script: &str) -> Ran {
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private"]);
    if !is_root() {
        command.args(["--user", "--map-root-user"]);
    }
    command.args(["/bin/sh", "-euc", script]).env("ROOT", machine.root()).env("BESIDE", machine.beside());
    command.env("SITE", env!("CARGO_BIN_EXE_shifter-site")).current_dir(machine.beside()).stdin(Stdio::null());
    Ran::of(command.output().expect("unshare(1) of util-linux runs"))
}

/// A profile of a small site.
const PROFILE: &str = include_str!("../data/profiles/tiny.toml");
