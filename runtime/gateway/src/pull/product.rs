//! What a pull gives back.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use tokio::sync::OwnedMutexGuard;

use crate::convert::Report;
use crate::convert::unpacked::Unpacked;
use crate::reference::Digest;
use crate::registry::{ImageConfig, Platform};

/// A pulled image, not yet visible to anybody.
#[derive(Debug)]
pub struct Pulled {
    /// 64 lower-case hexadecimal digits: the SHA-256 of the platform manifest.
    pub id: String,
    /// The digest of what the tag names: the platform manifest, or the index it was found in.
    pub digest: Digest,
    /// The platform the manifest is for.
    pub platform: Platform,
    /// What the image says about how it is run.
    pub config: ImageConfig,
    /// Whether the registry showed it only to the user's credential.
    pub private: bool,
    /// The file, or that there was one already.
    pub product: Product,
    /// Bytes of the file (for a directory: of the files in it).
    pub bytes: u64,
    /// Whether the image was there already and was not converted.
    pub known: bool,
    /// What the conversion saw and left out; empty where nothing was converted.
    pub report: Report,
}

/// The outcome of a conversion. Dropped without [`Product::publish`] it leaves nothing behind.
///
/// A product holds the turn of its id: another pull of it in this process waits until this one is
/// published or dropped, and then finds the image known. So one digest under many tags is converted
/// once, and an image that is known is not deleted meanwhile. Whoever keeps a product must not pull
/// the same image meanwhile.
#[derive(Debug)]
pub struct Product {
    made: Made,
    _turn: Option<OwnedMutexGuard<()>>,
}

/// What a conversion leaves.
#[derive(Debug)]
pub(crate) enum Made {
    /// The image directory held the image already, under this path.
    Known(PathBuf),
    /// A temporary file in the image directory, mode 0600, its data on disk.
    File(tempfile::NamedTempFile),
    /// A temporary directory in the image directory (format `directory`).
    Directory(Unpacked),
}

impl From<tempfile::NamedTempFile> for Product {
    /// A file in the image directory that something other than a pull has made.
    fn from(file: tempfile::NamedTempFile) -> Self {
        Self { made: Made::File(file), _turn: None }
    }
}

impl Product {
    pub(crate) fn known(path: PathBuf, turn: OwnedMutexGuard<()>) -> Self {
        Self { made: Made::Known(path), _turn: Some(turn) }
    }

    pub(crate) fn new(made: Made, turn: OwnedMutexGuard<()>) -> Self {
        Self { made, _turn: Some(turn) }
    }

    /// Whether it was in the image directory already.
    pub fn is_known(&self) -> bool {
        matches!(self.made, Made::Known(_))
    }

    /// Where the product lies now.
    pub fn path(&self) -> &Path {
        match &self.made {
            Made::Known(path) => path,
            Made::File(file) => file.path(),
            Made::Directory(directory) => directory.path(),
        }
    }

    /// Gives the product its final name, in one step, and makes the name durable.
    ///
    /// A file replaces what `target` named; a directory needs `target` to be free or an empty
    /// directory, as rename(2) does. A product that is already there is left where it is.
    ///
    /// # Errors
    /// The rename or the sync of the directory fails; the temporary is then removed.
    pub fn publish(self, target: &Path) -> io::Result<()> {
        match self.made {
            Made::Known(_) => return Ok(()),
            Made::File(file) => {
                file.persist(target)?;
            }
            Made::Directory(directory) => {
                std::fs::rename(directory.path(), target)?;
                directory.keep();
            }
        }
        let parent = target.parent().unwrap_or(Path::new("/"));
        File::open(parent)?.sync_all()
    }
}
