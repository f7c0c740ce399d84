//! Putting an image where the runtime finds it.
//!
//! A node reads the index entry of a tag (or of an id), then the image file; `.meta` is for runtimes
//! that know no index. Each file is written beside its place, made durable and renamed, so that at
//! every instant each name leads to a whole file.
//!
//! All files belong to the system's `imageOwner` and are open to nobody else, except that a site may
//! let everybody read the files of public images (exports that squash root).

mod describe;
mod sweep;

use std::fs::{DirBuilder, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;
use shifter_formats::index::IndexEntry;
use shifter_gateway_types::config::ReadableBy;

pub use describe::DescribeError;
pub use sweep::sweep;

use crate::config::{Owner, System};
use crate::convert::Format;
use crate::pull::Product;
use crate::store::{Access, Entry, Tag, TagName};

/// A file of an image cannot be put in place.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The system refuses.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The tag that was pulled is not among the image's.
    #[error("the image has no tag `{0}`")]
    NoTag(String),
    /// The runtime would refuse what describes it.
    #[error(transparent)]
    Describe(#[from] DescribeError),
}

/// The image directory of a system, and how files in it look.
#[derive(Clone, Debug)]
pub struct Place {
    dir: PathBuf,
    owner: Owner,
    readable_by: ReadableBy,
}

impl Place {
    /// The place of a system's images.
    #[must_use]
    pub fn new(system: &System, readable_by: ReadableBy) -> Self {
        Self { dir: system.image_dir.clone(), owner: system.owner, readable_by }
    }

    /// Puts an image and all that describes it in place.
    ///
    /// ORDER: nothing before all texts are known to be good, then the image before any name for it;
    /// `.meta` last, as runtimes since 16.08 expect.
    pub fn put(&self, product: Product, name: &TagName, entry: &Entry) -> Result<(), PublishError> {
        let texts = Texts::of(name, entry)?;
        let format: Format =
            entry.image.format.parse().map_err(|_| DescribeError::Format(entry.image.format.clone()))?;
        let image = self.dir.join(format.file_name(&entry.image.id));
        let mode = self.image_mode(&access_to_image(entry));
        let file = self.open_own(product.path()).map_err(write(&image))?;
        if file.metadata().map_err(write(&image))?.is_file() {
            self.hand_over(&file, mode).map_err(write(&image))?;
        }
        product.publish(&image).map_err(write(&image))?;
        self.write_texts(&texts, entry)
    }

    /// Writes the index entries and the `.meta` of an image that is in place.
    pub fn describe(&self, name: &TagName, entry: &Entry) -> Result<(), PublishError> {
        self.write_texts(&Texts::of(name, entry)?, entry)
    }

    fn write_texts(&self, texts: &Texts, entry: &Entry) -> Result<(), PublishError> {
        let index = self.index_directory()?;
        for entry in [&texts.by_id, &texts.by_tag] {
            self.write(&index, &entry.file_name(), &entry.to_string(), 0o600)?;
        }
        let meta = texts.by_id.to_meta().print();
        for omitted in &meta.omitted {
            tracing::info!(id = entry.image.id, key = omitted.key, "only the index holds this value");
        }
        let mode = self.image_mode(&access_to_image(entry));
        self.write(&self.dir, &format!("{}.meta", entry.image.id), &meta.text, mode)
    }

    fn image_mode(&self, access: &Access) -> u32 {
        match (self.readable_by, access) {
            (ReadableBy::World, Access::Public) => 0o644,
            _ => 0o600,
        }
    }

    /// `<imageDir>/index`, mode 0700.
    fn index_directory(&self) -> Result<PathBuf, PublishError> {
        let path = self.dir.join("index");
        match DirBuilder::new().mode(0o700).create(&path) {
            Ok(()) => {
                let made = File::open(&path).and_then(|dir| self.hand_over(&dir, 0o700));
                made.and_then(|()| sync(&self.dir)).map_err(write(&path))?;
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                self.check_directory(&path).map_err(write(&path))?;
            }
            Err(error) => return Err(write(&path)(error)),
        }
        Ok(path)
    }

    /// Replaces a file at once, or not at all.
    fn write(&self, dir: &Path, name: &str, text: &str, mode: u32) -> Result<(), PublishError> {
        let path = dir.join(name);
        let written = || {
            let mut file = tempfile::Builder::new().prefix(sweep::NEW).tempfile_in(dir)?;
            file.write_all(text.as_bytes())?;
            self.hand_over(file.as_file(), mode)?;
            file.persist(&path)?;
            sync(dir)
        };
        written().map_err(write(&path))
    }

    /// Opens an image that may have been there before, to give it its owner and mode.
    ///
    /// Whoever can write the directory must not be given somebody else's file by it: a symbolic link is
    /// refused, and so is a second name of a file that is not the image owner's.
    fn open_own(&self, path: &Path) -> io::Result<File> {
        let flags = (OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits();
        let file = File::options().read(true).custom_flags(flags).open(path)?;
        let found = file.metadata()?;
        if found.is_file() && found.nlink() > 1 && found.uid() != self.owner.uid.as_raw() {
            return Err(io::Error::other("it is another name of a file of somebody else"));
        }
        Ok(file)
    }

    /// The index directory must be one, and the image owner's alone.
    fn check_directory(&self, path: &Path) -> io::Result<()> {
        let found = path.symlink_metadata()?;
        let uid = self.owner.uid;
        match found.is_dir() && found.uid() == uid.as_raw() && found.mode() & 0o022 == 0 {
            true => Ok(()),
            false => Err(io::Error::other(format!("it must be a directory of uid {uid} that nobody else can write"))),
        }
    }

    /// Gives a file its owner and mode, and makes it durable.
    fn hand_over(&self, file: &File, mode: u32) -> io::Result<()> {
        let Owner { uid, gid } = self.owner;
        if nix::unistd::geteuid() != uid {
            fchown(file, Some(uid.as_raw()), Some(gid.as_raw()))?;
        }
        file.set_permissions(Permissions::from_mode(mode))?;
        file.sync_all()
    }
}

/// What describes an image under the tag it was pulled by, and under its id.
struct Texts {
    by_id: IndexEntry,
    by_tag: IndexEntry,
}

impl Texts {
    fn of(name: &TagName, entry: &Entry) -> Result<Self, PublishError> {
        let asked = |tag: &&Tag| tag.itype == name.itype && tag.tag == name.tag;
        let tag = entry.tags.iter().find(asked).ok_or_else(|| PublishError::NoTag(name.tag.clone()))?;
        let text = |access| describe::index(&name.system, &tag.itype, &tag.tag, &entry.image, access);
        Ok(Self { by_tag: text(&tag.access)?, by_id: text(&access_to_image(entry))?.by_id() })
    }
}

/// What lets a caller use the image by its id: any of its tags.
fn access_to_image(entry: &Entry) -> Access {
    let nobody = Access::Granted { users: Default::default(), groups: Default::default() };
    entry.tags.iter().map(|tag| tag.access.clone()).fold(nobody, Access::union)
}

fn sync(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

fn write(path: &Path) -> impl FnOnce(io::Error) -> PublishError + use<'_> {
    move |source| PublishError::Write { path: path.to_owned(), source }
}
