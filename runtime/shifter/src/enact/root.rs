//! The image, the tree in memory above it, and the two together as the container's root.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fmt;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use shifter_sys::loopdev::Backing;
use shifter_sys::mount::{self, Attributes, Depth, NewError, Parameter, Propagation};
use shifter_sys::open::{self, For, Kind};
use shifter_sys::{CallError, Errno, mountinfo, node};

use super::bind::attach;
use super::loops::{self, Shared};
use super::tree::Tree;
use super::{Enactor, Reason, host_place};
use crate::image::{ImageSource, Readers};
use crate::plan::Limits;
use crate::rootless::{self, ImageFileError};
use crate::trust::{self, Distrust, TrustError};

/// What every mount that does not need more has.
pub(super) const PLAIN: Attributes = Attributes::NOSUID.and(Attributes::NODEV);
/// What is a link into `/usr` in most images. A directory in its place leaves them without programs or libraries.
const MERGED_INTO_USR: [&str; 6] = ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];

const UPPER: &str = "upper";
const WORK: &str = "work";

/// Why there is no root.
#[derive(Debug)]
pub enum RootError {
    /// No loop device could be had.
    Loop(CallError),
    /// A file system could not be made.
    New(NewError),
    /// A path has a character that ends a path in an option of overlayfs.
    OddPath(PathBuf),
    /// An image file that cannot be mounted without privilege.
    WithoutPrivilege(Box<ImageFileError>),
    /// A directory made for a mount of the site would hide a link to the image's programs or libraries.
    HidesLink {
        /// The mount.
        mount: PathBuf,
        /// The link.
        link: PathBuf,
    },
}

