//! The file `deny` beside the configuration: what the site has forbidden for the moment.
//!
//! It is read at each start, believed like the configuration, and as a whole: with a mistake in it nothing is started,
//! since a line that cannot be read may be the one that matters. A file that is not there forbids nothing. Without
//! privilege nothing is gained by a start, and the file is not asked.

use std::fmt;
use std::path::{Path, PathBuf};

use shifter_formats::SYSCONFDIR;
use shifter_formats::deny::{self, Deny, DenyEntry, DenyFault};
use shifter_formats::record::Record;
use shifter_formats::udiroot::{Conf, Loaded};
use shifter_sys::open::{self, For};
use shifter_sys::{CallError, Errno};

use crate::image::ImageFacts;
use crate::privilege::Raised;
use crate::request::Request;
use crate::trust::{self, Distrust, TrustError};

/// What is forbidden, and where that stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    path: PathBuf,
    deny: Deny,
}

/// Why there is no start.
#[derive(Debug)]
pub enum DenyError {
    /// Somebody who is not root could have written the file.
    Trust(TrustError),
    /// It cannot be read.
    Read(PathBuf, CallError),
    /// Mistakes in it: all of them.
    Parse(PathBuf, Vec<DenyFault>),
    /// What a container was made from cannot be told for sure, and something is denied.
    Unknown(PathBuf),
    /// An entry forbids it.
    Entry {
        /// What is forbidden.
        what: String,
        /// The file.
        path: PathBuf,
        /// The entry's line.
        line: usize,
        /// What the site says to it.
        message: String,
    },
}

impl DenyError {
    /// Whether it is forbidden; otherwise the file is at fault.
    #[must_use]
    pub fn is_entry(&self) -> bool {
        matches!(self, DenyError::Entry { .. })
    }
}

impl fmt::Display for DenyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DenyError::Trust(error) => write!(f, "{error} (what the site denies stands there)"),
            DenyError::Read(path, error) => write!(f, "cannot read `{}`: {error}", path.display()),
            DenyError::Parse(path, faults) => {
                let path = path.display();
                write!(f, "nothing is started until `{path}` can be read whole")?;
                faults.iter().try_for_each(|fault| write!(f, "\n`{path}`, {fault}"))
            }
            DenyError::Unknown(path) => {
                let path = path.display();
                write!(f, "what the container was made from cannot be held against `{path}`: its record is not whole")
            }
            DenyError::Entry { what, path, line, message } => {
                write!(f, "{what} denied here: {message} (`{}`, line {line})", path.display())
            }
        }
    }
}

impl std::error::Error for DenyError {}

impl Standing {
    /// Reads what is forbidden now.
    ///
    /// # Errors
    /// When the file is there and root cannot believe it, or not all of it can be read.
    pub fn read(raised: &Raised, conf: &Conf) -> Result<Standing, DenyError> {
        if raised.is_rootless() { Ok(Standing::default()) } else { Standing::of(conf) }
    }

    /// The same for root's own programs.
    ///
    /// # Errors
    /// As [`Standing::read`].
    pub fn of(conf: &Conf) -> Result<Standing, DenyError> {
        let beside = Path::new(SYSCONFDIR).join(deny::FILE);
        let path = conf.deny_file.clone().unwrap_or(beside);
        // The one call of a site that denies nothing. Who could remove the file could have written it, and its
        // directory is the configuration's or one that the configuration names.
        if matches!(open::host(&path, For::Itself), Err(CallError { errno: Errno::NOENT, .. })) {
            return Ok(Standing::default());
        }
        let (file, facts) = match trust::open_file(&path) {
            Err(TrustError { reason: Distrust::Call(error), .. }) => return Err(DenyError::Read(path, error)),
            opened => opened.map_err(DenyError::Trust)?,
        };
        let bytes = open::read_sized(file, facts.size, deny::LONGEST);
        let bytes = bytes.map_err(|error| DenyError::Read(path.clone(), error))?;
        match Deny::parse(&bytes) {
            Ok(deny) => Ok(Standing { path, deny }),
            Err(faults) => Err(DenyError::Parse(path, faults)),
        }
    }

    /// Asks about all that is known before an image is looked for, so that a file system that hangs is not touched.
    ///
    /// # Errors
    /// The entry that forbids it.
    pub fn permits(&self, request: &Request, modules: &[Loaded<'_>]) -> Result<(), DenyError> {
        self.refuse(self.deny.everything(), || "every start is".to_owned())?;
        self.refuse(self.deny.image(&request.image), || format!("image `{}` is", request.image))?;
        for module in modules {
            self.refuse(self.deny.module(module.name, module.version), || format!("module `{}` is", module.name))?;
        }
        let volumes = self.deny.volumes().filter(|_| !request.volumes.entries.is_empty());
        self.refuse(volumes, || "volumes are".to_owned())
    }

    /// Asks about the image that was found, whatever it was called.
    ///
    /// # Errors
    /// The entry that forbids it.
    pub fn permits_content(&self, image: &ImageFacts) -> Result<(), DenyError> {
        let entry = self.deny.content(image.digest.as_deref(), &image.identifier);
        self.refuse(entry, || format!("image `{}` is", image.identifier))
    }

    /// Asks about a container that is there, by its record. What was cut from the record could be what is denied.
    ///
    /// # Errors
    /// The entry that forbids it.
    pub fn permits_built(&self, built: Option<&Record>) -> Result<(), DenyError> {
        if self.deny.entries.is_empty() {
            return Ok(());
        }
        self.refuse(self.deny.everything(), || "every start is".to_owned())?;
        let built = built.filter(|built| built.is_whole()).ok_or_else(|| DenyError::Unknown(self.path.clone()))?;
        if let Some(image) = &built.image {
            self.refuse(self.deny.image_called(image), || format!("image `{image}` is"))?;
        }
        for module in &built.modules {
            let (name, version) =
                module.split_once('/').map_or((module.as_str(), None), |(name, version)| (name, Some(version)));
            self.refuse(self.deny.module(name, version), || format!("module `{name}` is"))?;
        }
        let volumes = self.deny.volumes().filter(|_| built.volumes.is_some());
        self.refuse(volumes, || "volumes are".to_owned())?;
        let id = built.id.as_deref().unwrap_or_default();
        self.refuse(self.deny.content(built.digest.as_deref(), id), || format!("image `{id}` is"))
    }

    fn refuse(&self, entry: Option<&DenyEntry>, what: impl FnOnce() -> String) -> Result<(), DenyError> {
        match entry {
            None => Ok(()),
            Some(DenyEntry { line, message, .. }) => {
                let (path, line, message) = (self.path.clone(), *line, message.clone());
                Err(DenyError::Entry { what: what(), path, line, message })
            }
        }
    }
}
