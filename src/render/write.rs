//! Putting a plan into a directory: staged, read back by the parsers it is for, then renamed into place.
//!
//! Every file is written beside its place under a name of its own, with its mode from the start. Only when all have
//! been read back are they renamed, and `udiRoot.conf`, which names the others, comes last. A file that is as it
//! should be already is left alone, and so is everything else in the directory.

use super::{Artifact, Check, Plan};
use nix::unistd::{Gid, Group, Uid, User, geteuid};
use shifter_formats::original::{self, NoticeKind};
use shifter_formats::udiroot::Conf;
use shifter_gateway_types::ImageManager;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};

/// What was written, and what is left to do by hand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The files, in the order of the plan.
    pub written: Vec<PathBuf>,
    /// Files whose owner was not set.
    pub not_owned: Vec<(PathBuf, NotOwned)>,
}

/// The owner that a file should have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotOwned {
    /// Its user and group, as `USER:GROUP`.
    pub owner: String,
    /// Which of them this machine does not have; none when they are all here and only root could have set them.
    pub missing: Option<String>,
}

/// Why a plan was not written. Then no file of it is in place, unless renaming itself failed.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The system refused.
    #[error("cannot {action} `{}`: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A file that its reader would refuse or understand otherwise: a mistake of this tool.
    #[error("`{path}` does not read back as it was meant: {why}")]
    ReadBack {
        /// The file.
        path: String,
        /// What its reader says.
        why: String,
    },
}

/// Write every file of `plan` below `dir`.
///
/// # Errors
/// The first thing that went wrong; staged files are removed again.
pub fn write(plan: &Plan, dir: &Path) -> Result<Report, WriteError> {
    let mut report = Report::default();
    let mut staged: Vec<(Staged, &Artifact)> = Vec::new();
    for artifact in &plan.artifacts {
        let place = dir.join(&artifact.path);
        let owner = Owner::of(artifact);
        if let Err(missing) = &owner {
            let owner = format!("{}:{}", artifact.owner, artifact.group);
            report.not_owned.push((place.clone(), NotOwned { owner, missing: missing.clone() }));
        }
        let owner = owner.ok();
        if is_as_it_should_be(&place, artifact, owner.as_ref()) {
            continue;
        }
        let stage = Staged::new(&place, artifact, owner.as_ref())?;
        let bytes = fs::read(&stage.path).map_err(|source| WriteError::Io {
            action: "read back",
            path: stage.path.clone(),
            source,
        })?;
        read_back(artifact, &bytes)?;
        staged.push((stage, artifact));
    }
    // ORDER: what udiRoot.conf names must be there before it is.
    staged.sort_by_key(|(_, artifact)| matches!(artifact.check, Check::UdiRoot { .. }));
    for (stage, _) in &mut staged {
        stage.rename()?;
    }
    report.written = plan.artifacts.iter().map(|artifact| dir.join(&artifact.path)).collect();
    Ok(report)
}

/// A file beside its place; removed again unless it was renamed.
struct Staged {
    path: PathBuf,
    place: PathBuf,
    renamed: bool,
}

impl Staged {
    fn new(place: &Path, artifact: &Artifact, owner: Option<&Owner>) -> Result<Self, WriteError> {
        let io = |action, path: &Path| {
            let path = path.to_owned();
            move |source| WriteError::Io { action, path, source }
        };
        let parent = place.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(parent).map_err(io("make the directory", parent))?;
        if place.is_dir() {
            return Err(io("replace", place)(io::ErrorKind::IsADirectory.into()));
        }
        let name = place.file_name().unwrap_or_default().to_string_lossy();
        let path = parent.join(format!(".{name}.shifter-site-{}", std::process::id()));
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(artifact.mode.bits() & 0o600)
            .open(&path)
            .map_err(io("create", &path))?;
        let staged = Self { path, place: place.to_owned(), renamed: false };
        file.write_all(&artifact.bytes).map_err(io("write", &staged.path))?;
        // ORDER: the owner first, because chown(2) clears set-id bits and the mode must never be wider than meant.
        if let Some(Owner { uid, gid }) = owner {
            fchown(&file, Some(uid.as_raw()), Some(gid.as_raw())).map_err(io("set the owner of", &staged.path))?;
        }
        let mode = Permissions::from_mode(artifact.mode.bits());
        file.set_permissions(mode).map_err(io("set the mode of", &staged.path))?;
        file.sync_all().map_err(io("sync", &staged.path))?;
        Ok(staged)
    }

