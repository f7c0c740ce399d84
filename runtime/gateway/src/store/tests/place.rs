//! Where a store under test keeps its rows.

use std::sync::OnceLock;

use super::server::Postgres;
use super::{Database, Store};

/// One place of each kind, new and empty.
pub(super) struct Place {
    pub(super) database: Database,
    _dir: Option<tempfile::TempDir>,
}

impl Place {
    pub(super) fn sqlite() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { database: Database::Sqlite(dir.path().join("gateway.db")), _dir: Some(dir) }
    }

    pub(super) fn postgres() -> Self {
        // One server for all tests of this process, a database for each.
        static SERVER: OnceLock<Postgres> = OnceLock::new();
        let url = SERVER.get_or_init(Postgres::start).new_database();
        Self { database: url.parse().unwrap(), _dir: None }
    }

    /// Opens it, once more if it was open before.
    pub(super) fn open(&self) -> Store {
        Store::open(&self.database).unwrap()
    }
}

/// Makes tests of functions that take a place: one for each kind of store.
macro_rules! on_each_store {
    ($($name:ident,)*) => {
        mod on_sqlite {
            $(#[test]
            fn $name() {
                super::$name(&crate::store::tests::place::Place::sqlite());
            })*
        }

        mod on_postgres {
            $(#[test]
            fn $name() {
                super::$name(&crate::store::tests::place::Place::postgres());
            })*
        }
    };
}
