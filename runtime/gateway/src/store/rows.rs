//! What every backend does, and all that it does: find, put, change and delete rows within one transaction.
//!
//! What the gateway means by its rows is written once, on top of this: see the parent module.

use std::fmt;

use super::StoreError;
use super::value::{ToValue, Value};

/// A table, or whatever a backend has for one.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: &'static str,
    /// The columns that no two rows have in common.
    pub(super) key: &'static [&'static str],
    /// All of them, the key's included.
    pub(super) columns: &'static [&'static str],
}

impl Table {
    /// Whether rows are numbered in the order in which they are added.
    pub(super) fn is_numbered(&self) -> bool {
        self.key == ["seq"]
    }

    /// The columns of a new row: numbers are given by the store.
    pub(super) fn written(&self) -> &'static [&'static str] {
        if self.is_numbered() { &self.columns[1..] } else { self.columns }
    }
}

/// The values of a row, in the order of the table's columns.
pub(super) type Row = Vec<Value>;

/// What a row must be to be meant.
#[derive(Clone, Debug)]
pub(super) enum Only {
    /// A column has this value, or none.
    Is(&'static str, Value),
    /// A column has one of these.
    OneOf(&'static str, Vec<Value>),
    /// A column is less than this.
    Below(&'static str, Value),
    /// A column is this or less.
    AtMost(&'static str, Value),
    /// A column is more than this.
    Above(&'static str, Value),
}

/// A column has this value; nothing is a value, too.
pub(super) fn is(column: &'static str, value: impl ToValue) -> Only {
    Only::Is(column, value.to_value())
}

/// Which rows come first, and how many.
#[derive(Clone, Copy, Debug)]
pub(super) enum Order {
    /// In the order of these columns, all of them.
    By(&'static [&'static str]),
    /// So many of the last ones of a numbered table, the last first.
    Last(u32),
}

/// How a transaction ends when all went well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// What was changed stays.
    Keep,
    /// Nothing was changed.
    Undo,
}

/// The rows of a store, within a transaction.
pub(super) trait Rows {
    /// The rows that are meant by all of `only`.
    fn find(&mut self, table: &'static Table, only: &[Only], order: Order) -> Result<Vec<Row>, StoreError>;
    /// Writes a row, in place of the one with the same key.
    fn put(&mut self, table: &'static Table, row: &[Value]) -> Result<(), StoreError>;
    /// Adds a row to a numbered table, without its number; gives the number back.
    fn add(&mut self, table: &'static Table, row: &[Value]) -> Result<i64, StoreError>;
    /// Sets columns of the rows that are meant; says how many.
    fn change(
        &mut self,
        table: &'static Table,
        set: &[(&'static str, Value)],
        only: &[Only],
    ) -> Result<u64, StoreError>;
    /// Deletes the rows that are meant; says how many.
    fn delete(&mut self, table: &'static Table, only: &[Only]) -> Result<u64, StoreError>;
    /// How many rows are meant.
    fn count(&mut self, table: &'static Table, only: &[Only]) -> Result<u64, StoreError>;
    /// The sum of a column of whole numbers over the rows that are meant.
    fn sum(&mut self, table: &'static Table, column: &'static str, only: &[Only]) -> Result<i64, StoreError>;
    /// What time it is for everybody who shares the store, in seconds since 1970.
    fn now(&mut self) -> Result<f64, StoreError>;
}

/// What is done within one transaction. A backend may do it again when it must.
pub(super) type Work<'a> = dyn FnMut(&mut dyn Rows) -> Result<(), StoreError> + 'a;

/// Something only one gateway does at a time, until this is dropped.
pub(super) trait Exclusive: fmt::Debug {}

/// Whether other gateways use the store at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sharing {
    /// No: what is in flight at the start belongs to a gateway that is dead.
    Alone,
    /// They may.
    Shared,
}

/// Where rows are kept.
pub(super) trait Backend: fmt::Debug + Send + Sync {
    /// Looks at rows as they all were at one moment.
    fn read(&self, work: &mut Work<'_>) -> Result<(), StoreError>;
    /// Changes rows, all at once or not at all, while nobody else changes any.
    fn write(&self, end: End, work: &mut Work<'_>) -> Result<(), StoreError>;
    /// Who else uses it.
    fn sharing(&self) -> Sharing;
    /// Waits until no other gateway does what is called so.
    fn exclusive(&self, what: &str) -> Result<Box<dyn Exclusive>, StoreError>;
}

/// A row as a type of its own.
pub(super) trait Record: Sized {
    /// Where it is kept.
    const TABLE: &'static Table;
    /// Its values, in the order of [`Table::written`].
    fn to_row(&self) -> Row;
    /// From its values, in the order of the table's columns.
    fn from_row(row: Row) -> Result<Self, StoreError>;
}

impl dyn Rows + '_ {
    /// The rows that are meant.
    pub(super) fn all<R: Record>(&mut self, only: &[Only], order: Order) -> Result<Vec<R>, StoreError> {
        self.find(R::TABLE, only, order)?.into_iter().map(R::from_row).collect()
    }

    /// The row that is meant.
    pub(super) fn one<R: Record>(&mut self, only: &[Only]) -> Result<Option<R>, StoreError> {
        Ok(self.all(only, Order::By(R::TABLE.key))?.into_iter().next())
    }

    /// Whether there is such a row.
    pub(super) fn has<R: Record>(&mut self, only: &[Only]) -> Result<bool, StoreError> {
        Ok(self.number_of::<R>(only)? > 0)
    }

    /// How many rows are meant.
    pub(super) fn number_of<R: Record>(&mut self, only: &[Only]) -> Result<u64, StoreError> {
        self.count(R::TABLE, only)
    }

    /// Writes a row, in place of the one with the same key.
    pub(super) fn save<R: Record>(&mut self, row: &R) -> Result<(), StoreError> {
        self.put(R::TABLE, &row.to_row())
    }

    /// Deletes the rows that are meant; says how many.
    pub(super) fn drop_all<R: Record>(&mut self, only: &[Only]) -> Result<u64, StoreError> {
        self.delete(R::TABLE, only)
    }
}

/// Declares rows: a struct, its table, and how one becomes the other.
macro_rules! rows {
    ($($(#[$doc:meta])* $name:ident in $table:literal by $key:tt { $($field:ident: $kind:ty),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub(super) struct $name {
            $(pub(super) $field: $kind,)*
        }

        impl crate::store::rows::Record for $name {
            const TABLE: &'static crate::store::rows::Table = &crate::store::rows::Table {
                name: $table,
                key: &$key,
                columns: &[$(stringify!($field)),*],
            };

            fn to_row(&self) -> crate::store::rows::Row {
                let mut row = vec![$(crate::store::value::ToValue::to_value(&self.$field)),*];
                if Self::TABLE.is_numbered() {
                    row.remove(0);
                }
                row
            }

            fn from_row(row: crate::store::rows::Row) -> Result<Self, crate::store::StoreError> {
                let mut values = row.into_iter();
                let mut next = || values.next().unwrap_or(crate::store::value::Value::Null);
                Ok(Self { $($field: crate::store::value::Cell::from_value(next())?),* })
            }
        }
    )*};
}

pub(super) use rows;