    fn rename(&mut self) -> Result<(), WriteError> {
        let io = |source| WriteError::Io { action: "rename to", path: self.place.clone(), source };
        fs::rename(&self.path, &self.place).map_err(io)?;
        self.renamed = true;
        let parent = self.place.parent().unwrap_or(Path::new("."));
        File::open(parent).and_then(|dir| dir.sync_all()).map_err(|source| WriteError::Io {
            action: "sync",
            path: parent.to_owned(),
            source,
        })
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if !self.renamed {
            // The error that brought us here is the one to report.
            drop(fs::remove_file(&self.path));
        }
    }
}

/// The owner that a file can be given here.
struct Owner {
    uid: Uid,
    gid: Gid,
}

impl Owner {
    /// The owner of `artifact`; else which part of it this machine does not have, or nothing where only root could
    /// set it.
    fn of(artifact: &Artifact) -> Result<Self, Option<String>> {
        if !geteuid().is_root() {
            return Err(None);
        }
        let user = User::from_name(&artifact.owner).ok().flatten();
        let group = Group::from_name(&artifact.group).ok().flatten();
        match (user, group) {
            (Some(user), Some(group)) => Ok(Self { uid: user.uid, gid: group.gid }),
            (None, Some(_)) => Err(Some(format!("user `{}`", artifact.owner))),
            (Some(_), None) => Err(Some(format!("group `{}`", artifact.group))),
            (None, None) => Err(Some(format!("user `{}` and group `{}`", artifact.owner, artifact.group))),
        }
    }
}

/// Whether the file in place needs no writing: a second rendering leaves times and inodes alone.
fn is_as_it_should_be(place: &Path, artifact: &Artifact, owner: Option<&Owner>) -> bool {
    let Ok(there) = fs::symlink_metadata(place) else { return false };
    there.is_file()
        && there.mode() & 0o7777 == artifact.mode.bits()
        && owner.is_none_or(|owner| there.uid() == owner.uid.as_raw() && there.gid() == owner.gid.as_raw())
        && fs::read(place).is_ok_and(|bytes| bytes == artifact.bytes && read_back(artifact, &bytes).is_ok())
}

/// Read the bytes of a file as its consumer will, and compare with what was meant.
///
/// # Errors
/// What the consumer would refuse, or understand otherwise.
pub fn read_back(artifact: &Artifact, bytes: &[u8]) -> Result<(), WriteError> {
    let failed = |why: String| WriteError::ReadBack { path: artifact.path.clone(), why };
    match &artifact.check {
        Check::None => Ok(()),
        Check::UdiRoot { conf, target, patched, extra } => {
            let text = &bytes[..bytes.len().saturating_sub(*extra)];
            let native = Conf::parse_native(text)
                .map_err(|errors| failed(errors.first().map_or_else(String::new, ToString::to_string)))?;
            let same = if target.is_native() {
                native == **conf
            } else {
                let reading = original::interpret_patched(text, *target, patched);
                if let Some(refusal) = reading.refusal {
                    return Err(failed(format!("Shifter {target} refuses it: {refusal}")));
                }
                let expected =
                    |kind: &NoticeKind| matches!(kind, NoticeKind::ModuleDisabled(_) | NoticeKind::Deprecated);
                if let Some(notice) = reading.notices.iter().find(|notice| !expected(&notice.kind)) {
                    return Err(failed(format!("Shifter {target} reads it otherwise: {:?}", notice.kind)));
                }
                reading.conf == **conf
            };
            if same { Ok(()) } else { Err(failed(format!("Shifter {target} reads other values"))) }
        }
        Check::ImageManager(config) => {
            let text = std::str::from_utf8(bytes).map_err(|_| failed("it is not text".to_owned()))?;
            match ImageManager::parse(text) {
                Ok(read) if read == **config => Ok(()),
                Ok(_) => Err(failed("the gateway reads other values".to_owned())),
                Err(error) => Err(failed(error.to_string())),
            }
        }
    }
}
