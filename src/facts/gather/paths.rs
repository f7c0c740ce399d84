//! The paths a profile names: what is there, whose it is, what it holds.

use super::deadline::within;
use super::sight::{Sight, handle};
use super::{Described, elf, kernel};
use crate::facts::content::Form;
use crate::facts::{Accounts, Denied, Etc, Facts, Kind, Nsswitch, Path, Role, Tree, named};
use crate::profile::section::scalar::Mode;
use nix::fcntl::OFlag;
use std::collections::BTreeSet;
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::time::Instant;

/// Paths that matter whatever a profile says.
const USUAL: [&str; 4] = ["/etc/shifter", "/etc/munge/munge.key", "/tmp", "/dev/shm"];

/// How many entries of a copied tree are counted.
const MOST_COUNTED: u64 = 100_000;

/// How many files of a directory are asked for their architecture.
const MOST_ASKED: usize = 50;

pub(super) fn find(sight: &Sight, described: Option<&Described>, facts: &mut Facts) {
    let mut all = Paths { sight, facts, dead: Vec::new() };
    for path in USUAL {
        all.add(path);
    }
    let Some(Described { profile, site, .. }) = described else { return all.name_filesystems() };
    for place in profile.storage.keys() {
        all.add(place);
    }
    for named in named(profile, site) {
        all.add(&named.path);
        all.look_into(&named.path, named.role);
    }
    all.name_filesystems();
}

struct Paths<'s> {
    sight: &'s Sight,
    facts: &'s mut Facts,
    /// What did not answer, and what lies below is not asked any more.
    dead: Vec<String>,
}

