//! Finding the image, and being sure of it: whose file it is, who may use it, and what it says about itself.
//!
//! The gateway's files are believed if they belong to the user of key `imageOwner` and nobody else can write them; they
//! are opened with that user's uid, so that they need to be readable by nobody else, on any file system. An image that is
//! not there and one that the caller may not use are told in the same words.

use std::ffi::OsString;
use std::fmt;
use std::os::fd::OwnedFd;
use std::path::PathBuf;

use shifter_formats::image::{Descriptor, ImageType};
use shifter_formats::index::IndexFault;
use shifter_formats::meta::{ImageFormat, MetaFault};
use shifter_formats::udiroot::Conf;
use shifter_sys::open::{self, Identity, Kind};
use shifter_sys::process::Ended;
use shifter_sys::{CallError, later};

use crate::policy;
use crate::prepare::Permitted;
use crate::privilege::Raised;
use crate::request::Environment;
use crate::trust::TrustError;
use crate::used::Mark;

mod choose;
pub mod lookup;
mod store;

use store::Found;

/// What the image says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageFacts {
    /// Its identity; for type `local` its path.
    pub identifier: String,
    /// The digest of its manifest in the registry, where the index says it.
    pub digest: Option<String>,
    /// Its variables.
    pub env: Environment,
    /// Its entry point.
    pub entry: Option<Vec<OsString>>,
    /// Its command.
    pub cmd: Option<Vec<OsString>>,
    /// Its working directory.
    pub workdir: Option<PathBuf>,
}

/// What is mounted: opened and checked.
#[derive(Debug)]
pub struct OpenedImage {
    /// Where its files are.
    pub source: ImageSource,
    /// Who may read them.
    pub readers: Readers,
    /// Where it is marked as used; none for a directory of the host.
    pub mark: Option<Mark>,
}

impl OpenedImage {
    /// Closes it. Nothing that root opened may be reached from where the command begins.
    pub fn put_away(self) {
        match self.source {
            ImageSource::File { file: image, .. } | ImageSource::Directory(image) => later::close(image),
        }
        self.mark.into_iter().for_each(|mark| later::close(mark.store));
    }
}

/// Who may read the files of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Whoever may use the image: its access list decided.
    Granted,
    /// Whom each file lets: a directory of the host has no access list.
    AsEachFileSays,
}

/// Where the files of an image are.
#[derive(Debug)]
pub enum ImageSource {
    /// In a file with a file system in it.
    File {
        /// The file, open for reading.
        file: OwnedFd,
        /// Which file it is, in which state.
        identity: Identity,
        /// As the kernel calls the file system.
        filesystem: &'static str,
    },
    /// In a directory.
    Directory(OwnedFd),
}

/// Why there is no image.
#[derive(Debug)]
pub enum ImageError {
    /// Not there, or not for this caller.
    NotForYou(Descriptor),
    /// Not in the index, and no gateway answered.
    NotAsked(Descriptor),
    /// Local images are not allowed by the site.
    LocalRefused,
    /// The local image cannot be opened by the caller.
    Local(PathBuf, CallError),
    /// The local image is a file system of the kernel's own.
    OfTheKernel(PathBuf),
    /// The directory of images is the caller's, and the site has not said that it may be.
    OwnerIsCaller(PathBuf),
    /// Nobody is called like the key `imageOwner` says.
    NoOwner(String),
    /// Somebody else could change the path to the gateway's files.
    Trust(TrustError),
    /// A file of the gateway cannot be opened.
    Open(PathBuf, CallError),
    /// A file of the gateway belongs to somebody else.
    Owner {
        /// Which.
        path: PathBuf,
        /// Whose it is.
        uid: u32,
        /// Whose it should be.
        wanted: u32,
    },
    /// A file of the gateway can be written by others.
    Writable(PathBuf, u32),
    /// A file of the gateway is of another kind.
    OddKind(PathBuf, Kind),
    /// There are images of this name, and none that this node can run.
    OtherPlatform {
        /// What was asked for.
        image: Descriptor,
        /// What this node is.
        node: String,
        /// What there is.
        there: Vec<String>,
    },
    /// The tag stands for something else than the digest that was asked for.
    OtherDigest {
        /// What was asked for.
        image: Descriptor,
        /// Its tag.
        named: Descriptor,
        /// What the tag stands for.
        digest: String,
    },
    /// An image with an access list that everybody can read past it; its permissions.
    ReadableByAll(PathBuf, u32),
    /// An entry of the index is wrong.
    Index(PathBuf, IndexFault),
    /// An entry of the index is for another image.
    OtherImage(PathBuf),
    /// The metadata is wrong.
    Meta(PathBuf, MetaFault),
    /// The kernel's part for this format is not wanted here.
    Format(PathBuf, Option<ImageFormat>),
    /// `shifterimg lookup` did not answer with an identity.
    Lookup(Ended),
    /// A call.
    Call(CallError),
}

