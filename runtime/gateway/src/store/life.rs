//! The life of tags after their pull: who holds and pins them, when they were used.

use std::collections::BTreeMap;

use rusqlite::TransactionBehavior;

use super::model::TagName;
use super::names::ids_of_tag;
use super::{Store, StoreError};

/// A tag as its age is judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Aging {
    /// The tag.
    pub name: TagName,
    /// The ids of all its images.
    pub ids: Vec<String>,
    /// When a pull last confirmed it, in seconds since 1970.
    pub last_pull: f64,
    /// When it was last looked up, in seconds since 1970; 0 for never.
    pub last_lookup: f64,
    /// When it was last said that it will expire; 0 for never.
    pub warned: f64,
    /// Until when it is pinned, infinite for ever; `None` where nobody's pin is on it.
    pub pinned: Option<f64>,
    /// Who pulled it and did not remove it.
    pub holders: Vec<u32>,
}

impl Store {
    /// Every tag of a system, or one of them.
    pub fn aging(&self, system: &str, one: Option<&TagName>, now: f64) -> Result<Vec<Aging>, StoreError> {
        self.read(|db| {
            let mut find = db.prepare_cached(
                "SELECT itype, tag, last_pull, last_use, warned,
                        (SELECT max(until) FROM pin AS p WHERE p.system = tag.system AND p.itype = tag.itype
                            AND p.tag = tag.tag AND p.until > ?2)
                 FROM tag WHERE system = ?1 AND (?3 IS NULL OR itype = ?3 AND tag = ?4) ORDER BY itype, tag",
            )?;
            let mut held =
                db.prepare_cached("SELECT uid FROM holder WHERE system = ?1 AND itype = ?2 AND tag = ?3 ORDER BY uid")?;
            let wanted = (system, now, one.map(|name| &name.itype), one.map(|name| &name.tag));
            let mut rows = find.query(wanted)?;
            let mut all = Vec::new();
            while let Some(row) = rows.next()? {
                let name = TagName { system: system.to_owned(), itype: row.get(0)?, tag: row.get(1)? };
                let holders = held.query_map((system, &name.itype, &name.tag), |row| row.get(0))?;
                let holders = holders.collect::<Result<_, _>>()?;
                all.push(Aging {
                    ids: ids_of_tag(db, &name)?.into_iter().collect(),
                    name,
                    last_pull: row.get(2)?,
                    last_lookup: row.get(3)?,
                    warned: row.get(4)?,
                    pinned: row.get(5)?,
                    holders,
                });
            }
            Ok(all)
        })
    }

    /// Notes that a user was given a tag by a pull. Says whether the tag is there.
    pub fn hold(&self, name: &TagName, uid: u32) -> Result<bool, StoreError> {
        let key = (&name.system, &name.itype, &name.tag, uid);
        let is_known = self.read(|db| {
            let mut find =
                db.prepare_cached("SELECT 1 FROM holder WHERE system = ?1 AND itype = ?2 AND tag = ?3 AND uid = ?4")?;
            Ok(find.exists(key)?)
        })?;
        // Every poll of a client comes here: only the first one writes.
        if is_known {
            return Ok(true);
        }
        let held = self.writer().execute(
            "INSERT OR REPLACE INTO holder (system, itype, tag, uid)
             SELECT system, itype, tag, ?4 FROM tag WHERE system = ?1 AND itype = ?2 AND tag = ?3",
            key,
        )?;
        Ok(held == 1)
    }

    /// Puts a user's pin on a tag, in place of that user's earlier one. False when there is no such tag.
    pub fn pin(&self, name: &TagName, uid: u32, until: f64) -> Result<bool, StoreError> {
        let pinned = self.writer().execute(
            "INSERT OR REPLACE INTO pin (system, itype, tag, uid, until)
             SELECT system, itype, tag, ?4, ?5 FROM tag WHERE system = ?1 AND itype = ?2 AND tag = ?3",
            (&name.system, &name.itype, &name.tag, uid, until),
        )?;
        Ok(pinned == 1)
    }

    /// Takes a user's pin off a tag, or everybody's.
    pub fn unpin(&self, name: &TagName, uid: Option<u32>) -> Result<(), StoreError> {
        self.writer().execute(
            "DELETE FROM pin WHERE system = ?1 AND itype = ?2 AND tag = ?3 AND (?4 IS NULL OR uid = ?4)",
            (&name.system, &name.itype, &name.tag, uid),
        )?;
        Ok(())
    }

    /// Notes that it was said that a tag will expire.
    pub fn note_warning(&self, name: &TagName, now: f64) -> Result<(), StoreError> {
        self.writer().execute(
            "UPDATE tag SET warned = ?4 WHERE system = ?1 AND itype = ?2 AND tag = ?3",
            (&name.system, &name.itype, &name.tag, now),
        )?;
        Ok(())
    }

    /// Writes down when tags were looked up. An earlier time changes nothing.
    pub fn note_lookups(&self, uses: &BTreeMap<TagName, f64>) -> Result<(), StoreError> {
        let mut writer = self.writer();
        let db = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for (name, time) in uses {
            db.prepare_cached(
                "UPDATE tag SET last_use = max(last_use, ?4) WHERE system = ?1 AND itype = ?2 AND tag = ?3",
            )?
            .execute((&name.system, &name.itype, &name.tag, time))?;
        }
        Ok(db.commit()?)
    }
}