impl Paths<'_> {
    /// The path, every directory above it, and the same for what it is without links.
    fn add(&mut self, path: &str) {
        let path = if path.len() > 1 { path.trim_end_matches('/') } else { path };
        let ends = path.match_indices('/').map(|(at, _)| at.max(1)).chain([path.len()]);
        let steps: BTreeSet<usize> = ends.collect();
        for end in steps {
            self.add_one(&path[..end]);
        }
        let real = self.facts.paths.get(path).and_then(|found| found.real.clone());
        if let Some(real) = real.filter(|real| !self.facts.paths.contains_key(real)) {
            self.add(&real);
        }
    }

    fn add_one(&mut self, path: &str) {
        if self.facts.paths.contains_key(path) {
            return;
        }
        let below = |dead: &String| path.starts_with(&format!("{dead}/"));
        let found = if self.dead.iter().any(below) {
            Err(self.sight.late())
        } else {
            let (sight, name) = (self.sight.clone(), path.to_owned());
            within(self.sight.limit(), move || look(&sight, &name)).unwrap_or_else(|| Err(self.sight.late()))
        };
        let found = found.unwrap_or_else(|error| {
            if error.kind() == io::ErrorKind::TimedOut {
                self.dead.push(path.to_owned());
            }
            self.facts.unknown.insert(format!("paths.{path}"), error.to_string());
            Path::default()
        });
        self.facts.paths.insert(path.to_owned(), found);
    }

    /// What is known besides of a path with this role.
    fn look_into(&mut self, path: &str, role: Role) {
        if !self.facts.paths.get(path).is_some_and(Path::is_there) {
            return;
        }
        match role {
            Role::Etc => self.read_etc(path),
            Role::Deny => match self.sight.read(path) {
                Ok(text) => self.facts.deny = Some(Denied::read(&text)),
                Err(error) => drop(self.facts.unknown.insert("deny".to_owned(), error.to_string())),
            },
            Role::Copied => self.count(path),
            Role::Driver => self.add(&format!("{}/nvidia-smi", path.trim_end_matches('/'))),
            _ => {}
        }
        if matches!(role, Role::Copied | Role::Source | Role::OptionalSource | Role::File | Role::Plugin | Role::Tool) {
            let machines = self.machines(path);
            self.facts.paths.entry(path.to_owned()).or_default().machines = machines;
        }
    }

    fn read_etc(&mut self, directory: &str) {
        let names = match self.sight.list(directory) {
            Ok(names) => names,
            Err(error) => return drop(self.facts.unknown.insert(format!("paths.{directory}"), error.to_string())),
        };
        for name in &names {
            self.add_one(&format!("{directory}/{name}"));
        }
        let (sight, text) = (self.sight, |name: &str| names.iter().any(|known| known == name));
        let read = |name: &str| if text(name) { sight.read(&format!("{directory}/{name}")).ok() } else { None };
        self.facts.etc = Some(Etc {
            passwd: read("passwd").map(|text| Accounts::read(&text, Form::Passwd)),
            group: read("group").map(|text| Accounts::read(&text, Form::Group)),
            nsswitch: read("nsswitch.conf").map(|text| Nsswitch::read(&text)),
        });
        self.facts.paths.entry(directory.to_owned()).or_default().entries = Some(names);
    }

    fn count(&mut self, directory: &str) {
        let (sight, root) = (self.sight.clone(), directory.to_owned());
        let end = Instant::now() + self.sight.limit();
        let counted = within(self.sight.limit() * 2, move || count(&sight, root, end));
        match counted {
            Some(tree) => self.facts.paths.entry(directory.to_owned()).or_default().tree = Some(tree),
            None => drop(self.facts.unknown.insert(format!("paths.{directory}.tree"), self.sight.late().to_string())),
        }
    }

    /// The architectures of a file, or of the files of a directory and its `bin`, `lib` and `lib64`.
    fn machines(&self, path: &str) -> BTreeSet<String> {
        let one = |file: &str| {
            let bytes = self.sight.read_bytes(file, 20).unwrap_or_default();
            elf::machine(&bytes).map(str::to_owned)
        };
        if self.facts.paths.get(path).is_some_and(|found| found.kind == Kind::File) {
            return one(path).into_iter().collect();
        }
        let directories = ["", "/bin", "/lib", "/lib64"].map(|below| format!("{path}{below}"));
        let files = directories.iter().flat_map(|directory| {
            let names = self.sight.list(directory).unwrap_or_default();
            let looks_compiled = |name: &String| directory.ends_with("/bin") || name.contains(".so");
            names.into_iter().filter(looks_compiled).take(MOST_ASKED).map(move |name| format!("{directory}/{name}"))
        });
        files.filter_map(|file| one(&file)).collect()
    }

    /// The type of the file system of each path. The mounts are read again: looking at a path may have mounted it.
    fn name_filesystems(&mut self) {
        if !self.sight.is_live() {
            return;
        }
        self.facts.mounts = kernel::mounts(&self.sight.read("/proc/self/mountinfo").unwrap_or_default());
        let kind = |(path, found): (&String, &Path)| {
            let real = found.real.as_ref().unwrap_or(path);
            let mount = self.facts.mount_of(real).filter(|_| found.is_there());
            (path.clone(), mount.map(|(_, mount)| mount.r#type.clone()))
        };
        let kinds: Vec<(String, Option<String>)> = self.facts.paths.iter().map(kind).collect();
        for (path, filesystem) in kinds {
            self.facts.paths.entry(path).or_default().filesystem = filesystem;
        }
    }
}

/// One path, its links followed.
fn look(sight: &Sight, path: &str) -> io::Result<Path> {
    let file = match sight.open(path, OFlag::O_PATH) {
        Ok(file) => file,
        Err(error) if matches!(error.raw_os_error(), Some(2 | 20)) => {
            let is_link = sight.open(path, OFlag::O_PATH | OFlag::O_NOFOLLOW).is_ok();
            return Ok(Path { kind: if is_link { Kind::Dangling } else { Kind::Absent }, ..Path::default() });
        }
        Err(error) => return Err(error),
    };
    let found = file.metadata()?;
    let kind = match found.file_type() {
        kind if kind.is_dir() => Kind::Directory,
        kind if kind.is_file() => Kind::File,
        kind if kind.is_socket() => Kind::Socket,
        kind if kind.is_fifo() => Kind::Fifo,
        _ => Kind::Device,
    };
    Ok(Path {
        kind,
        real: sight.real(&file).filter(|real| real != path),
        uid: Some(found.uid()),
        gid: Some(found.gid()),
        mode: Some(Mode::new(found.mode())),
        size: (kind == Kind::File).then(|| found.size()),
        selinux_type: selinux_type(&handle(&file)),
        ..Path::default()
    })
}

/// The type of a label `user:role:type:level`.
fn selinux_type(path: &str) -> Option<String> {
    let mut label = [0_u8; 256];
    let length = rustix::fs::getxattr(path, "security.selinux", &mut label).ok()?;
    let text = String::from_utf8_lossy(&label[..length]).into_owned();
    text.trim_end_matches('\0').split(':').nth(2).map(str::to_owned)
}

fn count(sight: &Sight, root: String, end: Instant) -> Tree {
    let (mut tree, mut open) = (Tree::default(), vec![root]);
    while let Some(directory) = open.pop() {
        for name in sight.list(&directory).unwrap_or_default() {
            if tree.files >= MOST_COUNTED || Instant::now() > end {
                return Tree { more: true, ..tree };
            }
            let path = format!("{directory}/{name}");
            tree.files += 1;
            let Ok(file) = sight.open(&path, OFlag::O_PATH | OFlag::O_NOFOLLOW) else { continue };
            match file.metadata() {
                Ok(found) if found.is_dir() => open.push(path),
                Ok(found) if found.is_file() => tree.bytes += found.size(),
                _ => {}
            }
        }
    }
    tree
}
