//! What is imported: which files, what each is, and where it lies on the site's machines.

use crate::diagnostic::source::{Source, SourceKind};
use crate::install::STATE;
use crate::profile::section::ScriptRole;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file of a running site.
#[derive(Clone, Debug)]
pub struct InputFile {
    /// The name for people: the path as given.
    pub name: String,
    /// What it is.
    pub kind: FileKind,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Where it lies on the site's machines, when that is known.
    pub place: Option<String>,
    /// Who owns it there, when that is known.
    pub owner: Option<Ownership>,
}

/// Owner, group and permissions of an installed file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ownership {
    /// The owner, by name where there is one.
    pub user: String,
    /// The group, by name where there is one.
    pub group: String,
    /// The permission bits.
    pub mode: u32,
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileKind {
    /// `udiRoot.conf`.
    UdiRoot,
    /// `imagemanager.json`.
    ImageManager,
    /// The script before `siteFs` is mounted.
    Premount,
    /// The script after it.
    Postmount,
    /// Slurm's `plugstack.conf`.
    Plugstack,
    /// `roots.conf` of Cray's compute node root runtime environment.
    Roots,
    /// `redis.conf`.
    Redis,
    /// A script around jobs or services.
    Script(Option<ScriptRole>),
    /// Something that is not imported.
    Other,
}

impl InputFile {
    /// A file that is what its name and its first lines say.
    #[must_use]
    pub fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        let (name, bytes) = (name.into(), bytes.into());
        let kind = classify(&name, &bytes);
        Self { name, kind, bytes, place: None, owner: None }
    }

    /// The last component of its path on the machine, else of its name.
    #[must_use]
    pub fn base(&self) -> &str {
        let path = self.place.as_ref().unwrap_or(&self.name);
        path.rsplit('/').next().unwrap_or(path)
    }

    /// The text to mark findings in. Bytes that are no UTF-8 become `U+FFFD`.
    pub(crate) fn source(&self) -> Arc<Source> {
        let text = String::from_utf8_lossy(&self.bytes).into_owned();
        let mut source = Source::new(self.name.clone(), SourceKind::File(PathBuf::from(&self.name)), text);
        for span in super::secret::spans(self.kind, source.text()) {
            source.cover(span);
        }
        Arc::new(source)
    }
}

/// What a file is, by its name, and by what it holds where the name does not tell.
fn classify(name: &str, bytes: &[u8]) -> FileKind {
    let base = name.rsplit('/').next().unwrap_or(name);
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(65_536)]);
    let is_script = head.starts_with("#!");
    let shell = head.lines().next().is_some_and(|line| line.contains("sh"));
    match base {
        "imagemanager.json" => return FileKind::ImageManager,
        "udiRoot.conf" => return FileKind::UdiRoot,
        "redis.conf" => return FileKind::Redis,
        "roots.conf" => return FileKind::Roots,
        _ => {}
    }
    if base.ends_with(".json") && head.contains("\"Platforms\"") {
        return FileKind::ImageManager;
    }
    if base.contains("plugstack") {
        return FileKind::Plugstack;
    }
    if base.ends_with("redis.conf") {
        return FileKind::Redis;
    }
    if base.ends_with("roots.conf") {
        return FileKind::Roots;
    }
    let has = |word: &str| base.contains(word);
    if !is_script && ["udiMount=", "imagePath=", "udiRootPath="].iter().any(|key| head.contains(key)) {
        return FileKind::UdiRoot;
    }
    if has("premount") {
        return FileKind::Premount;
    }
    if has("postmount") {
        return FileKind::Postmount;
    }
    let role = role(name, base);
    let is_fragment = matches!(role, Some(ScriptRole::Prologue | ScriptRole::Epilogue));
    if is_script && shell || is_fragment && !has(".") { FileKind::Script(role) } else { FileKind::Other }
}

/// When a script runs, by the names that Torque, Slurm and Cray's sites give them.
fn role(name: &str, base: &str) -> Option<ScriptRole> {
    let has = |word: &str| base.contains(word);
    if has("epilog") || has("cleanup") {
        Some(ScriptRole::Epilogue)
    } else if has("prolog") {
        Some(ScriptRole::Prologue)
    } else if name.contains("init.d/") || has("imagegw") {
        Some(ScriptRole::Init)
    } else if has("service") {
        Some(ScriptRole::Service)
    } else if name.contains("cron") || has("passwd-group") {
        Some(ScriptRole::Cron)
    } else {
        None
    }
}

