//! Writing what was found, reading it back, and putting it in place at once.
//!
//! A version is a directory that never changes once it is there: running containers may have it mounted.

use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use super::manifest::{MANIFEST, Manifest};
use super::needed::{From, source_of};
use super::{StageError, Staged};
use crate::elf::{Elf, Origin, with_rpath};

/// A library that is copied with another run path.
#[derive(Debug, Clone)]
pub(super) struct Copy {
    /// Where it goes, in the directory.
    pub(super) path: String,
    /// What it is copied from.
    pub(super) origin: Origin,
    /// Its run path.
    pub(super) rpath: &'static str,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The directory of this version.
    pub at: PathBuf,
    /// What it says of itself.
    pub manifest: Manifest,
    /// Whether it was there before, just so.
    pub was_there: bool,
}

/// Writes below `out`, a directory for this alone, which is made if it is not there.
///
/// # Errors
/// Something else in the directory, the same version with other content, what cannot be written, and a copy that is not
/// whole when it is read back. Then nothing is left behind.
pub fn write(staged: &Staged, out: &Path) -> Result<Outcome, StageError> {
    let at = out.join(&staged.manifest.version);
    check_is_ours(out)?;
    DirBuilder::new().recursive(true).mode(0o755).create(out).map_err(failed("make the directory", out))?;
    let building = tempfile::Builder::new()
        .prefix(".staging-")
        .permissions(Permissions::from_mode(0o755))
        .tempdir_in(out)
        .map_err(failed("write", out))?;
    let manifest = fill(staged, building.path())?;
    check_is_whole(&manifest, building.path())?;
    if at.symlink_metadata().is_ok() {
        return compare(&manifest, &at);
    }
    let built = building.keep();
    fs::rename(&built, &at).map_err(failed("write", &at)).inspect_err(|_| {
        // What could not be put in place is of no use to anybody.
        let _ = fs::remove_dir_all(&built);
    })?;
    sync(out)?;
    Ok(Outcome { at, manifest, was_there: false })
}

/// An empty directory, or one with something staged before.
fn check_is_ours(out: &Path) -> Result<(), StageError> {
    let entries = match fs::read_dir(out) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(failed("read", out))?,
    };
    let mut names = Vec::new();
    for entry in entries {
        names.push(entry.map_err(failed("read", out))?.path());
    }
    let is_staged = |path: &PathBuf| read_manifest(path).is_some();
    if names.is_empty() || names.iter().any(is_staged) {
        return Ok(());
    }
    Err(StageError::ForeignDirectory(out.to_owned()))
}

fn read_manifest(directory: &Path) -> Option<Manifest> {
    Manifest::parse(&fs::read(directory.join(MANIFEST)).ok()?)
}

/// Writes everything into an empty directory.
fn fill(staged: &Staged, into: &Path) -> Result<Manifest, StageError> {
    let mut manifest = staged.manifest.clone();
    for file in &manifest.files {
        if let Some(target) = &file.link {
            let path = make_parent(into, &file.path)?;
            symlink(target, &path).map_err(failed("write", &path))?;
        }
    }
    for copy in &staged.copies {
        let source = Path::new(&copy.origin.path);
        let before = staged.loader.bytes(&copy.origin.path).map_err(failed("read", source))?;
        let after = with_rpath(&before, copy.rpath)
            .map_err(|source| StageError::Rewrite { path: copy.origin.path.clone(), source })?;
        manifest.files.push(copy.described(&before, &after));
        write_file(&make_parent(into, &copy.path)?, &after, 0o755)?;
    }
    manifest.files.sort();
    write_file(&into.join(MANIFEST), manifest.text().as_bytes(), 0o644)?;
    for directory in ["lib", "lib/dep", ""] {
        let directory = into.join(directory);
        if directory.exists() {
            sync(&directory)?;
        }
    }
    Ok(manifest)
}

fn make_parent(into: &Path, path: &str) -> Result<PathBuf, StageError> {
    let path = into.join(path);
    let parent = path.parent().unwrap_or(into);
    DirBuilder::new().recursive(true).mode(0o755).create(parent).map_err(failed("make the directory", parent))?;
    Ok(path)
}

fn write_file(path: &Path, bytes: &[u8], mode: u32) -> Result<(), StageError> {
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(mode).open(path).map_err(failed("write", path))?;
    file.write_all(bytes).map_err(failed("write", path))?;
    // The mode of creation is less what the umask takes.
    file.set_permissions(Permissions::from_mode(mode)).map_err(failed("write", path))?;
    file.sync_all().map_err(failed("write", path))
}

fn sync(directory: &Path) -> Result<(), StageError> {
    let file = fs::File::open(directory).map_err(failed("read", directory))?;
    file.sync_all().map_err(failed("write", directory))
}

/// Everything is there as the manifest says, and what each library needs is either beside it or the image's.
fn check_is_whole(manifest: &Manifest, at: &Path) -> Result<(), StageError> {
    let not_whole = |what: String| Err(StageError::NotWhole(what));
    for file in &manifest.files {
        let path = at.join(&file.path);
        let bytes = fs::read(&path).map_err(failed("read", &path))?;
        if file.sha256.as_ref().is_some_and(|wanted| *wanted != crate::digest::sha256(&bytes)) {
            return not_whole(format!("`{}` has other bytes", file.path));
        }
        let Ok(elf) = Elf::read(bytes.as_slice()) else {
            return not_whole(format!("`{}` is no library", file.path));
        };
        for name in elf.needed.iter().filter(|name| source_of(name) == From::Host) {
            let parent = path.parent().unwrap_or(at);
            let mut places = elf.rpath.iter().map(|place| place.replace("$ORIGIN", &parent.display().to_string()));
            if !places.any(|place| Path::new(&place).join(name).exists()) {
                return not_whole(format!("`{}` would not find {name}", file.path));
            }
        }
    }
    Ok(())
}

/// The same version again: fine if it is the same in all.
fn compare(manifest: &Manifest, at: &Path) -> Result<Outcome, StageError> {
    let differs = |what: String| Err(StageError::Differs { at: at.to_owned(), what });
    let Some(there) = read_manifest(at) else { return differs(format!("it has no {MANIFEST}")) };
    if let Some(file) = manifest.files.iter().find(|file| !there.files.contains(file)) {
        return differs(format!("`{}`", file.path));
    }
    if there != *manifest {
        return differs(MANIFEST.to_owned());
    }
    check_is_whole(&there, at)?;
    Ok(Outcome { at: at.to_owned(), manifest: there, was_there: true })
}

fn failed<'p>(verb: &'static str, path: &'p Path) -> impl Fn(std::io::Error) -> StageError + use<'p> {
    move |source| StageError::File { verb, path: path.to_owned(), source }
}
