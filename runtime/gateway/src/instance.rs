//! Which gateway this is, among those that share a store.
//!
//! A gateway is known by its cache, which no two gateways share: a name lies there, made once, and a lock that the running
//! process holds. So a gateway that is started again knows which pulls were its own, and goes on with them at once,
//! without waiting for their leases to run out.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The file in the cache.
const FILE: &str = "gateway.lock";

/// The gateway of a cache, for as long as this is kept.
#[derive(Debug)]
pub struct Instance {
    name: String,
    _lock: File,
}

/// The cache cannot be this gateway's.
#[derive(Debug, thiserror::Error)]
pub enum InstanceError {
    /// Another gateway runs with it.
    #[error("another gateway uses {}: give each a `CacheDirectory` of its own", .0.display())]
    InUse(PathBuf),
    /// The file of its name cannot be used.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Instance {
    /// Claims a cache. On a file system without locks nothing is claimed, and the name is one for this run alone.
    pub fn claim(cache: &Path) -> Result<Self, InstanceError> {
        let path = cache.join(FILE);
        let error = |source| InstanceError::Write { path: path.clone(), source };
        let mut options = File::options();
        let opened = options.read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
        let mut file = opened.map_err(error)?;
        let new = || format!("{}-{}", std::process::id(), crate::time::seconds(std::time::SystemTime::now()));
        match file.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => return Err(InstanceError::InUse(cache.to_owned())),
            Err(std::fs::TryLockError::Error(_)) => return Ok(Self { name: new(), _lock: file }),
        }
        let mut name = String::new();
        file.read_to_string(&mut name).map_err(error)?;
        if name.is_empty() {
            let host = nix::unistd::gethostname().map(|host| host.to_string_lossy().into_owned()).unwrap_or_default();
            name = format!("{host}-{}", new());
            file.write_all(name.as_bytes()).and_then(|()| file.sync_all()).map_err(error)?;
        }
        Ok(Self { name, _lock: file })
    }

    /// What it is called in the store.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cache_is_one_gateways_and_keeps_its_name() {
        let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let first = Instance::claim(ours.path()).unwrap();
        assert!(matches!(Instance::claim(ours.path()), Err(InstanceError::InUse(_))));
        let name = first.name().to_owned();
        drop(first);
        assert_eq!(Instance::claim(ours.path()).unwrap().name(), name);
        assert_ne!(Instance::claim(theirs.path()).unwrap().name(), name);
    }
}
