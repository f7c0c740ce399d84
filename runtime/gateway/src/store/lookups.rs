//! Lookups, one row each, where the site wants them counted.

use shifter_gateway_types::rest::LookupRow;

use super::rows::{Only, Order, Record, is};
use super::tables::LookupLine;
use super::value::Value;
use super::{Store, StoreError};

/// So many are kept.
const MOST: i64 = 100_000;

impl Store {
    /// Writes lookups down, and drops the oldest ones.
    pub fn record_lookups(&self, lookups: &[LookupRow]) -> Result<(), StoreError> {
        self.write(|rows| {
            let mut last = 0;
            for row in lookups {
                let LookupRow { user, uid, system, itype, tag, id, time } = row.clone();
                let line = LookupLine { seq: 0, user, uid, system, itype, tag, id, time };
                last = rows.add(LookupLine::TABLE, &line.to_row())?;
            }
            rows.drop_all::<LookupLine>(&[Only::AtMost("seq", Value::Int(last - MOST))])?;
            Ok(())
        })
    }

    /// The last `limit` lookups on a system, the oldest first.
    pub fn lookups(&self, system: &str, limit: u32) -> Result<Vec<LookupRow>, StoreError> {
        let lines = self.read(|rows| rows.all::<LookupLine>(&[is("system", system)], Order::Last(limit)))?;
        Ok(lines.into_iter().rev().map(LookupRow::from).collect())
    }
}
