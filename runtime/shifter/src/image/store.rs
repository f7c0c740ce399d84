//! The files below `imagePath`: the index first, then `<id>.meta`, then the image itself.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use shifter_formats::acl::Access;
use shifter_formats::image::{Descriptor, ImageType};
use shifter_formats::index::{self, IndexEntry};
use shifter_formats::meta::{ImageFormat, Meta};
use shifter_formats::udiroot::{Conf, Owner};
use shifter_sys::open::{self, Facts, For, Kind, Within};
use shifter_sys::{CallError, Errno, later};

use super::{ImageError, ImageSource, OpenedImage, Readers};
use crate::account;
use crate::privilege::Raised;
use crate::trust;
use crate::used::Mark;

/// No metadata is longer; formats refuses longer index entries itself.
const LARGEST: u64 = 4 << 20;
const WRITABLE_BY_OTHERS: u32 = 0o022;
const READ_BY_ALL: u32 = 0o004;
const SEARCHED_BY_ALL: u32 = 0o001;
const INDEX: &str = "index";

/// The gateway's directory.
#[derive(Debug)]
pub(super) struct Store<'a> {
    raised: &'a Raised,
    path: PathBuf,
    directory: OwnedFd,
    mode: u32,
    owner: u32,
    system: &'a str,
}

/// An image that is there.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) id: String,
    pub(super) digest: Option<String>,
    /// What it runs on, as the index says.
    pub(super) platform: Option<String>,
    pub(super) meta: Meta,
}

impl Found {
    /// By `.meta`, or without anything that says more.
    fn alone(id: &str, meta: Meta) -> Vec<Found> {
        vec![Found { id: id.to_owned(), digest: None, platform: None, meta }]
    }
}

impl From<IndexEntry> for Found {
    fn from(entry: IndexEntry) -> Found {
        let meta = entry.to_meta();
        Found { id: entry.id.to_string(), digest: Some(entry.digest), platform: Some(entry.platform), meta }
    }
}

