//! Archives that users send: taken in, kept until their job has ended, and swept.
//!
//! An archive is written below `CacheDirectory`, into a file that is locked for as long as it comes in and gets the name
//! of its job once the job is in the store. So what is neither locked nor named like a job of the store is nobody's, and
//! nothing that was accepted is lost with the process.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use futures_util::StreamExt as _;
use tempfile::NamedTempFile;
use tokio::io::AsyncWriteExt as _;
use tokio::time::{Instant, timeout, timeout_at};

use crate::convert::temporary::{self, Neighbours};
use crate::registry::origin::blocking;

/// How the names of files begin that still come in.
const COMING: &str = ".coming-";

/// How many archives each user has here.
#[derive(Debug, Default)]
pub(crate) struct Uploads(Mutex<BTreeMap<u32, u32>>);

/// The right to have an archive here, until it is dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    uploads: Arc<Uploads>,
    uid: u32,
}

/// What an archive may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Bytes.
    pub(crate) bytes: u64,
    /// Until the next byte.
    pub(crate) idle: Duration,
    /// Until the last one.
    pub(crate) whole: Duration,
}

/// Why an archive was not taken in. Nothing of it is left.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UploadError {
    /// It is larger than the site wants it.
    #[error("the archive has more than {0} bytes")]
    TooLarge(u64),
    /// It does not come.
    #[error("the archive did not come in time")]
    TooSlow,
    /// The connection ended first.
    #[error("the archive was cut off: {0}")]
    CutOff(#[source] axum::Error),
    /// It cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Uploads {
    /// Room for one more archive of a user; nothing where there are `most` of all users, or a quarter of that of this one.
    pub(crate) fn begin(self: &Arc<Self>, uid: u32, most: u32) -> Option<Slot> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all: u32 = counts.values().sum();
        let own = counts.get(&uid).copied().unwrap_or(0);
        let is_full = all >= most || own >= (most / 4).max(1);
        drop(counts);
        (!is_full).then(|| self.resume(uid))
    }

    /// Counts an archive that is here already, as after a restart.
    pub(crate) fn resume(self: &Arc<Self>, uid: u32) -> Slot {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(uid).or_default() += 1;
        Slot { uploads: Arc::clone(self), uid }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut counts = self.uploads.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.uid) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.uid);
            }
        }
    }
}

/// Where archives lie.
pub(crate) fn directory(cache: &Path) -> PathBuf {
    cache.join("uploads")
}

/// The name of the archive of a job, by its number in the store.
pub(crate) fn file_name(seq: i64) -> String {
    format!("{seq}.archive")
}

/// Writes the body of a request down, durably.
pub(crate) async fn receive(body: Body, cache: &Path, bounds: Bounds) -> Result<NamedTempFile, UploadError> {
    let directory = directory(cache);
    let failed = |source| UploadError::Write { path: directory.clone(), source };
    let (file, writer) = open(&directory).map_err(failed)?;
    let mut writer = tokio::fs::File::from_std(writer);
    let mut chunks = body.into_data_stream();
    let end = Instant::now() + bounds.whole;
    let mut bytes = 0;
    loop {
        let next = timeout(bounds.idle, timeout_at(end, chunks.next())).await;
        let Ok(Ok(next)) = next else { return Err(UploadError::TooSlow) };
        let Some(chunk) = next else { break };
        let chunk = chunk.map_err(UploadError::CutOff)?;
        bytes += chunk.len() as u64;
        if bytes > bounds.bytes {
            return Err(UploadError::TooLarge(bounds.bytes));
        }
        writer.write_all(&chunk).await.map_err(failed)?;
    }
    writer.flush().await.map_err(failed)?;
    writer.sync_data().await.map_err(failed)?;
    Ok(file)
}

fn open(directory: &Path) -> io::Result<(NamedTempFile, File)> {
    match DirBuilder::new().mode(0o700).create(directory) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let file = temporary::file(tempfile::Builder::new().prefix(COMING), directory)?;
    let writer = file.as_file().try_clone()?;
    Ok((file, writer))
}

/// Gives an archive the name of its job, durably.
pub(crate) fn keep(file: NamedTempFile, target: &Path) -> io::Result<()> {
    file.persist(target)?;
    File::open(target.parent().unwrap_or(Path::new("/")))?.sync_all()
}

/// Removes an archive whose job has ended.
pub(crate) async fn discard(path: PathBuf) {
    blocking(move || match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(path = %path.display(), %error, "cannot remove an archive whose job has ended");
        }
        _ => {}
    })
    .await;
}

/// The archives that are here, and what came in and broke off. Read before the jobs are: see [`sweep`].
pub(crate) fn all(cache: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory(cache)) else { return Vec::new() };
    entries.flatten().map(|entry| entry.path()).collect()
}

/// Removes those of `found` that are not of the jobs `kept`, by file name.
///
/// ORDER: files first, then jobs. A job is in the store before its file has its name, so a file that was found has a job
/// there, or had one that has ended.
pub(crate) fn sweep(found: Vec<PathBuf>, kept: &BTreeSet<String>) {
    for path in found {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let is_nobodys = if name.starts_with(COMING) {
            temporary::is_abandoned(&path, Neighbours::Remote).is_some()
        } else {
            !kept.contains(name)
        };
        if is_nobodys && fs::remove_file(&path).is_ok() {
            tracing::info!(path = %path.display(), "removed an archive that nobody loads");
        }
    }
}

#[cfg(test)]
mod tests;
