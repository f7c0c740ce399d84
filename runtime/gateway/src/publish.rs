//! Putting an image where the runtime finds it.
//!
//! A node reads the index entry of a tag (or of an id), then the image file; `.meta` is for runtimes
//! that know no index. Each file is written beside its place, made durable and renamed, so that at
//! every instant each name leads to a whole file.
//!
//! All files belong to the system's `imageOwner` and are open to nobody else, except that a site may
//! let everybody read the files of public images (exports that squash root).

mod adopt;
mod describe;
mod remove;
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
pub use remove::{Indexed, Whose};
pub use sweep::sweep;

use crate::config::{Owner, System};
use crate::convert::temporary;
use crate::pull::Product;
use crate::store::{Access, Image, Standing, Tag, TagName};

/// The mode of files that are nobody's but their owner's.
const CLOSED: u32 = 0o600;

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

    /// Puts the file of a tag's best platform and all that describes its images in place. The files for other platforms
    /// are there already.
    ///
    /// ORDER: nothing before all texts are known to be good, then the image before any name for it;
    /// `.meta` last, as runtimes since 16.08 expect.
    pub fn put(&self, product: Product, name: &TagName, standing: &Standing) -> Result<(), PublishError> {
        let texts = Texts::of(name, standing)?;
        let best = standing.entry.as_ref().ok_or_else(|| PublishError::NoTag(name.tag.clone()))?;
        let of_best = standing.images.iter().find(|(image, _)| image.id == best.image.id);
        let mode = of_best.map_or(CLOSED, |(_, access)| self.mode_for(*access == Access::Public));
        self.put_with_mode(product, &best.image, mode)?;
        self.write_texts(&texts)
    }

    /// Puts the file of an image in place, readable by its owner alone, without a name that leads to it.
    pub fn put_file(&self, product: Product, image: &Image) -> Result<(), PublishError> {
        // One that is there may be everybody's by another tag.
        if product.is_known() { Ok(()) } else { self.put_with_mode(product, image, CLOSED) }
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
        let format = ImageFormat::parse(&image.format).ok_or_else(|| DescribeError::Format(image.format.clone()))?;
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
        self.dir.join(entry.format.file_name(entry.id.as_str()))
    }

    /// Whether the file of an image is where it was put: file systems are purged, and administrators tidy up.
    #[must_use]
    pub fn holds(&self, image: &Image) -> bool {
        self.path_of(image).is_ok_and(|path| path.exists())
    }

    /// Writes what describes the images of a tag anew, after somebody has gained or lost them.
    pub fn describe(&self, name: &TagName, standing: &Standing) -> Result<(), PublishError> {
        self.write_texts(&Texts::of(name, standing)?)
    }

    fn write_texts<'a>(&self, texts: &'a Texts) -> Result<(), PublishError> {
        let index = self.index_directory()?;
        let with_mode = |entry: &'a IndexEntry| (entry, self.mode_for(entry.access == FileAccess::Public));
        let described: Vec<(&IndexEntry, u32)> = texts.by_id.iter().map(with_mode).collect();
        for (by_id, mode) in &described {
            // A file that was purged cannot be closed, and an unpacked image keeps the modes it was unpacked with.
            let image = self.file_of(by_id);
            if let Ok(file) = self.open_own(&image)
                && file.metadata().is_ok_and(|facts| facts.is_file())
            {
                self.hand_over(&file, *mode).map_err(write(&image))?;
            }
            self.write(&index, &by_id.file_name(), &by_id.to_string(), CLOSED)?;
        }
        if let Some(first) = texts.by_tag.first() {
            self.write(&index, &first.file_name(), &index::list::write(&texts.by_tag), CLOSED)?;
        }
        for (by_id, mode) in described {
            let meta = by_id.to_meta().print();
            for omitted in &meta.omitted {
                tracing::info!(id = %by_id.id, key = omitted.key, "only the index holds this value");
            }
            self.write(&self.dir, &format!("{}.meta", by_id.id), &meta.text, mode)?;
        }
        Ok(())
    }

    fn mode_for(&self, is_public: bool) -> u32 {
        match self.readable_by {
            ReadableBy::World if is_public => 0o644,
            _ => CLOSED,
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
            let mut file = temporary::file(tempfile::Builder::new().prefix(sweep::NEW), dir)?;
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

/// What describes images: under the tag, and under the id of each.
struct Texts {
    /// One for each platform; none when the tag is gone.
    by_tag: Vec<IndexEntry>,
    by_id: Vec<IndexEntry>,
}

impl Texts {
    fn of(name: &TagName, standing: &Standing) -> Result<Self, PublishError> {
        let TagName { system, itype, tag } = name;
        let text = |image, access| describe::index(system, itype, tag, image, access);
        let by_tag = match &standing.entry {
            None => Vec::new(),
            Some(entry) => {
                let asked = |tag: &&Tag| tag.itype == *itype && tag.tag == name.tag;
                let own = entry.tags.iter().find(asked).ok_or_else(|| PublishError::NoTag(tag.clone()))?;
                let images = [&entry.image].into_iter().chain(&standing.others);
                images.map(|image| text(image, &own.access)).collect::<Result<_, _>>()?
            }
        };
        let by_id = standing.images.iter().map(|(image, access)| Ok(text(image, access)?.by_id()));
        Ok(Self { by_tag, by_id: by_id.collect::<Result<_, DescribeError>>()? })
    }
}

fn sync(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

fn write(path: &Path) -> impl FnOnce(io::Error) -> PublishError + use<'_> {
    move |source| PublishError::Write { path: path.to_owned(), source }
}