/// Reads the files named, and those of the directories named. A directory with an `etc` of its own is taken for the
/// root of a machine: then the paths below it are those of the machine.
///
/// # Errors
/// The first path that cannot be read.
pub fn read(paths: &[PathBuf], owners: bool) -> Result<Vec<InputFile>, (PathBuf, std::io::Error)> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let is_root = path.join("etc").is_dir();
            walk(path, path, is_root, owners, 0, &mut files)?;
        } else {
            files.push(read_one(path, None, owners)?);
        }
    }
    // A file and a link to it are one file, under the name of the link.
    let behind_links: Vec<PathBuf> =
        files.iter().filter(|file| Path::new(&file.name).is_symlink()).filter_map(canonical).collect();
    files.retain(|file| {
        Path::new(&file.name).is_symlink() || canonical(file).is_none_or(|own| !behind_links.contains(&own))
    });
    Ok(files)
}

fn canonical(file: &InputFile) -> Option<PathBuf> {
    Path::new(&file.name).canonicalize().ok()
}

/// At most this deep below a root.
const DEEPEST: usize = 12;
/// No configuration file or script is larger.
const LARGEST: u64 = 4 << 20;

fn walk(
    root: &Path,
    directory: &Path,
    is_root: bool,
    owners: bool,
    depth: usize,
    files: &mut Vec<InputFile>,
) -> Result<(), (PathBuf, std::io::Error)> {
    let of = |error| (directory.to_owned(), error);
    let mut entries: Vec<PathBuf> =
        directory.read_dir().map_err(of)?.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>().map_err(of)?;
    entries.sort();
    for path in entries {
        let Ok(mut about) = path.symlink_metadata() else { continue };
        // Generations are copies of what is installed, and of what was.
        if is_root && path.strip_prefix(root).is_ok_and(|below| below == Path::new(&STATE[1..])) {
            continue;
        }
        let is_ours = is_known_by_name(&path.display().to_string());
        if about.is_symlink() && is_ours {
            about = behind(root, &path, is_root).map_err(|error| (path.clone(), error))?;
        }
        if about.is_dir() && is_root && depth < DEEPEST {
            walk(root, &path, is_root, owners, depth + 1, files)?;
        } else if is_ours && !about.is_dir() || about.is_file() && about.len() <= LARGEST {
            // What has the name of a file of Shifter's is one: where it cannot be read, it is not left out in silence.
            let place = path.strip_prefix(root).ok().filter(|_| is_root).map(|path| format!("/{}", path.display()));
            files.push(read_one(&path, place, owners)?);
        }
    }
    Ok(())
}

/// Whether a file is one of those that are imported whatever they hold.
fn is_known_by_name(name: &str) -> bool {
    !matches!(classify(name, b""), FileKind::Other | FileKind::Script(_))
}

/// The file behind a link. Below the root of a machine a link means a file of that machine, which this one cannot follow
/// out of it.
fn behind(root: &Path, link: &Path, is_root: bool) -> std::io::Result<std::fs::Metadata> {
    let about = link.metadata()?;
    if is_root && !link.canonicalize()?.starts_with(root.canonicalize()?) {
        return Err(std::io::Error::other("a link out of the root: name the file it means instead"));
    }
    Ok(about)
}

fn read_one(path: &Path, place: Option<String>, owners: bool) -> Result<InputFile, (PathBuf, std::io::Error)> {
    let of = |error| (path.to_owned(), error);
    let bytes = crate::profile::file::read(path).map_err(of)?;
    let owner = if owners { Some(ownership(&path.metadata().map_err(of)?)) } else { None };
    let name = path.display().to_string();
    Ok(InputFile { place, owner, ..InputFile::new(name, bytes) })
}

