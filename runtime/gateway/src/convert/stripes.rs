//! Where the bytes of an image lie on Lustre.
//!
//! A file of Lustre gets its layout when it is made, so `lfs setstripe -c COUNT FILE` makes it (lfs-setstripe(1)): nodes of
//! a whole machine then read an image from many servers at once. On any other file system nothing of this happens.

use std::fs::File;
use std::io;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::fcntl::OFlag;
use tempfile::{NamedTempFile, TempPath};

/// `LL_SUPER_MAGIC` of Lustre's `lustre_user.h`.
const MAGIC: i64 = 0x0BD0_0BD0;
/// Names that are tried.
const TRIES: u32 = 100;

/// How files of images are laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stripes {
    /// Object storage targets of a file, as `DefaultOstCount` says.
    pub count: u32,
    /// The program; `lfs` is looked for in `PATH`.
    pub lfs: PathBuf,
    /// Where.
    pub on: FileSystem,
}

/// What an image directory lies on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileSystem {
    /// What statfs(2) says.
    AsFound,
    /// Lustre, whatever it says.
    Lustre,
}

impl Stripes {
    /// So many targets, by the installed `lfs`.
    pub fn new(count: u32) -> Self {
        Self { count, lfs: PathBuf::from("lfs"), on: FileSystem::AsFound }
    }

    /// An empty temporary file with this layout, mode 0600; `None` where the directory is not on Lustre.
    pub(crate) fn file_in(&self, directory: &Path, prefix: &str, suffix: &str) -> io::Result<Option<NamedTempFile>> {
        if self.on == FileSystem::AsFound && !is_lustre(directory)? {
            return Ok(None);
        }
        for _ in 0..TRIES {
            // A name that nobody has: it is given up before lfs makes a file of that name, and lfs makes only new ones.
            let free = tempfile::Builder::new().prefix(prefix).suffix(suffix).tempfile_in(directory)?;
            let path = free.path().to_owned();
            free.close()?;
            self.lay_out(&path)?;
            let path = TempPath::try_from_path(path)?;
            let flags = (OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC).bits();
            let file = match File::options().read(true).write(true).custom_flags(flags).open(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                opened => opened?,
            };
            // Where Lustre is mounted with locks they tell that it is being written; elsewhere its age does.
            let _ = file.try_lock();
            file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
            return Ok(Some(NamedTempFile::from_parts(file, path)));
        }
        Err(io::Error::new(io::ErrorKind::AlreadyExists, "lfs makes no file"))
    }

    fn lay_out(&self, path: &Path) -> io::Result<()> {
        let (program, count) = (self.lfs.display(), self.count);
        let ran = Command::new(&self.lfs)
            .args(["setstripe", "-c", &count.to_string()])
            .arg(path)
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .output()
            .map_err(|error| io::Error::new(error.kind(), format!("cannot run `{program}`: {error}")))?;
        if ran.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&ran.stderr).trim().escape_debug().to_string();
        Err(io::Error::other(format!("`{program} setstripe -c {count}` failed ({}): {said}", ran.status)))
    }
}

fn is_lustre(directory: &Path) -> io::Result<bool> {
    let found = nix::sys::statfs::statfs(directory)?;
    Ok(found.filesystem_type().0 == MAGIC)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt as _;

    use super::*;

    /// A directory with a stand-in for lfs that writes down what it was asked, makes the file and ends so.
    fn stand_in(status: u32) -> (tempfile::TempDir, Stripes) {
        let dir = tempfile::tempdir().unwrap();
        let lfs = dir.path().join("lfs");
        let asked = dir.path().join("asked");
        let script = format!(
            "#!/bin/sh\necho \"$1 $2 $3\" >> {}\n[ {status} = 0 ] || {{ echo no such pool >&2; exit {status}; }}\n\
             [ ! -e \"$4\" ] && : > \"$4\"\n",
            asked.display()
        );
        std::fs::write(&lfs, script).unwrap();
        std::fs::set_permissions(&lfs, std::fs::Permissions::from_mode(0o755)).unwrap();
        (dir, Stripes { count: 16, lfs, on: FileSystem::Lustre })
    }

    #[test]
    fn a_file_on_lustre_is_made_by_lfs_before_its_first_byte() {
        let (dir, stripes) = stand_in(0);
        let images = tempfile::tempdir().unwrap();
        let file = stripes.file_in(images.path(), ".id.", ".partial").unwrap().unwrap();
        let asked = std::fs::read_to_string(dir.path().join("asked")).unwrap();
        assert_eq!(asked, "setstripe -c 16\n");
        let name = file.path().file_name().unwrap().to_str().unwrap();
        assert!(name.starts_with(".id.") && name.ends_with(".partial"), "{name}");
        let facts = file.as_file().metadata().unwrap();
        assert_eq!((facts.mode() & 0o7777, facts.len()), (0o600, 0));
        drop(file);
        assert_eq!(std::fs::read_dir(images.path()).unwrap().count(), 0);
    }

    #[test]
    fn where_lfs_refuses_nothing_is_written_and_its_words_are_told() {
        let (_dir, stripes) = stand_in(3);
        let images = tempfile::tempdir().unwrap();
        let error = stripes.file_in(images.path(), ".id.", ".partial").unwrap_err().to_string();
        assert!(error.ends_with("setstripe -c 16` failed (exit status: 3): no such pool"), "{error}");
        assert_eq!(std::fs::read_dir(images.path()).unwrap().count(), 0);
    }

    #[test]
    fn on_other_file_systems_lfs_is_not_asked() {
        let dir = tempfile::tempdir().unwrap();
        let stripes = Stripes { lfs: PathBuf::from("/none"), ..Stripes::new(4) };
        assert!(stripes.file_in(dir.path(), ".", ".partial").unwrap().is_none());
    }
}
