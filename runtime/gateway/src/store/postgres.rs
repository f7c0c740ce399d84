//! PostgreSQL: a database that several gateways share.
//!
//! Writers come one after the other: each takes one advisory lock for its transaction, so that what is decided over rows
//! here means the same as in a file of one gateway. They are few (a pull writes some rows a second), and the lock is the
//! session's: it ends with a connection that is cut. Readers see one moment and wait for nobody.

mod connect;
mod error;
mod pool;
mod schema;
mod transaction;

use postgres::IsolationLevel;
use sha2::{Digest, Sha256};
use shifter_gateway_types::config::DatabaseUrl;

use super::StoreError;
use super::rows::{Backend, End, Exclusive, Sharing, Work};

pub(super) use connect::Target;
pub use connect::TargetError;
use pool::Pool;
use transaction::InTransaction;

/// The advisory lock of whoever writes (pg_locks, "Advisory Locks"): `shifter` as a number.
const WRITER: i64 = 0x0073_6869_6674_6572;

/// An open database.
#[derive(Debug)]
pub(super) struct Postgres {
    pool: Pool,
}

impl Postgres {
    /// Connects, and brings the schema up to date.
    pub(super) fn open(url: &DatabaseUrl) -> Result<Self, StoreError> {
        let pool = Pool::new(Target::new(url)?);
        schema::migrate(&mut pool.connect()?, url)?;
        Ok(Self { pool })
    }
}

impl Backend for Postgres {
    fn read(&self, work: &mut Work<'_>) -> Result<(), StoreError> {
        let mut connection = self.pool.take()?;
        let (client, prepared) = connection.parts();
        let begun = client.build_transaction().isolation_level(IsolationLevel::RepeatableRead).read_only(true).start();
        let mut transaction = InTransaction::new(begun?, prepared);
        work(&mut transaction)?;
        transaction.commit()?;
        self.pool.give_back(connection);
        Ok(())
    }

    fn write(&self, end: End, work: &mut Work<'_>) -> Result<(), StoreError> {
        let mut connection = self.pool.take()?;
        let (client, prepared) = connection.parts();
        // READ COMMITTED: what is read after the lock was taken is what the writer before has left.
        let mut begun = client.transaction()?;
        begun.batch_execute(&format!("SELECT pg_advisory_xact_lock({WRITER})"))?;
        let mut transaction = InTransaction::new(begun, prepared);
        work(&mut transaction)?;
        match end {
            End::Keep => transaction.commit()?,
            End::Undo => transaction.rollback()?,
        }
        self.pool.give_back(connection);
        Ok(())
    }

    fn sharing(&self) -> Sharing {
        Sharing::Shared
    }

    fn exclusive(&self, what: &str) -> Result<Box<dyn Exclusive>, StoreError> {
        let mut client = self.pool.connect()?;
        client.batch_execute("SET statement_timeout = 0; SET lock_timeout = '60s'")?;
        let digest = Sha256::digest(what.as_bytes());
        let key = i64::from_be_bytes(digest[..8].try_into().expect("a digest has more than 8 bytes"));
        client.execute("SELECT pg_advisory_lock($1)", &[&key])?;
        Ok(Box::new(Session { _client: client }))
    }
}

/// A session that holds a lock; both end together.
struct Session {
    _client: postgres::Client,
}

impl Exclusive for Session {}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Session")
    }
}