fn ownership(about: &std::fs::Metadata) -> Ownership {
    use std::os::unix::fs::MetadataExt as _;
    let user = nix::unistd::User::from_uid(about.uid().into()).ok().flatten();
    let group = nix::unistd::Group::from_gid(about.gid().into()).ok().flatten();
    Ownership {
        user: user.map_or_else(|| about.uid().to_string(), |user| user.name),
        group: group.map_or_else(|| about.gid().to_string(), |group| group.name),
        mode: about.mode() & 0o7777,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generations_that_apply_keeps_are_not_files_of_the_machine() {
        let directory = tempfile::tempdir().expect("a directory");
        for file in ["etc/shifter/udiRoot.conf", "var/lib/shifter-site/generations/000001/file-0000"] {
            let path = directory.path().join(file);
            std::fs::create_dir_all(path.parent().expect("a directory")).expect("made");
            std::fs::write(path, "udiMount=/var/udiMount\n").expect("written");
        }
        let files = read(&[directory.path().to_owned()], false).expect("readable");
        let places: Vec<_> = files.iter().map(|file| file.place.as_deref()).collect();
        assert_eq!(places, [Some("/etc/shifter/udiRoot.conf")]);
    }

    #[test]
    fn a_file_of_ours_that_cannot_be_read_is_named_and_a_link_to_one_is_followed() {
        use std::os::unix::fs::symlink;
        let directory = tempfile::tempdir().expect("a directory");
        let at = |name: &str| directory.path().join(name);
        std::fs::write(at("real"), "udiMount=/var/udiMount\n").expect("written");
        symlink("real", at("udiRoot.conf")).expect("linked");
        let read_it = || read(&[directory.path().to_owned()], false);
        let files = read_it().expect("readable");
        assert_eq!(files.iter().map(InputFile::base).collect::<Vec<_>>(), ["udiRoot.conf"]);

        let large = std::fs::File::create(at("imagemanager.json")).expect("made");
        large.set_len(100 << 20).expect("long");
        let (path, error) = read_it().expect_err("too large");
        assert!(path.ends_with("imagemanager.json") && error.to_string().contains("larger than"), "{error}");
        std::fs::remove_file(path).expect("there");

        nix::unistd::mkfifo(&at("premount.sh"), nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
        assert!(read_it().expect_err("a pipe").0.ends_with("premount.sh"));
        std::fs::remove_file(at("premount.sh")).expect("there");

        std::fs::create_dir(at("etc")).expect("made");
        symlink("/proc/self/status", at("etc/redis.conf")).expect("linked");
        let (path, error) = read_it().expect_err("a link out of the root");
        assert!(path.ends_with("redis.conf") && error.to_string().contains("out of the root"), "{error}");
    }

    fn kind(name: &str, text: &str) -> FileKind {
        InputFile::new(name, text).kind
    }

    #[test]
    fn a_file_is_what_its_name_or_its_lines_say() {
        use ScriptRole::{Cron, Epilogue, Init, Prologue, Service};
        assert_eq!(kind("a/udiRoot.conf", ""), FileKind::UdiRoot);
        assert_eq!(kind("00base.conf", "udiMount=/var/udiMount\n"), FileKind::UdiRoot);
        assert_eq!(kind("l17-imagemanager.json", "{\"Platforms\": {}}"), FileKind::ImageManager);
        assert_eq!(kind("sbin/premount.sh", "#!/bin/sh\n"), FileKind::Premount);
        assert_eq!(kind("cray-shifter-prologue", "#!/bin/bash\n"), FileKind::Script(Some(Prologue)));
        assert_eq!(kind("mom_priv/epilogue", "if x; then\n"), FileKind::Script(Some(Epilogue)));
        assert_eq!(kind("cray-shifter-extra-service", "#!/bin/bash\n"), FileKind::Script(Some(Service)));
        assert_eq!(kind("etc/init.d/shifter", "#!/bin/sh\n"), FileKind::Script(Some(Init)));
        assert_eq!(kind("shifter-update-passwd-group.sh", "#!/bin/bash\n"), FileKind::Script(Some(Cron)));
        assert_eq!(kind("imagegwapi.py", "#!/usr/bin/env python\n"), FileKind::Other);
        assert_eq!(kind("README.md", "text"), FileKind::Other);
    }
}
