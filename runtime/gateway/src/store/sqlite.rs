//! SQLite: the store of one gateway, in one file.
//!
//! The database is in WAL mode with one writing connection, so that lookups never wait for a pull. What must not happen
//! twice is a constraint of the schema, too: one pull in flight per image and identity, one image per id and system.

mod schema;

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags, ToSql, Transaction, TransactionBehavior, params_from_iter};

use super::StoreError;
use super::rows::{Backend, End, Exclusive, Row, Sharing, Table, Work};
use super::sql::{Dialect, Sql, Statement};
use super::value::Value;
use crate::time::seconds;

#[cfg(test)]
pub(super) use schema::FIRST;

/// An open database.
#[derive(Debug)]
pub(super) struct Sqlite {
    path: PathBuf,
    writer: Mutex<Connection>,
    /// Reading connections that nobody uses at the moment.
    readers: Mutex<Vec<Connection>>,
    /// Held for as long as the store is open: a second process would take over pulls that still run.
    _lock: File,
}

impl Sqlite {
    /// Opens the database, makes it if there is none, and brings its schema up to date.
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let lock = lock(path)?;
        // SQLite gives its `-wal` and `-shm` the mode of the database, which only its owner may read.
        private_file(path)?;
        let mut writer = Connection::open(path)?;
        schema::prepare(&writer)?;
        schema::migrate(&mut writer, path)?;
        Ok(Self { path: path.to_owned(), writer: Mutex::new(writer), readers: Mutex::new(Vec::new()), _lock: lock })
    }

    fn open_reader(&self) -> Result<Connection, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.busy_timeout(schema::BUSY)?;
        connection.set_prepared_statement_cache_capacity(schema::STATEMENTS);
        Ok(connection)
    }
}

impl Backend for Sqlite {
    fn read(&self, work: &mut Work<'_>) -> Result<(), StoreError> {
        let idle = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => self.open_reader()?,
        };
        let done = connection
            .transaction_with_behavior(TransactionBehavior::Deferred)
            .map_err(StoreError::from)
            .and_then(|transaction| work(&mut InTransaction(transaction)));
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        done
    }

    fn write(&self, end: End, work: &mut Work<'_>) -> Result<(), StoreError> {
        // A panic elsewhere has rolled its transaction back.
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let mut transaction = InTransaction(writer.transaction_with_behavior(TransactionBehavior::Immediate)?);
        work(&mut transaction)?;
        match end {
            End::Keep => Ok(transaction.0.commit()?),
            End::Undo => Ok(transaction.0.rollback()?),
        }
    }

    fn sharing(&self) -> Sharing {
        Sharing::Alone
    }

    fn exclusive(&self, _what: &str) -> Result<Box<dyn Exclusive>, StoreError> {
        Ok(Box::new(Nobody))
    }
}

/// There is no other gateway to wait for.
#[derive(Debug)]
struct Nobody;

impl Exclusive for Nobody {}

struct InTransaction<'a>(Transaction<'a>);

impl Sql for InTransaction<'_> {
    const DIALECT: Dialect = Dialect::Sqlite;

    fn query(&mut self, table: &'static Table, statement: &Statement) -> Result<Vec<Row>, StoreError> {
        let mut prepared = self.0.prepare_cached(&statement.text)?;
        let mut found = prepared.query(params_from_iter(&statement.values))?;
        let mut all = Vec::new();
        while let Some(row) = found.next()? {
            let value = |n| row.get_ref(n).map_err(StoreError::from).and_then(value);
            all.push((0..table.columns.len()).map(value).collect::<Result<_, _>>()?);
        }
        Ok(all)
    }

    fn execute(&mut self, statement: &Statement) -> Result<u64, StoreError> {
        let mut prepared = self.0.prepare_cached(&statement.text)?;
        Ok(u64::try_from(prepared.execute(params_from_iter(&statement.values))?).unwrap_or(u64::MAX))
    }

    fn number(&mut self, statement: &Statement) -> Result<i64, StoreError> {
        let mut prepared = self.0.prepare_cached(&statement.text)?;
        Ok(prepared.query_row(params_from_iter(&statement.values), |row| row.get(0))?)
    }

    fn time(&mut self) -> Result<f64, StoreError> {
        Ok(seconds(SystemTime::now()))
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let value = match self {
            Self::Null => ValueRef::Null,
            Self::Int(number) => ValueRef::Integer(*number),
            Self::Real(number) => ValueRef::Real(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
        };
        Ok(ToSqlOutput::Borrowed(value))
    }
}

fn value(stored: ValueRef<'_>) -> Result<Value, StoreError> {
    Ok(match stored {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Int(number),
        ValueRef::Real(number) => Value::Real(number),
        ValueRef::Text(bytes) => Value::Text(String::from_utf8_lossy(bytes).into_owned()),
        ValueRef::Blob(_) => return Err(StoreError::Unexpected { kind: "bytes" }),
    })
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
