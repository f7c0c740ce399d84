//! What can be done to build a container: a closed list, which `enact` obeys and nothing else does.
//!
//! A step is data. Printed, a plan is one line for each, and can be read by somebody who wants to know what root will
//! do, without being root.

use std::fmt;
use std::path::PathBuf;

use shifter_formats::udiroot::PathPattern;
use shifter_formats::volume::{Author, PerNodeCache};
use shifter_sys::mount::{Attributes, Depth, Propagation};

use super::secret::Secret;
use crate::account::Accounts;
use crate::hooks::Variables;

/// One thing root does. Paths named `at` or `from` are the host's, `to` and `path` are the container's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Makes a missing directory of the host to mount on.
    MountPoint {
        /// Where.
        at: PathBuf,
    },
    /// Mounts the image that was opened and checked, read-only.
    Image {
        /// Where.
        at: PathBuf,
    },
    /// A file system in memory, with an empty tree for the site.
    SiteTree {
        /// Where.
        at: PathBuf,
        /// Its limits.
        limits: Limits,
    },
    /// A directory of the site tree.
    Directory {
        /// Which.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
        /// What the image has there.
        image: ImagePart,
    },
    /// A symbolic link of the site tree.
    Symlink {
        /// Which.
        path: PathBuf,
        /// Where it leads.
        target: PathBuf,
    },
    /// A file of the site tree.
    File {
        /// Which.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
        /// What is in it.
        text: String,
    },
    /// A directory of the site tree that is the user's own, mode 0700.
    UsersDirectory {
        /// Which.
        path: PathBuf,
        /// Whose.
        uid: u32,
        /// His group.
        gid: u32,
    },
    /// A file of the site tree that is the user's own, mode 0600.
    UsersFile {
        /// Which.
        path: PathBuf,
        /// Whose.
        uid: u32,
        /// His group.
        gid: u32,
        /// What is in it, and shown to nobody.
        content: Secret,
    },
    /// A file of the host, copied; one that the host does not have is left out.
    HostFile {
        /// The host's.
        from: PathBuf,
        /// The copy.
        to: PathBuf,
    },
    /// Every file of the site's own `/etc`, copied; its group file filtered.
    StaticEtc {
        /// The directory, key `etcPath`.
        from: PathBuf,
        /// Who may be a member of groups in the container.
        groups: GroupFilter,
        /// Lines for users and groups that its files do not have.
        more: Accounts,
    },
    /// A mount of something of the host.
    Bind(Bind),
    /// A read-only mount for each entry of a directory of the host.
    BindEntries {
        /// The directory.
        from: PathBuf,
        /// Where its entries go.
        to: PathBuf,
    },
    /// Opens directories of the host, so that an automounter mounts what is there.
    Automount {
        /// Below which directory.
        from: PathBuf,
        /// Which.
        names: Vec<String>,
    },
    /// A mount at the same path, read-only, of each file of the host that a pattern of a module matches.
    BindMatching {
        /// The pattern.
        pattern: PathPattern,
        /// What if none matches.
        missing: Missing,
    },
    /// A device of the host that a module needs.
    Device {
        /// The pattern.
        pattern: PathPattern,
        /// What if none matches.
        missing: Missing,
    },
    /// A site's script, run as root in the site tree before the image is below it.
    Hook {
        /// When.
        phase: HookPhase,
        /// Which.
        script: PathBuf,
        /// Its whole environment.
        variables: Variables,
    },
    /// The container's root: the site tree over the image, with all mounts of the tree on top.
    Overlay {
        /// Where the image is.
        image: PathBuf,
        /// Where the tree is, and the root will be.
        at: PathBuf,
    },
    /// A mount the user asked for, from a place of the container to another.
    Volume {
        /// A place the user can reach.
        from: PathBuf,
        /// The other place.
        to: PathBuf,
        /// Whether it can be written to.
        access: Access,
    },
    /// A file system of this node's own, in a file without a name.
    Cache(Cache),
    /// Nothing can be written to the root any more.
    ReadOnlyRoot,
    /// A mark on a file of the site tree that nobody but root sees (xattr(7), "trusted").
    Mark {
        /// The file.
        path: PathBuf,
        /// What it says.
        text: String,
    },
    /// The container's root becomes the root, and the host's is detached.
    Enter,
    /// The container, as it is, appears in the host's own mount table, in one call.
    Publish {
        /// Where.
        at: PathBuf,
        /// Whether what is mounted in it later is seen by those who have joined it by then.
        propagation: Propagation,
    },
}

impl Step {
    /// Whether all it does is to make directories, links and files of root's in the tree.
    #[must_use]
    pub fn only_makes_files(&self) -> bool {
        match self {
            Step::Directory { .. }
            | Step::Symlink { .. }
            | Step::File { .. }
            | Step::UsersDirectory { .. }
            | Step::UsersFile { .. }
            | Step::HostFile { .. }
            | Step::StaticEtc { .. }
            | Step::Mark { .. } => true,
            Step::MountPoint { .. }
            | Step::Image { .. }
            | Step::SiteTree { .. }
            | Step::Bind(_)
            | Step::BindEntries { .. }
            | Step::Automount { .. }
            | Step::BindMatching { .. }
            | Step::Device { .. }
            | Step::Hook { .. }
            | Step::Overlay { .. }
            | Step::Volume { .. }
            | Step::Cache(_)
            | Step::ReadOnlyRoot
            | Step::Enter
            | Step::Publish { .. } => false,
        }
    }
}

/// A `perNodeCache`: an empty file system that is the user's and ends with the container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cache {
    /// Where it is seen.
    pub to: PathBuf,
    /// Whose map asks for it, which decides where it may be.
    pub author: Author,
    /// Its size, file system and blocks.
    pub kind: PerNodeCache,
    /// The host's directory for the file, key `perNodeCachePath`.
    pub directory: PathBuf,
    /// mkfs.xfs(8) or mkfs.ext4(8), keys `mkfsXfsPath` and `mkfsExt4Path`.
    pub mkfs: PathBuf,
}