impl<'a> Store<'a> {
    pub(super) fn open(raised: &'a Raised, conf: &'a Conf) -> Result<Store<'a>, ImageError> {
        let path = conf.image_path.clone().unwrap_or_default();
        // Who can rename something on the way could put another directory here.
        let (directory, facts, owner) = match &conf.image_owner {
            _ if raised.is_rootless() => {
                let directory = open::host(&path, For::Place).map_err(|error| ImageError::Open(path.clone(), error))?;
                let facts = open::facts(&directory)?;
                (directory, facts, raised.caller().uid)
            }
            None => {
                let (directory, facts) = open_as_it_is(raised, &path)?;
                (directory, facts, facts.uid)
            }
            Some(owner) => {
                let owner = number(owner)?;
                let opened = raised.as_owner(owner, || trust::open_directory_of(&path, owner));
                let (directory, facts) = opened.map_err(ImageError::Trust)?;
                (directory, facts, owner)
            }
        };
        let system = conf.system.as_deref().unwrap_or_default();
        let store = Store { raised, path, directory, mode: facts.mode, owner, system };
        // Who can rename files here can put one image in the place of another, with the other's access list.
        store.check(&store.path, &facts, Kind::Directory)?;
        Ok(store)
    }

    /// Runs `body` with the owner's uid.
    pub(super) fn as_owner<T>(&self, body: impl FnOnce() -> T) -> T {
        self.raised.as_owner(self.owner, body)
    }

    /// What the index says about a name: an image for each platform.
    pub(super) fn find(&self, image: &Descriptor) -> Result<Vec<Found>, ImageError> {
        let name = index::entry_name(self.system, image.kind, &image.tag);
        let path = Path::new(INDEX).join(name);
        let Some(bytes) = self.read(&path)? else { return Ok(Vec::new()) };
        let at = self.path.join(&path);
        let entries = index::list::read(&bytes).map_err(|fault| ImageError::Index(at.clone(), fault))?;
        // All are of the same name.
        let is_other = |entry: &IndexEntry| {
            (entry.system.as_str(), entry.kind, &entry.tag) != (self.system, image.kind, &image.tag)
        };
        if entries.iter().any(is_other) {
            return Err(ImageError::OtherImage(at));
        }
        Ok(entries.into_iter().map(Found::from).collect())
    }

    /// What the index, or else the metadata that the original's gateway wrote, says about an identity.
    pub(super) fn find_by_id(&self, id: &str) -> Result<Vec<Found>, ImageError> {
        if !is_file_name(id) {
            return Ok(Vec::new());
        }
        let by_id = Descriptor { kind: ImageType::Id, tag: id.to_owned() };
        let found = self.find(&by_id)?;
        if !found.is_empty() {
            return Ok(found);
        }
        let path = PathBuf::from(format!("{id}.meta"));
        if let Some(bytes) = self.read(&path)? {
            let at = self.path.join(&path);
            let meta = Meta::read_native(&bytes).map_err(|fault| ImageError::Meta(at, fault))?;
            return Ok(Found::alone(id, meta));
        }
        if !self.raised.is_rootless() {
            return Ok(Vec::new());
        }
        // An unpacked directory or a file of the user's own needs no metadata.
        let there = [
            (PathBuf::from(id), For::Listing, ImageFormat::Vfs),
            (PathBuf::from(format!("{id}.squashfs")), For::Reading, ImageFormat::Squashfs),
        ];
        for (name, wanted, format) in there {
            if self.open_below(&name, wanted)?.is_some() {
                return Ok(Found::alone(id, Meta { format: Some(format), ..Meta::default() }));
            }
        }
        Ok(Vec::new())
    }

    /// Opens the image itself; `None` if its file is gone.
    pub(super) fn open_content(&self, found: &Found) -> Result<Option<OpenedImage>, ImageError> {
        let id = &found.id;
        let format = found.meta.format;
        if format == Some(ImageFormat::Vfs) || self.raised.is_rootless() {
            for name in [id.clone(), format!("{id}.")] {
                if let Some(directory) = self.open_below(Path::new(&name), For::Listing)? {
                    let facts = open::facts(&directory)?;
                    self.check(&self.path.join(&name), &facts, Kind::Directory)?;
                    self.check_private(found, &name, &facts)?;
                    return Ok(Some(granted(ImageSource::Directory(directory))));
                }
            }
        }
        let filesystem = match format {
            Some(ImageFormat::Squashfs) => "squashfs",
            Some(ImageFormat::Xfs) => "xfs",
            Some(ImageFormat::Ext4) => "ext4",
            Some(ImageFormat::Erofs) => "erofs",
            Some(ImageFormat::Vfs) => return Ok(None),
            other => return Err(ImageError::Format(self.path.join(format!("{id}.meta")), other)),
        };
        let name = format!("{id}.{filesystem}");
        let Some(file) = self.open_below(Path::new(&name), For::Reading)? else { return Ok(None) };
        let facts = open::facts(&file)?;
        self.check(&self.path.join(&name), &facts, Kind::Regular)?;
        self.check_private(found, &name, &facts)?;
        Ok(Some(granted(ImageSource::File { file, identity: facts.identity, filesystem })))
    }

    /// Where it is said that an image was used.
    pub(super) fn into_mark(self, found: &Found) -> Mark {
        Mark { store: self.directory, owner: self.owner, id: found.id.clone() }
    }

    /// Opens with the owner's uid; nothing on the way may be a link.
    fn open_below(&self, path: &Path, wanted: For) -> Result<Option<OwnedFd>, ImageError> {
        self.as_owner(|| self.open_as_owner(path, wanted))
    }

    /// The same for who is the owner at the moment.
    fn open_as_owner(&self, path: &Path, wanted: For) -> Result<Option<OwnedFd>, ImageError> {
        match open::below(&self.directory, path, Within::PlainBelow, wanted) {
            Ok(file) => Ok(Some(file)),
            Err(CallError { errno: Errno::NOENT | Errno::NOTDIR, .. }) => Ok(None),
            Err(error) => Err(ImageError::Open(self.path.join(path), error)),
        }
    }

    fn read(&self, path: &Path) -> Result<Option<Vec<u8>>, ImageError> {
        self.as_owner(|| self.read_as_owner(path))
    }

    fn read_as_owner(&self, path: &Path) -> Result<Option<Vec<u8>>, ImageError> {
        if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            let Some(directory) = self.open_as_owner(parent, For::Place)? else { return Ok(None) };
            self.check(&self.path.join(parent), &open::facts(&directory)?, Kind::Directory)?;
            later::close(directory);
        }
        let Some(file) = self.open_as_owner(path, For::Reading)? else { return Ok(None) };
        let at = self.path.join(path);
        let facts = open::facts(&file)?;
        self.check(&at, &facts, Kind::Regular)?;
        open::read_sized(file, facts.size, LARGEST).map(Some).map_err(|error| ImageError::Open(at, error))
    }

    /// The owner's, and nobody else can write it. A directory may be root's as well. Without privilege the caller
    /// believes whom he likes.
    fn check(&self, path: &Path, facts: &Facts, wanted: Kind) -> Result<(), ImageError> {
        if facts.kind != wanted {
            return Err(ImageError::OddKind(path.to_owned(), facts.kind));
        }
        if self.raised.is_rootless() {
            return Ok(());
        }
        let is_roots_directory = wanted == Kind::Directory && facts.uid == 0;
        if facts.uid != self.owner && !is_roots_directory {
            return Err(ImageError::Owner { path: path.to_owned(), uid: facts.uid, wanted: self.owner });
        }
        if facts.mode & WRITABLE_BY_OTHERS != 0 {
            return Err(ImageError::Writable(path.to_owned(), facts.mode));
        }
        Ok(())
    }
}

