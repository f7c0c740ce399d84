//! The statements of both SQL databases, in what they have in common.
//!
//! Every name is quoted (`user` and `groups` are words of SQL), every value is a parameter. They differ in how a
//! parameter is written: `?1` here, `$1` there.

use super::StoreError;
use super::rows::{Only, Order, Row, Rows, Table};
use super::value::Value;

/// A transaction of an SQL database: what is left to a backend when the statements are made.
pub(super) trait Sql {
    /// How its statements are written.
    const DIALECT: Dialect;

    /// The rows of a table that a statement finds.
    fn query(&mut self, table: &'static Table, statement: &Statement) -> Result<Vec<Row>, StoreError>;
    /// How many rows a statement has changed.
    fn execute(&mut self, statement: &Statement) -> Result<u64, StoreError>;
    /// The one number that a statement gives.
    fn number(&mut self, statement: &Statement) -> Result<i64, StoreError>;
    /// The time of the database.
    fn time(&mut self) -> Result<f64, StoreError>;
}

impl<T: Sql> Rows for T {
    fn find(&mut self, table: &'static Table, only: &[Only], order: Order) -> Result<Vec<Row>, StoreError> {
        self.query(table, &Statement::find(T::DIALECT, table, only, order))
    }

    fn put(&mut self, table: &'static Table, row: &[Value]) -> Result<(), StoreError> {
        self.execute(&Statement::put(T::DIALECT, table, row)).map(drop)
    }

    fn add(&mut self, table: &'static Table, row: &[Value]) -> Result<i64, StoreError> {
        self.number(&Statement::add(T::DIALECT, table, row))
    }

    fn change(
        &mut self,
        table: &'static Table,
        set: &[(&'static str, Value)],
        only: &[Only],
    ) -> Result<u64, StoreError> {
        self.execute(&Statement::change(T::DIALECT, table, set, only))
    }

    fn delete(&mut self, table: &'static Table, only: &[Only]) -> Result<u64, StoreError> {
        self.execute(&Statement::delete(T::DIALECT, table, only))
    }

    fn count(&mut self, table: &'static Table, only: &[Only]) -> Result<u64, StoreError> {
        Ok(self.number(&Statement::count(T::DIALECT, table, only))?.unsigned_abs())
    }

    fn sum(&mut self, table: &'static Table, column: &'static str, only: &[Only]) -> Result<i64, StoreError> {
        self.number(&Statement::sum(T::DIALECT, table, column, only))
    }

    fn now(&mut self) -> Result<f64, StoreError> {
        self.time()
    }
}

/// How a parameter is written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Dialect {
    /// `?1`.
    Sqlite,
    /// `$1`.
    Postgres,
}

/// A statement and its parameters.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Statement {
    pub(super) text: String,
    pub(super) values: Vec<Value>,
    /// Whether the same text will come again: lists of ids make texts that do not.
    pub(super) is_common: bool,
}

/// Lists of so many values at most make texts that come again.
const COMMON: usize = 8;

impl Statement {
    fn new(text: String) -> Self {
        Self { text, values: Vec::new(), is_common: true }
    }

    pub(super) fn find(dialect: Dialect, table: &Table, only: &[Only], order: Order) -> Self {
        let mut all = Self::new(format!("SELECT {} FROM {}", list(table.columns), quoted(table.name)));
        all.narrow(dialect, only);
        match order {
            Order::By(columns) => all.text += &format!(" ORDER BY {}", list(columns)),
            Order::Last(most) => {
                let most = all.parameter(dialect, Value::Int(i64::from(most)));
                all.text += &format!(" ORDER BY \"seq\" DESC LIMIT {most}");
            }
        }
        all
    }

    pub(super) fn put(dialect: Dialect, table: &Table, row: &[Value]) -> Self {
        let mut all = Self::insert(dialect, table, row);
        let rest: Vec<String> =
            table.columns.iter().filter(|column| !table.key.contains(column)).map(set_new).collect();
        all.text += &match rest.as_slice() {
            [] => format!(" ON CONFLICT ({}) DO NOTHING", list(table.key)),
            rest => format!(" ON CONFLICT ({}) DO UPDATE SET {}", list(table.key), rest.join(", ")),
        };
        all
    }

    pub(super) fn add(dialect: Dialect, table: &Table, row: &[Value]) -> Self {
        let mut all = Self::insert(dialect, table, row);
        all.text += " RETURNING \"seq\"";
        all
    }