/// The size of the file system in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// In bytes.
    pub size: u64,
    /// In files.
    pub inodes: u64,
}

/// Whether what the image has in a directory is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImagePart {
    /// Yes, beside the site's.
    Merged,
    /// No: the directory is the site's alone.
    Hidden,
    /// No: a mount of the host's always comes over it.
    Covered,
}

/// Whether a mount can be written to, as far as its files allow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// No.
    ReadOnly,
    /// Yes.
    ReadWrite,
}

/// What to do when the host does not have the source of a mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Stop.
    Refused,
    /// Go on without it.
    LeftOut,
}

/// A mount of something of the host. Attributes are added to those the source has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bind {
    /// The host's file or directory.
    pub from: PathBuf,
    /// Where it goes; made, with its parents, where it is missing.
    pub to: PathBuf,
    /// With the mounts below?
    pub depth: Depth,
    /// Attributes to add.
    pub add: Attributes,
    /// Whether later mounts of the host come in.
    pub propagation: Propagation,
    /// What if there is none.
    pub missing: Missing,
}

/// How a group file is cut down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupFilter {
    /// The only member there may be.
    pub user: String,
    /// In how many groups at most, key `maxGroupCount`.
    pub most: usize,
}

/// When a site's script runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HookPhase {
    /// Before `siteFs`.
    PreMount,
    /// After `siteFs`.
    PostMount,
    /// For a module.
    Module(String),
}

impl fmt::Display for HookPhase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HookPhase::PreMount => f.write_str("sitePreMountHook"),
            HookPhase::PostMount => f.write_str("sitePostMountHook"),
            HookPhase::Module(name) => write!(f, "module_{name}_roothook"),
        }
    }
}

impl fmt::Display for Bind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "bind {} to {}", self.from.display(), self.to.display())?;
        let names = [
            (Attributes::READ_ONLY, "ro"),
            (Attributes::NOSUID, "nosuid"),
            (Attributes::NODEV, "nodev"),
            (Attributes::NOEXEC, "noexec"),
        ];
        for (attribute, name) in names {
            if self.add.has(attribute) {
                write!(f, " {name}")?;
            }
        }
        if self.depth == Depth::Tree {
            f.write_str(" rec")?;
        }
        f.write_str(match self.propagation {
            Propagation::Private => " private",
            Propagation::Slave => " slave",
        })?;
        f.write_str(if_there(self.missing))
    }
}

fn if_there(missing: Missing) -> &'static str {
    match missing {
        Missing::LeftOut => " if there",
        Missing::Refused => "",
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::MountPoint { at } => write!(f, "mount point {}", at.display()),
            Step::Image { at } => write!(f, "image at {}", at.display()),
            Step::SiteTree { at, limits: Limits { size, inodes } } => {
                write!(f, "site tree at {} size={size} nr_inodes={inodes}", at.display())
            }
            Step::Directory { path, mode, image } => {
                write!(f, "directory {} {mode:04o}", path.display())?;
                f.write_str(match image {
                    ImagePart::Merged => "",
                    ImagePart::Hidden => " opaque",
                    ImagePart::Covered => " covered",
                })
            }
            Step::Symlink { path, target } => write!(f, "symlink {} -> {}", path.display(), target.display()),
            Step::File { path, mode, text } => write!(f, "file {} {mode:04o} {text:?}", path.display()),
            Step::UsersDirectory { path, uid, .. } => write!(f, "directory {} 0700 of uid {uid}", path.display()),
            Step::UsersFile { path, uid, content, .. } => {
                write!(f, "file {} 0600 of uid {uid}, {} bytes", path.display(), content.bytes().len())
            }
            Step::HostFile { from, to } => write!(f, "copy {} to {} if there", from.display(), to.display()),
            Step::StaticEtc { from, groups: GroupFilter { user, most }, .. } => {
                write!(f, "copy {}/* to /etc, {user} in at most {most} groups", from.display())
            }
            Step::Bind(bind) => bind.fmt(f),
            Step::BindEntries { from, to } => write!(f, "bind {}/* to {} ro", from.display(), to.display()),
            Step::Automount { from, names } => write!(f, "automount {}/{{{}}}", from.display(), names.join(",")),
            Step::BindMatching { pattern, missing } => {
                write!(f, "bind what matches {} ro{}", pattern.as_str(), if_there(*missing))
            }
            Step::Device { pattern, missing } => write!(f, "device {}{}", pattern.as_str(), if_there(*missing)),
            Step::Hook { phase, script, .. } => write!(f, "run {phase} {}", script.display()),
            Step::Overlay { image, at } => write!(f, "overlay at {} over {}", at.display(), image.display()),
            Step::Volume { from, to, access } => {
                write!(f, "volume {} to {}", from.display(), to.display())?;
                if *access == Access::ReadOnly { f.write_str(" ro") } else { Ok(()) }
            }
            Step::Cache(Cache { to, kind, directory, mkfs, .. }) => {
                write!(f, "cache at {} {kind} in {} by {}", to.display(), directory.display(), mkfs.display())
            }
            Step::ReadOnlyRoot => f.write_str("root read-only"),
            Step::Mark { path, text } => write!(f, "mark {} {text:?}", path.display()),
            Step::Enter => f.write_str("enter"),
            Step::Publish { at, propagation } => {
                write!(f, "publish at {}", at.display())?;
                f.write_str(match propagation {
                    Propagation::Private => " private",
                    Propagation::Slave => " slave",
                })
            }
        }
    }
}
