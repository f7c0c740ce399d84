//! Rows of a PostgreSQL transaction.

use std::collections::HashMap;
use std::error::Error;

use postgres::types::private::BytesMut;
use postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use postgres::{Statement as Prepared, Transaction};

use crate::store::StoreError;
use crate::store::rows::{Row, Table};
use crate::store::sql::{Dialect, Sql, Statement};
use crate::store::value::Value;

/// A transaction, and the statements its connection knows.
pub(super) struct InTransaction<'a> {
    transaction: Transaction<'a>,
    prepared: &'a mut HashMap<String, Prepared>,
}

impl<'a> InTransaction<'a> {
    pub(super) fn new(transaction: Transaction<'a>, prepared: &'a mut HashMap<String, Prepared>) -> Self {
        Self { transaction, prepared }
    }

    pub(super) fn commit(self) -> Result<(), StoreError> {
        Ok(self.transaction.commit()?)
    }

    pub(super) fn rollback(self) -> Result<(), StoreError> {
        Ok(self.transaction.rollback()?)
    }

    fn prepare(&mut self, statement: &Statement) -> Result<Prepared, StoreError> {
        if let Some(prepared) = self.prepared.get(&statement.text) {
            return Ok(prepared.clone());
        }
        let prepared = self.transaction.prepare(&statement.text)?;
        if statement.is_common {
            self.prepared.insert(statement.text.clone(), prepared.clone());
        }
        Ok(prepared)
    }
}

fn parameters(statement: &Statement) -> Vec<&(dyn ToSql + Sync)> {
    statement.values.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

impl Sql for InTransaction<'_> {
    const DIALECT: Dialect = Dialect::Postgres;

    fn query(&mut self, _table: &'static Table, statement: &Statement) -> Result<Vec<Row>, StoreError> {
        let prepared = self.prepare(statement)?;
        let found = self.transaction.query(&prepared, &parameters(statement))?;
        found.iter().map(|row| (0..row.len()).map(|n| value(row, n)).collect()).collect()
    }

    fn execute(&mut self, statement: &Statement) -> Result<u64, StoreError> {
        let prepared = self.prepare(statement)?;
        Ok(self.transaction.execute(&prepared, &parameters(statement))?)
    }

    fn number(&mut self, statement: &Statement) -> Result<i64, StoreError> {
        let prepared = self.prepare(statement)?;
        Ok(self.transaction.query_one(&prepared, &parameters(statement))?.try_get(0)?)
    }

    fn time(&mut self) -> Result<f64, StoreError> {
        let text = "SELECT CAST(extract(epoch FROM clock_timestamp()) AS FLOAT8)".to_owned();
        let prepared = self.prepare(&Statement { text, values: Vec::new(), is_common: true })?;
        Ok(self.transaction.query_one(&prepared, &[])?.try_get(0)?)
    }
}

impl ToSql for Value {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(number) => number.to_sql(kind, out),
            Self::Real(number) => number.to_sql(kind, out),
            // PostgreSQL keeps no NUL in a text ("Character Types").
            Self::Text(text) => text.replace('\0', "\u{fffd}").to_sql(kind, out),
        }
    }

    fn accepts(_kind: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn value(row: &postgres::Row, n: usize) -> Result<Value, StoreError> {
    let kind = row.columns()[n].type_();
    let value = match *kind {
        Type::INT8 => row.try_get::<_, Option<i64>>(n)?.map(Value::Int),
        Type::FLOAT8 => row.try_get::<_, Option<f64>>(n)?.map(Value::Real),
        Type::TEXT => row.try_get::<_, Option<String>>(n)?.map(Value::Text),
        _ => return Err(StoreError::Unexpected { kind: "a value of another type" }),
    };
    Ok(value.unwrap_or(Value::Null))
}
