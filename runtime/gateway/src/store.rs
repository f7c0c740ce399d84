//! What the gateway remembers: images, tags, grants and pulls.
//!
//! What a pull, a removal or a lookup means is written here once, over the small interface of `rows`: find, put, change
//! and delete rows within one transaction. A backend is that interface and nothing else: `sqlite` is one file of one
//! gateway, `postgres` a database that several share. Calls block for as long as the backend does; the service makes
//! them on blocking threads.
//!
//! `model` is what is stored, `tables` its rows, `value` what stands in them, `images` lookups and grants, `pulls` the
//! state machine of pulls and who runs them. What becomes of images later: `names` which a tag names, `removal` how a tag
//! goes, `life` who holds it and when it was used, `expired` what is left to be deleted, `history` and `lookups` what was.
//! `adopt` is how tags come in whose images were there before, `cancel` how pulls are taken back, `report` what they found in an image, `recent` what
//! is known of images while a database is away.
//! `changes` is how often this gateway wrote.

mod adopt;
mod cancel;
mod changes;
mod error;
mod expired;
mod history;
mod images;
mod life;
mod lookups;
mod model;
mod names;
mod postgres;
mod pulls;
mod recent;
mod removal;
mod report;
mod rows;
mod sql;
mod sqlite;
mod tables;
mod value;

use std::sync::atomic::{AtomicU32, Ordering};

use shifter_gateway_types::config::Database;

pub use adopt::Adopted;
pub use cancel::{Leaver, Left};
pub use changes::Changes;
pub use error::StoreError;
pub use expired::{Expired, Stored};
pub use history::Past;
pub use life::Aging;
pub use model::{Access, Entry, Image, Job, PullAsk, Tag, TagName};
pub use names::Standing;
pub use postgres::TargetError;
pub use pulls::{Asked, Completed, Failure, LEASE, Terms};
pub use removal::{Removal, Word};

use postgres::Postgres;
use recent::Recent;
use rows::{Backend, End, Exclusive, Rows, Sharing};
use sqlite::Sqlite;

/// Checks all of a database's URL that can be checked without it.
pub fn check(database: &Database) -> Result<(), TargetError> {
    match database {
        Database::Sqlite(_) => Ok(()),
        Database::Postgres(url) => postgres::Target::new(url).map(drop),
    }
}

/// The store of one gateway process.
#[derive(Debug)]
pub struct Store {
    backend: Box<dyn Backend>,
    /// What this gateway is called whenever it runs; empty where it has no name.
    gateway: String,
    /// What it is called in this run; no other run of any gateway ever has the same name.
    instance: String,
    recent: Recent,
    changes: Changes,
}

/// That no other gateway puts files in place, until this is dropped.
#[derive(Debug)]
pub struct Publishing {
    _lock: Box<dyn Exclusive>,
}

impl Store {
    /// Opens the database, makes what it lacks, and brings its schema up to date.
    pub fn open(database: &Database) -> Result<Self, StoreError> {
        Self::open_as(database, "")
    }

    /// As the gateway of this name, of which no other runs: what runs under it in the store was its own once.
    pub fn open_as(database: &Database, gateway: &str) -> Result<Self, StoreError> {
        let backend: Box<dyn Backend> = match database {
            Database::Sqlite(path) => Box::new(Sqlite::open(path)?),
            Database::Postgres(url) => Box::new(Postgres::open(url)?),
        };
        Ok(Self {
            backend,
            gateway: gateway.to_owned(),
            instance: instance(gateway),
            recent: Recent::default(),
            changes: Changes::default(),
        })
    }

    /// Waits until no other gateway puts files in place or takes them away, and keeps the others from it.
    pub fn publish_alone(&self) -> Result<Publishing, StoreError> {
        Ok(Publishing { _lock: self.backend.exclusive("publish")? })
    }

    /// Whether other gateways may use it at the same time.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.sharing() == Sharing::Shared
    }

    /// What this process has written.
    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    fn sharing(&self) -> Sharing {
        self.backend.sharing()
    }

    /// Looks at rows.
    fn read<T>(&self, mut look: impl FnMut(&mut dyn Rows) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut seen = None;
        self.backend.read(&mut |rows| {
            seen = Some(look(rows)?);
            Ok(())
        })?;
        Ok(seen.expect("a transaction that ends well has looked"))
    }

    /// Changes rows, all at once or not at all.
    fn write<T>(&self, work: impl FnMut(&mut dyn Rows) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.transact(End::Keep, work)
    }

    fn transact<T>(
        &self,
        end: End,
        mut work: impl FnMut(&mut dyn Rows) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut done = None;
        self.backend.write(end, &mut |rows| {
            done = Some(work(rows)?);
            Ok(())
        })?;
        if end == End::Keep {
            self.changes.note();
        }
        Ok(done.expect("a transaction that ends well has done its work"))
    }
}

/// The gateway, the host, the process, the moment of its start, and which store of the process it is.
fn instance(gateway: &str) -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let host = nix::unistd::gethostname().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let started = crate::time::seconds(std::time::SystemTime::now());
    format!("{gateway}/{host}:{}:{started}:{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed))
}

#[cfg(test)]
mod tests;
