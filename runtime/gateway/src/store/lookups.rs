//! Lookups, one row each, where the site wants them counted.

use rusqlite::TransactionBehavior;
use shifter_gateway_types::rest::LookupRow;

use super::{Store, StoreError};

/// So many are kept.
const MOST: i64 = 100_000;

impl Store {
    /// Writes lookups down, and drops the oldest ones.
    pub fn record_lookups(&self, rows: &[LookupRow]) -> Result<(), StoreError> {
        let mut writer = self.writer();
        let db = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for row in rows {
            db.prepare_cached(
                "INSERT INTO lookup (user, uid, system, itype, tag, id, time) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute((&row.user, row.uid, &row.system, &row.itype, &row.tag, &row.id, row.time))?;
        }
        db.execute("DELETE FROM lookup WHERE seq <= (SELECT max(seq) FROM lookup) - ?1", [MOST])?;
        Ok(db.commit()?)
    }

    /// The last `limit` lookups on a system, the oldest first.
    pub fn lookups(&self, system: &str, limit: u32) -> Result<Vec<LookupRow>, StoreError> {
        self.read(|db| {
            let mut find = db.prepare_cached(
                "SELECT user, uid, system, itype, tag, id, time FROM lookup WHERE system = ?1
                 ORDER BY seq DESC LIMIT ?2",
            )?;
            let rows = find.query_map((system, limit), |row| {
                Ok(LookupRow {
                    user: row.get(0)?,
                    uid: row.get(1)?,
                    system: row.get(2)?,
                    itype: row.get(3)?,
                    tag: row.get(4)?,
                    id: row.get(5)?,
                    time: row.get(6)?,
                })
            })?;
            let mut rows = rows.collect::<Result<Vec<_>, _>>()?;
            rows.reverse();
            Ok(rows)
        })
    }
}
