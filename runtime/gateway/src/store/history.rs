//! What became of tags.

use rusqlite::Connection;
use shifter_gateway_types::rest::{HistoryEvent, HistoryRow};

use super::model::TagName;
use super::{Store, StoreError};

/// So many lines of a tag are kept.
const LINES: i64 = 100;

/// One line to write.
pub(super) struct Line<'a> {
    pub(super) time: f64,
    pub(super) event: HistoryEvent,
    pub(super) id: &'a str,
    pub(super) uid: Option<u32>,
}

/// A line, and whether the tag was private then.
#[derive(Clone, Debug, PartialEq)]
pub struct Past {
    /// The line.
    pub row: HistoryRow,
    /// Whether the tag was private then.
    pub private: bool,
}

impl Store {
    /// What became of a tag, the oldest first.
    pub fn history(&self, name: &TagName) -> Result<Vec<Past>, StoreError> {
        self.read(|db| {
            let mut find = db.prepare_cached(
                "SELECT time, event, id, uid, private FROM history
                 WHERE system = ?1 AND itype = ?2 AND tag = ?3 ORDER BY seq",
            )?;
            let rows = find.query_map((&name.system, &name.itype, &name.tag), |row| {
                let event = HistoryEvent::parse(&row.get::<_, String>(1)?).unwrap_or(HistoryEvent::Expired);
                let row = (HistoryRow { time: row.get(0)?, event, id: row.get(2)?, uid: row.get(3)? }, row.get(4)?);
                Ok(Past { row: row.0, private: row.1 })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

/// Writes a line about a tag that is there, and drops the oldest ones.
pub(super) fn write(db: &Connection, name: &TagName, line: &Line<'_>) -> Result<(), StoreError> {
    let TagName { system, itype, tag } = name;
    db.prepare_cached(
        "INSERT INTO history (system, itype, tag, time, event, id, uid, private)
         SELECT system, itype, tag, ?4, ?5, ?6, ?7, private FROM tag WHERE system = ?1 AND itype = ?2 AND tag = ?3",
    )?
    .execute((system, itype, tag, line.time, line.event.as_str(), line.id, line.uid))?;
    db.prepare_cached(
        "DELETE FROM history WHERE system = ?1 AND itype = ?2 AND tag = ?3 AND seq <= (
             SELECT seq FROM history WHERE system = ?1 AND itype = ?2 AND tag = ?3 ORDER BY seq DESC LIMIT 1 OFFSET ?4)",
    )?
    .execute((system, itype, tag, LINES))?;
    Ok(())
}