    fn insert(dialect: Dialect, table: &Table, row: &[Value]) -> Self {
        let columns = table.written();
        let mut all = Self::new(format!("INSERT INTO {} ({}) VALUES (", quoted(table.name), list(columns)));
        let values: Vec<String> = row.iter().map(|value| all.parameter(dialect, value.clone())).collect();
        all.text += &format!("{})", values.join(", "));
        all
    }

    pub(super) fn change(dialect: Dialect, table: &Table, set: &[(&'static str, Value)], only: &[Only]) -> Self {
        let mut all = Self::new(format!("UPDATE {} SET ", quoted(table.name)));
        let assignment =
            |(column, value): &(&str, Value)| format!("{} = {}", quoted(column), all.parameter(dialect, value.clone()));
        let assignments: Vec<String> = set.iter().map(assignment).collect();
        all.text += &assignments.join(", ");
        all.narrow(dialect, only);
        all
    }

    pub(super) fn delete(dialect: Dialect, table: &Table, only: &[Only]) -> Self {
        let mut all = Self::new(format!("DELETE FROM {}", quoted(table.name)));
        all.narrow(dialect, only);
        all
    }

    pub(super) fn count(dialect: Dialect, table: &Table, only: &[Only]) -> Self {
        let mut all = Self::new(format!("SELECT count(*) FROM {}", quoted(table.name)));
        all.narrow(dialect, only);
        all
    }

    pub(super) fn sum(dialect: Dialect, table: &Table, column: &str, only: &[Only]) -> Self {
        let sum = format!("CAST(coalesce(sum({}), 0) AS BIGINT)", quoted(column));
        let mut all = Self::new(format!("SELECT {sum} FROM {}", quoted(table.name)));
        all.narrow(dialect, only);
        all
    }

    fn narrow(&mut self, dialect: Dialect, only: &[Only]) {
        for (n, only) in only.iter().enumerate() {
            self.text += if n == 0 { " WHERE " } else { " AND " };
            let (column, sign, value) = match only {
                Only::Is(column, Value::Null) => {
                    self.text += &format!("{} IS NULL", quoted(column));
                    continue;
                }
                Only::OneOf(column, values) => {
                    self.is_common &= values.len() <= COMMON;
                    let values: Vec<String> =
                        values.iter().map(|value| self.parameter(dialect, value.clone())).collect();
                    // An empty list is nothing that a row can be; SQL wants one value at least.
                    let values = if values.is_empty() { "NULL".to_owned() } else { values.join(", ") };
                    self.text += &format!("{} IN ({values})", quoted(column));
                    continue;
                }
                Only::Is(column, value) => (column, "=", value),
                Only::Below(column, value) => (column, "<", value),
                Only::AtMost(column, value) => (column, "<=", value),
                Only::Above(column, value) => (column, ">", value),
            };
            let value = self.parameter(dialect, value.clone());
            self.text += &format!("{} {sign} {value}", quoted(column));
        }
    }

    fn parameter(&mut self, dialect: Dialect, value: Value) -> String {
        self.values.push(value);
        let sign = match dialect {
            Dialect::Sqlite => '?',
            Dialect::Postgres => '$',
        };
        format!("{sign}{}", self.values.len())
    }
}

fn set_new(column: &&str) -> String {
    format!("{0} = excluded.{0}", quoted(column))
}

fn list(columns: &[&str]) -> String {
    columns.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(", ")
}

fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::rows::is;

    const TABLE: Table = Table { name: "pin", key: &["tag", "uid"], columns: &["tag", "uid", "until"] };

    #[test]
    fn values_are_parameters_and_names_are_quoted() {
        let row = [Value::Text("a".to_owned()), Value::Int(1), Value::Real(2.0)];
        let put = Statement::put(Dialect::Postgres, &TABLE, &row);
        let insert = r#"INSERT INTO "pin" ("tag", "uid", "until") VALUES ($1, $2, $3)"#;
        let update = r#"ON CONFLICT ("tag", "uid") DO UPDATE SET "until" = excluded."until""#;
        assert_eq!((put.text, put.values.as_slice()), (format!("{insert} {update}"), row.as_slice()));
        let only = [is("tag", "a"), Only::Is("uid", Value::Null), Only::OneOf("uid", Vec::new())];
        let find = Statement::find(Dialect::Sqlite, &TABLE, &only, Order::Last(3));
        let narrowed = r#"WHERE "tag" = ?1 AND "uid" IS NULL AND "uid" IN (NULL) ORDER BY "seq" DESC LIMIT ?2"#;
        assert_eq!(find.text, format!(r#"SELECT "tag", "uid", "until" FROM "pin" {narrowed}"#));
    }
}
