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
use shifter_formats::acl::Access as FileAccess;
use shifter_formats::index::{self, IndexEntry};
use shifter_formats::meta::ImageFormat;
use shifter_gateway_types::config::ReadableBy;

pub use describe::DescribeError;
pub use sweep::sweep;

use crate::config::{Owner, System};
use crate::convert::Format;
use crate::pull::Product;
use crate::store::{Access, Entry, Image, Tag, TagName};

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
    ///
    /// `others` are the tag's images for other platforms, whose files are in place already.
    pub fn put(&self, product: Product, name: &TagName, entry: &Entry, others: &[Image]) -> Result<(), PublishError> {
        let texts = Texts::of(name, entry, others)?;
        self.put_with_mode(product, &entry.image, self.image_mode(&access_to_image(entry)))?;
        self.write_texts(&texts, entry)
    }

    /// Puts the file of an image in place, readable by its owner alone, without a name that leads to it.
    pub fn put_file(&self, product: Product, image: &Image) -> Result<(), PublishError> {
        // One that is there may be everybody's by another tag.
        if product.is_known() { Ok(()) } else { self.put_with_mode(product, image, 0o600) }
    }

    fn put_with_mode(&self, product: Product, image: &Image, mode: u32) -> Result<(), PublishError> {
        let path = self.path_of(image)?;
        let file = self.open_own(product.path()).map_err(write(&path))?;
        if file.metadata().map_err(write(&path))?.is_file() {
            self.hand_over(&file, mode).map_err(write(&path))?;
        }
        product.publish(&path).map_err(write(&path))
    }

    fn path_of(&self, image: &Image) -> Result<PathBuf, PublishError> {
        let format: Format = image.format.parse().map_err(|_| DescribeError::Format(image.format.clone()))?;
        Ok(self.dir.join(format.file_name(&image.id)))
    }

    /// Whether the image of each platform that the index has for this tag is there: file systems are purged, and
    /// administrators tidy up. An index that cannot be read now says nothing about it.
    #[must_use]
    pub fn has_all(&self, name: &TagName) -> bool {
        let Ok(kind) = name.itype.parse() else { return false };
        let file = self.dir.join("index").join(index::entry_name(&name.system, kind, &name.tag));
        match std::fs::read(file) {
            Ok(bytes) => index::list::read(bytes).is_ok_and(|all| all.iter().all(|entry| self.file_of(entry).exists())),
            Err(error) => error.kind() != io::ErrorKind::NotFound,
        }
    }

    fn file_of(&self, entry: &IndexEntry) -> PathBuf {
        match entry.format {
            ImageFormat::Vfs => self.dir.join(entry.id.as_str()),
            format => self.dir.join(format!("{}.{format}", entry.id)),
        }
    }

    /// Writes the index entries and the `.meta` of an image that is in place. The tag's images for other platforms keep
    /// their entries, with the tag's present access.
    pub fn describe(&self, name: &TagName, entry: &Entry) -> Result<(), PublishError> {
        let mut texts = Texts::of(name, entry, &[])?;
        let file = self.dir.join("index").join(texts.by_tag.file_name());
        let before = std::fs::read(&file).ok().and_then(|bytes| index::list::read(bytes).ok()).unwrap_or_default();
        let is_other = |other: &IndexEntry| other.platform != texts.by_tag.platform && other.id != texts.by_tag.id;
        texts.others = before.into_iter().filter(is_other).collect();
        for other in &mut texts.others {
            other.access.clone_from(&texts.by_tag.access);
        }
        self.write_texts(&texts, entry)
    }

    fn write_texts(&self, texts: &Texts, entry: &Entry) -> Result<(), PublishError> {
        let index = self.index_directory()?;
        for other in &texts.others {
            let mode = self.mode_for(other.access == FileAccess::Public);
            let image = self.file_of(other);
            if let Ok(file) = self.open_own(&image) {
                self.hand_over(&file, mode).map_err(write(&image))?;
            }
            self.write(&index, &other.by_id().file_name(), &other.by_id().to_string(), 0o600)?;
            self.write(&self.dir, &format!("{}.meta", other.id), &other.to_meta().print().text, mode)?;
        }
        self.write(&index, &texts.by_id.file_name(), &texts.by_id.to_string(), 0o600)?;
        let all: Vec<IndexEntry> = [&texts.by_tag].into_iter().chain(&texts.others).cloned().collect();
        self.write(&index, &texts.by_tag.file_name(), &index::list::write(&all), 0o600)?;
        let meta = texts.by_id.to_meta().print();
        for omitted in &meta.omitted {
            tracing::info!(id = entry.image.id, key = omitted.key, "only the index holds this value");
        }
        let mode = self.image_mode(&access_to_image(entry));
        self.write(&self.dir, &format!("{}.meta", entry.image.id), &meta.text, mode)
    }

    fn image_mode(&self, access: &Access) -> u32 {
        self.mode_for(*access == Access::Public)
    }

    fn mode_for(&self, is_public: bool) -> u32 {
        match self.readable_by {
            ReadableBy::World if is_public => 0o644,
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
    /// What the tag is on other platforms.
    others: Vec<IndexEntry>,
}

impl Texts {
    fn of(name: &TagName, entry: &Entry, others: &[Image]) -> Result<Self, PublishError> {
        let asked = |tag: &&Tag| tag.itype == name.itype && tag.tag == name.tag;
        let tag = entry.tags.iter().find(asked).ok_or_else(|| PublishError::NoTag(name.tag.clone()))?;
        let text = |image, access| describe::index(&name.system, &tag.itype, &tag.tag, image, access);
        let others = others.iter().map(|other| text(other, &tag.access)).collect::<Result<_, _>>()?;
        let access = access_to_image(entry);
        let by_id = text(&entry.image, &access)?.by_id();
        Ok(Self { by_tag: text(&entry.image, &tag.access)?, by_id, others })
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