impl fmt::Display for RootError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RootError::Loop(error) => write!(f, "no loop device for the image: {error}"),
            RootError::New(error) => error.fmt(f),
            RootError::OddPath(path) => {
                write!(f, "`{}`: a path with `:`, `,` or `\\` cannot be a layer of overlayfs", path.display())
            }
            RootError::HidesLink { mount, link } => write!(
                f,
                "`{}` is a link in this image, and the site's mount at `{}` would hide it; mount at the link's target",
                link.display(),
                mount.display()
            ),
            RootError::WithoutPrivilege(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for RootError {}

impl Enactor<'_> {
    /// The directory is made by one name in a parent that only root can change.
    pub(super) fn mount_point(&mut self, at: &Path) -> Result<(), Reason> {
        if self.raised.is_rootless() {
            return std::fs::create_dir_all(at).map_err(|error| {
                let errno = CallError::from_io("mkdir", &error);
                Reason::Host(at.to_owned(), errno)
            });
        }
        if trust::is_roots_alone(at) {
            return Ok(());
        }
        match trust::check_directory(at) {
            Err(TrustError { reason: Distrust::Call(error), .. }) if error.errno == Errno::NOENT => {}
            found => return Ok(found.map(drop)?),
        }
        if let (Some(parent), Some(name)) = (at.parent(), at.file_name()) {
            let (parent, _) = trust::open_directory(parent)?;
            match node::make_dir(&parent, name, 0o755) {
                Err(error) if error.errno != Errno::EXIST => return Err(Reason::Host(at.to_owned(), error)),
                _ => {}
            }
        }
        Ok(trust::check_directory(at).map(drop)?)
    }

    pub(super) fn mount_image(&mut self, at: &Path) -> Result<(), Reason> {
        let mounted = match &self.image.source {
            ImageSource::File { file, identity, filesystem } if !self.raised.is_rootless() => {
                return Ok(mount_file(file, &Backing::from(identity), filesystem, at)?);
            }
            ImageSource::Directory(directory) => {
                let copy = mount::clone_at(directory, Depth::Tree)?;
                mount::restrict(&copy, Depth::Tree, PLAIN, Some(Propagation::Private))?;
                mount::restrict(&copy, Depth::One, Attributes::READ_ONLY, None)?;
                copy
            }
            ImageSource::File { file, filesystem, .. } => rootless::serve(self.raised, file, filesystem)
                .map_err(|error| RootError::WithoutPrivilege(Box::new(error)))?,
        };
        Ok(mount::attach(&mounted, host_place(at)?)?)
    }

    /// A tmpfs with `upper` and `work`, and over it `upper` alone, so that hooks find the tree at its documented place
    /// and nothing else there. ramfs would have no limits and no attributes.
    pub(super) fn site_tree(&mut self, at: &Path, limits: Limits) -> Result<(), Reason> {
        let (size, inodes) = (limits.size.to_string(), limits.inodes.to_string());
        let parameters = [
            Parameter::Text("size", OsStr::new(&size)),
            Parameter::Text("nr_inodes", OsStr::new(&inodes)),
            Parameter::Text("mode", OsStr::new("0755")),
        ];
        mount::new_at(at, "tmpfs", &parameters, PLAIN).map_err(RootError::New)?;
        let memory = host_place(at)?;
        for name in [UPPER, WORK] {
            node::make_dir(&memory, OsStr::new(name), 0o755)?;
        }
        // A copy of a mount in a place that receives only has its attributes, and sends nothing either.
        let tree = mount::clone_below(&memory, Path::new(UPPER), Depth::One)?;
        mount::attach(&tree, &memory)?;
        self.memory = Some(memory);
        self.tree = Some(Tree::at(tree));
        self.at = at.to_owned();
        Ok(())
    }

    /// The tree over the image. What is mounted in the tree is seen through no overlay, so it is moved on top, with
    /// what scripts of the site mounted among it.
    pub(super) fn overlay(&mut self, image: &Path, at: &Path) -> Result<(), Reason> {
        if image.as_os_str().as_encoded_bytes().iter().any(|byte| b":,\\".contains(byte)) {
            return Err(RootError::OddPath(image.to_owned()).into());
        }
        let of_site = if self.may_have_mounts { visible_mounts(self.tree(), at)? } else { Vec::new() };
        let is_directory = matches!(self.image.source, ImageSource::Directory(_));
        let image_tree = if is_directory || !of_site.is_empty() { Some(Tree::at(host_place(image)?)) } else { None };
        if let Some(image_tree) = image_tree.as_ref().filter(|_| self.image.readers == Readers::AsEachFileSays) {
            self.hide_what_the_user_cannot_read(image_tree)?;
        }
        let mut of_image = Vec::new();
        if let Some(image_tree) = &image_tree {
            of_site.iter().try_for_each(|(path, ..)| keep_links_into_usr(path, image_tree))?;
            if is_directory {
                of_image = visible_mounts(image_tree, image)?;
            }
        }
        let of_image: Vec<_> = of_image
            .into_iter()
            .map(|(path, mounted)| self.meet(&path).map(|meeting| (path, mounted, meeting)))
            .collect::<Result<_, _>>()?;

        let memory = self.memory.as_ref().expect("a plan makes the site tree before the overlay");
        // ORDER: `upper` and `work` are named from within, since the tree covers them at their mount point.
        mount::enter(memory)?;
        let mut parameters = vec![
            Parameter::Text("lowerdir", image.as_os_str()),
            Parameter::Text("upperdir", OsStr::new(UPPER)),
            Parameter::Text("workdir", OsStr::new(WORK)),
            // What an image says in its own attributes about other files is not followed.
            Parameter::Text("redirect_dir", OsStr::new("nofollow")),
            Parameter::Text("metacopy", OsStr::new("off")),
        ];
        if self.raised.is_rootless() {
            parameters = parameters.drain(..3).chain([Parameter::Flag("userxattr")]).collect();
        }
        mount::new_at(at, "overlay", &parameters, PLAIN).map_err(RootError::New)?;
        let root = Tree::at(host_place(at)?);
        for (path, mounted) in of_site {
            mount::restrict(&mounted, Depth::Tree, Attributes::NOSUID, None)?;
            attach(&root, mounted, &path)?;
        }
        for (path, mounted, meeting) in of_image {
            self.merge_mount(&root, &path, &mounted, meeting)?;
        }
        if let Some(site) = self.tree.replace(root) {
            site.put_away();
        }
        image_tree.into_iter().for_each(Tree::put_away);
        Ok(())
    }
}

