//! What the gateway remembers: images, tags, grants and pulls, in one SQLite file.
//!
//! The database is in WAL mode with one writing connection, so that lookups never wait for a pull.
//! What must not happen twice is a constraint of the schema: one pull in flight per image and
//! identity, one image per id and system. Calls block for as long as SQLite does; the service makes
//! them on blocking threads.
//!
//! `model` is what is stored, `schema` its tables, `images` lookups and grants, `pulls` the state
//! machine of pulls. What becomes of images later: `names` which a tag names, `removal` how a tag goes, `life` who
//! holds it and when it was used, `expired` what is left to be deleted, `history` and `lookups` what was. `cancel` is how
//! pulls are taken back, `report` what they found in an image.

mod cancel;
mod expired;
mod history;
mod images;
mod life;
mod lookups;
mod model;
mod names;
mod pulls;
mod removal;
mod report;
mod schema;

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OpenFlags};

pub use cancel::{Leaver, Left};
pub use expired::{Expired, Stored};
pub use history::Past;
pub use life::Aging;
pub use model::{Access, Entry, Image, Job, PullAsk, Tag, TagName};
pub use names::Standing;
pub use pulls::{Asked, Completed, Failure, Terms};
pub use removal::{Removal, Word};

/// The store of one gateway process.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    writer: Mutex<Connection>,
    /// Reading connections that nobody uses at the moment.
    readers: Mutex<Vec<Connection>>,
    /// Held for as long as the store is open: a second process would recover pulls that still run.
    _lock: File,
}

/// The store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file cannot be made or opened.
    #[error("cannot open the database {}: {source}", path.display())]
    Open {
        /// The database or its lock file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another gateway has it open.
    #[error("the database {} is in use by another gateway", .0.display())]
    InUse(PathBuf),
    /// A later version wrote it.
    #[error("the database {} has schema version {found}, this gateway knows up to {known}", path.display())]
    TooNew {
        /// The database.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version known.
        known: i64,
    },
    /// SQLite refuses.
    #[error("the database says: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A value that this program writes as JSON is none.
    #[error("the database holds a damaged value: {0}")]
    Damaged(#[from] serde_json::Error),
}

impl Store {
    /// Opens the database, makes it if there is none, and brings its schema up to date.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let lock = lock(path)?;
        // SQLite gives its `-wal` and `-shm` the mode of the database, which only its owner may read.
        private_file(path)?;
        let mut writer = Connection::open(path)?;
        schema::prepare(&writer)?;
        schema::migrate(&mut writer, path)?;
        Ok(Self { path: path.to_owned(), writer: Mutex::new(writer), readers: Mutex::new(Vec::new()), _lock: lock })
    }

    /// The one writing connection. A panic elsewhere has rolled its transaction back.
    fn writer(&self) -> MutexGuard<'_, Connection> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a query on a reading connection.
    fn read<T>(&self, query: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let idle = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.open_reader()?,
        };
        let answer = query(&connection);
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        answer
    }

    fn open_reader(&self) -> Result<Connection, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.busy_timeout(schema::BUSY)?;
        Ok(connection)
    }
}

fn lock(path: &Path) -> Result<File, StoreError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let name = PathBuf::from(name);
    let file = private_file(&name)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse(path.to_owned())),
        Err(TryLockError::Error(source)) => Err(StoreError::Open { path: name, source }),
    }
}

/// Opens a file that only its owner may read, and makes it if there is none.
fn private_file(path: &Path) -> Result<File, StoreError> {
    let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path);
    opened.map_err(|source| StoreError::Open { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests;