impl Store<'_> {
    /// An access list means nothing where everybody can read the file itself. What older gateways wrote, which is
    /// readable by all, says so by `.meta` alone and is left to them.
    fn check_private(&self, found: &Found, name: &str, content: &Facts) -> Result<(), ImageError> {
        let is_private = matches!(found.meta.access, Access::Restricted { .. }) && found.digest.is_some();
        if !is_private || self.raised.is_rootless() {
            return Ok(());
        }
        if self.mode & SEARCHED_BY_ALL != 0 && content.mode & READ_BY_ALL != 0 {
            return Err(ImageError::ReadableByAll(self.path.join(name), content.mode));
        }
        Ok(())
    }
}

fn number(owner: &Owner) -> Result<u32, ImageError> {
    match owner {
        Owner::Id(uid) => Ok(*uid),
        Owner::Name(name) if name == "root" => Ok(0),
        Owner::Name(name) => {
            account::uid_in_file(name, Path::new("/etc/passwd")).ok_or_else(|| ImageError::NoOwner(name.clone()))
        }
    }
}

/// Without key `imageOwner` the owner is who has the directory: he can replace every image in it anyway. So the files
/// of an older release's gateway, which has a user of its own and no such key, are used. The directory must be one that
/// only root and he can have put there; and it is never the caller's own, who could change a mounted image.
fn open_as_it_is(raised: &Raised, path: &Path) -> Result<(OwnedFd, Facts), ImageError> {
    let (directory, facts) = trust::open_owned_directory(path).map_err(ImageError::Trust)?;
    if facts.uid == raised.caller().uid {
        return Err(ImageError::OwnerIsCaller(path.to_owned()));
    }
    Ok((directory, facts))
}

fn granted(source: ImageSource) -> OpenedImage {
    OpenedImage { source, readers: Readers::Granted, mark: None }
}

/// An identity as the name of a file: nothing that could be a path.
pub(super) fn is_file_name(id: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-+.".contains(&byte);
    !id.is_empty() && id.len() <= 128 && !id.starts_with('.') && id.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_is_never_a_path() {
        assert!(is_file_name(&"0f".repeat(32)));
        assert!(is_file_name("busybox-1.36_x"));
        for id in ["", "a/b", "../a", ".hidden", "a b", "a\n", "ä"] {
            assert!(!is_file_name(id), "{id:?}");
        }
        assert!(!is_file_name(&"a".repeat(129)));
    }
}
