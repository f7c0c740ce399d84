//! The last step of `setupRoot`: the finished container appears in the host's mount table.
//!
//! Until then it was in a mount namespace of its own, which ends with the process. So whoever kills a set-up, at whatever
//! moment, leaves nothing. One call puts the whole container in its place. It lies on an empty mount, so that it has
//! a parent that sends no events: the container is copied to no other mount namespace of the host, where it would stay
//! mounted. That empty mount is all that a killed set-up can leave; it is known by its mark, and the next one removes it.

use std::ffi::OsStr;
use std::fmt;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use shifter_sys::mount::{self, Attributes, Depth, Parameter, Propagation};
use shifter_sys::open::{self, For, Within};
use shifter_sys::{CallError, mountinfo, node, process};

use super::{Enactor, Reason, RootError};
use crate::attach::{self, mark};
use crate::trust;

/// The mount table of the host, and where `/` was in it, to come back to.
#[derive(Debug)]
pub struct Host {
    namespace: OwnedFd,
    root: OwnedFd,
}

/// Why a container did not appear.
#[derive(Debug)]
pub enum PublishError {
    /// Something was mounted there meanwhile, or taken away.
    InUse(PathBuf),
    /// The plan is for the host's mount table, and nobody remembered it.
    NoHost,
}

impl fmt::Display for PublishError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PublishError::InUse(at) => {
                write!(f, "another program mounts at `{}` at the same time; nothing was left there", at.display())
            }
            PublishError::NoHost => f.write_str("the mount table of the host was not kept"),
        }
    }
}

impl std::error::Error for PublishError {}

impl Host {
    /// The mount table and the root that this process has now.
    ///
    /// # Errors
    /// Without `/proc`.
    pub fn here() -> Result<Host, CallError> {
        Ok(Host { namespace: process::mount_namespace()?, root: open::host(Path::new("/"), For::Place)? })
    }

    fn come_back(&self) -> Result<(), CallError> {
        process::enter_mount_namespace(&self.namespace)?;
        trust::forget();
        // setns(2) gives the namespace's own root, and a set-up may have been called in another (chroot(1)).
        mount::make_root(&self.root)
    }
}

impl Enactor<'_> {
    pub(super) fn mark(&mut self, path: &Path, text: &str) -> Result<(), Reason> {
        let file = self.tree().open(path, For::Reading)?;
        Ok(node::set_attribute(file, mark::ATTRIBUTE, text.as_bytes())?)
    }

    pub(super) fn publish(&mut self, at: &Path, propagation: Propagation) -> Result<(), Reason> {
        let host = self.host.as_ref().ok_or(PublishError::NoHost)?;
        let container = mount::clone_at(self.tree().root(), Depth::Tree)?;
        if propagation == Propagation::Slave {
            mount::share(&container)?;
        }
        host.come_back()?;
        let (place, facts) = trust::open_directory(at)?;
        if facts.is_mount_root {
            return Err(PublishError::InUse(at.to_owned()).into());
        }
        let base = base()?;
        mount::attach(&base, &place)?;
        let done = appear(&container, &base, &place, at);
        if done.is_err() {
            withdraw(&base)?;
        }
        done
    }
}

/// A file system that holds nothing and takes nothing.
fn base() -> Result<OwnedFd, Reason> {
    let parameters = [
        Parameter::Text("source", OsStr::new("shifter")),
        Parameter::Text("size", OsStr::new("4096")),
        // Attributes are counted as inodes are (Linux 6.6).
        Parameter::Text("nr_inodes", OsStr::new("4")),
        Parameter::Text("mode", OsStr::new("0755")),
    ];
    let attributes = Attributes::NOSUID.and(Attributes::NODEV).and(Attributes::NOEXEC);
    let base = mount::new("tmpfs", &parameters, attributes).map_err(RootError::New)?;
    let directory = open::below(&base, Path::new("."), Within::PlainBelow, For::Listing)?;
    node::set_attribute(directory, mark::ATTRIBUTE, mark::of_base()?.as_bytes())?;
    mount::restrict(&base, Depth::One, Attributes::READ_ONLY, None)?;
    Ok(base)
}

/// Takes a base away with all that lies on it: that is ours, or that of another set-up, which fails for the same reason.
///
/// Two that withdraw at once may choose the same topmost mount; the slower one is told `EINVAL`, as it is when its base is
/// gone. So only the mount table tells whether it is.
fn withdraw(base: &OwnedFd) -> Result<(), Reason> {
    let id = open::facts(base)?.mount_id;
    while mountinfo::read()?.iter().any(|mount| mount.id == id) {
        attach::take_down(base)?;
    }
    Ok(())
}

/// Two set-ups may be at this point at once, each with its own mount. Whoever then does not find his own where he put it,
/// fails: both may, but never is one lost without a word.
fn appear(container: &OwnedFd, base: &OwnedFd, place: &OwnedFd, at: &Path) -> Result<(), Reason> {
    // ORDER: before the container comes. In a shared place the base has become shared itself.
    mount::restrict(base, Depth::One, Attributes::NONE, Some(Propagation::Private))?;
    mount::attach(container, base)?;
    let id = |fd: &OwnedFd| open::facts(fd).map(|facts| facts.mount_id);
    let (container, base, place) = (id(container)?, id(base)?, id(place)?);
    let table = mountinfo::read()?;
    let lies_on = |upper: u64, lower: u64| table.iter().any(|mount| mount.id == upper && mount.parent == lower);
    if lies_on(container, base) && lies_on(base, place) && trust::open_directory(at)?.1.mount_id == container {
        return Ok(());
    }
    Err(PublishError::InUse(at.to_owned()).into())
}