/// Mounts the file system in a file. If it is mounted on this node already, that is mounted once more: the kernel knows a
/// superblock by its device (fs/super.c, `get_tree_bdev`).
fn mount_file(file: &OwnedFd, backing: &Backing, filesystem: &str, at: &Path) -> Result<(), RootError> {
    let (device, unnoted) = match loops::share(file, backing, at) {
        Err(error) if filesystem == "erofs" => return mount_erofs(file, at).map_err(|_| RootError::Loop(error)),
        Err(error) => return Err(RootError::Loop(error)),
        Ok(Shared::Noted(device)) => (device, None),
        Ok(Shared::New(device, unnoted)) => (device, Some(unnoted)),
    };
    let mut parameters = vec![Parameter::Text("source", device.path.as_os_str()), Parameter::Flag("ro")];
    // A journal of a read-only device cannot be replayed; without this such a file is refused.
    match filesystem {
        "xfs" => parameters.extend([Parameter::Flag("norecovery"), Parameter::Flag("nouuid")]),
        "ext4" => parameters.push(Parameter::Flag("noload")),
        // As many readers at once as processors, where the kernel leaves it to the mount (Linux 6.2,
        // SQUASHFS_CHOICE_DECOMP_BY_MOUNT) and would else let them take turns. The first mount of a device decides.
        "squashfs" if unnoted.is_some() => parameters.push(Parameter::Wish("threads", OsStr::new("percpu"))),
        _ => {}
    }
    // ORDER: the device is held open until the mount holds it; then it may go away with the mount.
    mount::new_at(at, filesystem, &parameters, PLAIN.and(Attributes::READ_ONLY)).map_err(RootError::New)?;
    if let Some(unnoted) = unnoted {
        unnoted.note(&device);
    }
    device.let_go();
    Ok(())
}

/// Without a loop device: erofs mounts a file as it is (Linux 6.12). Each such mount is a superblock of its own, which reads
/// and decompresses for itself; so this is for nodes that have no loop device to give, not for all.
fn mount_erofs(file: &OwnedFd, at: &Path) -> Result<(), NewError> {
    let source = open::magic_link(file);
    let parameters = [Parameter::Text("source", source.as_os_str()), Parameter::Flag("ro")];
    mount::new_at(at, "erofs", &parameters, PLAIN.and(Attributes::READ_ONLY))
}

fn keep_links_into_usr(mount: &Path, image: &Tree) -> Result<(), RootError> {
    let Some(link) = MERGED_INTO_USR.iter().map(Path::new).find(|link| mount.starts_with(link)) else { return Ok(()) };
    let is_link = image
        .open(link, For::Itself)
        .is_ok_and(|place| open::facts(place).is_ok_and(|facts| facts.kind == Kind::Symlink));
    if is_link {
        return Err(RootError::HidesLink { mount: mount.to_owned(), link: link.to_owned() });
    }
    Ok(())
}

/// What is mounted directly in a tree: where, and the topmost mount there with all below it.
fn visible_mounts(tree: &Tree, at: &Path) -> Result<Vec<(PathBuf, OwnedFd)>, Reason> {
    let own = tree.mount_id()?;
    let paths: BTreeSet<PathBuf> = mountinfo::read()?
        .into_iter()
        .filter(|mount| mount.parent == own)
        .filter_map(|mount| mount.point.strip_prefix(at).ok().map(|path| Path::new("/").join(path)))
        .filter(|path| path != Path::new("/"))
        .collect();
    let mut found: Vec<(PathBuf, OwnedFd)> = Vec::new();
    for path in paths {
        // All of these lie on the tree itself, so one below another is covered by it.
        if found.iter().any(|(above, _)| path.starts_with(above)) {
            continue;
        }
        let mounted = tree.open(&path, For::Place)?;
        found.push((path, mounted));
    }
    Ok(found)
}
