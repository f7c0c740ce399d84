//! Verified blobs by digest: `<CacheDirectory>/blobs/sha256/<hex>`.
//!
//! A blob is written to a temporary file beside its place, hashed and counted as it comes, and
//! renamed only when both agree with its descriptor. It is hashed again each time it is used, so
//! that a damaged file is fetched anew instead of being converted.

use std::fs::{self, File};
use std::io::{self, Read, Seek as _, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

use super::error::RegistryError;
use super::manifest::Descriptor;
use crate::reference::Digest;

/// The blob cache of a gateway. Several pulls and processes may share it.
#[derive(Clone, Debug)]
pub(crate) struct BlobCache {
    directory: PathBuf,
}

impl BlobCache {
    /// Opens the cache below `CacheDirectory`, making its directories (mode 0700).
    pub(crate) fn open(cache: &Path) -> Result<Self, RegistryError> {
        let directory = cache.join("blobs/sha256");
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&directory)
            .map_err(RegistryError::file(&directory))?;
        Ok(Self { directory })
    }

    /// Where a blob lies once it is here.
    pub(crate) fn path(&self, digest: Digest) -> PathBuf {
        self.directory.join(digest.hex())
    }

    /// The blob, if it is here and whole. One that is not whole is removed.
    pub(crate) fn find(&self, blob: &Descriptor) -> Result<Option<File>, RegistryError> {
        let path = self.path(blob.digest);
        let fail = || RegistryError::file(&path);
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(fail()(error)),
        };
        let size = file.metadata().map_err(fail())?.len();
        if size == blob.size && digest_of(&mut file).map_err(fail())? == blob.digest {
            file.rewind().map_err(fail())?;
            // The time of last use, for whoever makes room. A read-only cache still serves.
            let _ = file.set_modified(SystemTime::now());
            return Ok(Some(file));
        }
        tracing::warn!(path = %path.display(), "a cached blob is damaged: it is fetched again");
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(fail()(error)),
            _ => Ok(None),
        }
    }

    /// Copies a blob from a file called `path`, which is not the gateway's and may change under it.
    pub(crate) fn copy(&self, mut source: impl Read, path: &Path, blob: &Descriptor) -> Result<File, RegistryError> {
        let mut incoming = self.receive(blob.clone())?;
        let mut buffer = vec![0; 1 << 18];
        loop {
            match source.read(&mut buffer).map_err(RegistryError::file(path))? {
                0 => return incoming.finish(),
                count => incoming.write(&buffer[..count])?,
            }
        }
    }

    /// Begins a blob.
    pub(crate) fn receive(&self, blob: Descriptor) -> Result<Incoming, RegistryError> {
        let file = tempfile::Builder::new()
            .prefix(".")
            .suffix(".partial")
            .tempfile_in(&self.directory)
            .map_err(RegistryError::file(&self.directory))?;
        Ok(Incoming { target: self.path(blob.digest), blob, file, hasher: Sha256::new(), written: 0 })
    }
}

/// The digest of all that is left to read.
pub(super) fn digest_of(source: &mut impl Read) -> io::Result<Digest> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 18];
    loop {
        match source.read(&mut buffer)? {
            0 => return Ok(Digest::finish(hasher)),
            count => hasher.update(&buffer[..count]),
        }
    }
}

/// A blob that is coming in. Dropped before [`Incoming::finish`] it leaves nothing behind.
pub(crate) struct Incoming {
    blob: Descriptor,
    target: PathBuf,
    file: NamedTempFile,
    hasher: Sha256,
    written: u64,
}

impl Incoming {
    /// Adds bytes; more than the descriptor announces are refused at once.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), RegistryError> {
        self.written += bytes.len() as u64;
        if self.written > self.blob.size {
            return Err(self.wrong_size());
        }
        self.hasher.update(bytes);
        let written = self.file.write_all(bytes);
        written.map_err(RegistryError::file(self.file.path()))
    }

    /// Forgets what came: the origin begins again.
    pub(crate) fn restart(&mut self) -> Result<(), RegistryError> {
        self.hasher = Sha256::new();
        self.written = 0;
        let file = self.file.as_file_mut();
        let restarted = file.set_len(0).and_then(|()| file.rewind());
        restarted.map_err(RegistryError::file(self.file.path()))
    }

    /// Puts the blob into the cache, if it is the one that was asked for, and opens it.
    pub(crate) fn finish(self) -> Result<File, RegistryError> {
        if self.written != self.blob.size {
            return Err(self.wrong_size());
        }
        let found = Digest::finish(self.hasher);
        if found != self.blob.digest {
            return Err(RegistryError::Digest { what: "a blob", expected: self.blob.digest, found });
        }
        let fail = || RegistryError::file(&self.target);
        let mut file = self.file.reopen().map_err(fail())?;
        self.file.persist(&self.target).map_err(|e| fail()(e.error))?;
        file.rewind().map_err(fail())?;
        Ok(file)
    }

    fn wrong_size(&self) -> RegistryError {
        RegistryError::Size {
            what: format!("blob {}", self.blob.digest),
            expected: self.blob.size,
            found: self.written,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blob(bytes: &[u8]) -> Descriptor {
        Descriptor { media_type: String::new(), digest: Digest::of(bytes), size: bytes.len() as u64 }
    }

    fn names(cache: &BlobCache) -> Vec<String> {
        let entries = fs::read_dir(&cache.directory).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_whole_blob_is_kept_and_found() {
        let directory = tempfile::tempdir().unwrap();
        let cache = BlobCache::open(directory.path()).unwrap();
        assert!(cache.find(&blob(b"abc")).unwrap().is_none());
        let mut incoming = cache.receive(blob(b"abc")).unwrap();
        incoming.write(b"zz").unwrap();
        incoming.restart().unwrap();
        incoming.write(b"abc").unwrap();
        let mut text = String::new();
        incoming.finish().unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "abc");
        assert!(cache.find(&blob(b"abc")).unwrap().is_some());
    }

    #[test]
    fn wrong_bytes_are_refused_and_leave_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let cache = BlobCache::open(directory.path()).unwrap();
        let write = |bytes: &[u8]| {
            let mut incoming = cache.receive(blob(b"abc"))?;
            incoming.write(bytes)?;
            incoming.finish().map(drop)
        };
        assert!(matches!(write(b"abd"), Err(RegistryError::Digest { .. })));
        assert!(matches!(write(b"ab"), Err(RegistryError::Size { .. })));
        assert!(matches!(write(b"abcd"), Err(RegistryError::Size { .. })));
        assert_eq!(names(&cache), Vec::<String>::new());
    }

    #[test]
    fn a_damaged_blob_is_removed() {
        let directory = tempfile::tempdir().unwrap();
        let cache = BlobCache::open(directory.path()).unwrap();
        fs::write(cache.path(Digest::of(b"abc")), b"abX").unwrap();
        assert!(cache.find(&blob(b"abc")).unwrap().is_none());
        assert_eq!(names(&cache), Vec::<String>::new());
    }
}