impl fmt::Display for ImageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ImageError::NotForYou(image) => {
                write!(f, "there is no image `{image}`, or you may not use it; `shifterimg pull {image}` asks for it")
            }
            ImageError::LocalRefused => f.write_str("images of type local are not allowed here (key allowLocalChroot)"),
            ImageError::NotAsked(image) => {
                write!(f, "image `{image}` is not in the index that you may use, and the gateway could not be asked")
            }
            ImageError::OfTheKernel(path) => {
                write!(f, "`{}` is on a file system of the kernel's own, which holds no image", path.display())
            }
            ImageError::OwnerIsCaller(path) => write!(
                f,
                "`{}` belongs to you: images of the one who starts them are only mounted if key imageOwner says so",
                path.display()
            ),
            ImageError::Local(path, error) => write!(f, "cannot open `{}` as you: {}", path.display(), error.errno),
            ImageError::NoOwner(name) => {
                write!(f, "no user in /etc/passwd is called `{name}` (key imageOwner); a number is taken as it is")
            }
            ImageError::Trust(error) => write!(f, "{error} (keys imagePath and imageOwner)"),
            ImageError::Open(path, error) => write!(f, "cannot open `{}`: {error}", path.display()),
            ImageError::Owner { path, uid, wanted } => {
                write!(f, "`{}` belongs to uid {uid}, not to uid {wanted} (key imageOwner)", path.display())
            }
            ImageError::Writable(path, mode) => {
                write!(f, "`{}` is writable by others (mode {mode:04o})", path.display())
            }
            ImageError::OddKind(path, kind) => write!(f, "`{}` is of the wrong kind: {kind:?}", path.display()),
            ImageError::OtherPlatform { image, node, there } => {
                write!(f, "image `{image}` is for {}, and this node is {node}", there.join(", "))
            }
            ImageError::OtherDigest { image, named, digest } => {
                write!(f, "there is no image `{image}`; `{named}` is {digest} now")
            }
            ImageError::ReadableByAll(path, mode) => write!(
                f,
                "`{}` has an access list, and everybody can read it (mode {mode:04o}); it must be 0600, as the gateway makes it",
                path.display()
            ),
            ImageError::Index(path, fault) => write!(f, "`{}`: {fault}", path.display()),
            ImageError::OtherImage(path) => write!(f, "`{}` is about another image", path.display()),
            ImageError::Meta(path, fault) => write!(f, "`{}`: {fault}", path.display()),
            ImageError::Format(path, Some(format)) => {
                write!(f, "`{}`: images of format {format} are not mounted", path.display())
            }
            ImageError::Format(path, None) => write!(f, "`{}`: names no known FORMAT", path.display()),
            ImageError::Lookup(ended) => write!(f, "the look-up of the image failed: {ended:?}"),
            ImageError::Call(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ImageError {}

impl From<CallError> for ImageError {
    fn from(error: CallError) -> ImageError {
        ImageError::Call(error)
    }
}

/// Finds and opens the image that a caller named, and that the file `deny` does not name.
///
/// # Errors
/// [`ImageError::NotForYou`] for an image that is missing and for one that is refused.
pub(crate) fn open(raised: &Raised, permitted: &Permitted<'_>) -> Result<(ImageFacts, OpenedImage), ImageError> {
    let (conf, image) = (permitted.conf, &permitted.request.image);
    if image.kind == ImageType::Local {
        return open_local(raised, conf, image);
    }
    let store = store::Store::open(raised, conf)?;
    let caller = raised.caller();
    let groups: Vec<u32> = [caller.gid].iter().chain(&caller.groups).copied().collect();
    // What the caller may not use goes the way of what is not there, the question to the gateway included: who watches
    // a start cannot tell the two apart.
    let permitted = |found: &Found| found.meta.access.permits(caller.uid, &groups);
    let pick = |found: Vec<Found>| choose::for_node(found.into_iter().filter(permitted).collect(), image);
    // One change of identity for what most starts need.
    let (mut found, mut content) = store.as_owner(|| -> Result<_, ImageError> {
        let found = match image.kind {
            ImageType::Id => pick(store.find_by_id(&image.tag)?)?,
            _ => pick(store.find(image)?)?,
        };
        let content = found.as_ref().map(|found| store.open_content(found)).transpose()?.flatten();
        Ok((found, content))
    })?;
    if found.is_none() && image.kind != ImageType::Id {
        found = pick(choose::by_digest(&store, image)?)?;
    }
    if found.is_none()
        && image.kind != ImageType::Id
        && let Some(id) = lookup::ask(raised, conf, image)?
    {
        found = pick(store.find_by_id(&id)?)?;
    }
    let not_for_you = || ImageError::NotForYou(image.clone());
    let found = match found {
        Some(found) => found,
        None => return Err(choose::of_other_digest(&store, image, permitted)?.unwrap_or_else(not_for_you)),
    };
    if content.is_none() {
        content = store.open_content(&found)?;
    }
    let mut opened = content.ok_or_else(not_for_you)?;
    opened.mark = Some(store.into_mark(&found));
    Ok((facts(found), opened))
}

/// A directory of the host, opened with the caller's own rights.
fn open_local(raised: &Raised, conf: &Conf, image: &Descriptor) -> Result<(ImageFacts, OpenedImage), ImageError> {
    if conf.allow_local_chroot != Some(true) {
        return Err(ImageError::LocalRefused);
    }
    let path = PathBuf::from(&image.tag);
    let directory =
        raised.as_user(|user| user.open_directory(&path)).map_err(|error| ImageError::Local(path.clone(), error))?;
    if policy::is_of_the_kernel(open::filesystem_type(&directory)?) {
        return Err(ImageError::OfTheKernel(path));
    }
    let facts = ImageFacts { identifier: image.tag.clone(), ..ImageFacts::default() };
    Ok((facts, OpenedImage { source: ImageSource::Directory(directory), readers: Readers::AsEachFileSays, mark: None }))
}

fn facts(Found { id: identifier, digest, meta, platform: _ }: Found) -> ImageFacts {
    let words = |words: Vec<String>| words.into_iter().map(OsString::from).collect();
    ImageFacts {
        identifier,
        digest,
        env: meta.env.into_iter().map(|variable| (variable.name.into(), variable.value.into())).collect(),
        entry: meta.entry.map(words),
        cmd: meta.cmd.map(words),
        workdir: meta.workdir.map(PathBuf::from),
    }
}
