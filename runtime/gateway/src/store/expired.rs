//! Images that no tag names, whose files are still there, and how many bytes there are.

use rusqlite::{Connection, TransactionBehavior, params};

use super::model::{Image, TagName};
use super::{Store, StoreError};

/// An image that no tag names, whose file may be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expired {
    /// The system.
    pub system: String,
    /// The image.
    pub id: String,
    /// `squashfs`, `directory`.
    pub format: String,
}

impl Expired {
    /// The image of a system.
    #[must_use]
    pub fn of(system: &str, image: &Image) -> Self {
        Self { system: system.to_owned(), id: image.id.clone(), format: image.format.clone() }
    }
}

/// The bytes of a system's images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// Of images that a tag names.
    pub named: u64,
    /// Of images whose last tag is gone and whose files are still there.
    pub expired: u64,
}

impl Store {
    /// Records images whose files are about to be put in place. Those that no tag names then are deleted in time.
    pub fn expect(&self, system: &str, images: &[Image], now: f64) -> Result<(), StoreError> {
        let mut writer = self.writer();
        let db = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for image in images {
            db.prepare_cached(
                "INSERT OR REPLACE INTO expired (system, id, format, bytes, since) SELECT ?1, ?2, ?3, ?4, ?5
                 WHERE NOT EXISTS (SELECT 1 FROM image WHERE system = ?1 AND id = ?2)",
            )?
            .execute(params![system, image.id, image.format, bytes_of(image), now])?;
        }
        Ok(db.commit()?)
    }

    /// Images that lost their last tag at `before` or earlier.
    pub fn expired(&self, before: f64) -> Result<Vec<Expired>, StoreError> {
        self.read(|db| {
            let mut find =
                db.prepare_cached("SELECT system, id, format FROM expired WHERE since <= ?1 ORDER BY system, id")?;
            let rows = find
                .query_map([before], |row| Ok(Expired { system: row.get(0)?, id: row.get(1)?, format: row.get(2)? }))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// The systems that have a record of an image, expired or not.
    pub fn systems_with(&self, id: &str) -> Result<Vec<String>, StoreError> {
        self.read(|db| {
            let mut find = db.prepare_cached(
                "SELECT system FROM image WHERE id = ?1 UNION SELECT system FROM expired WHERE id = ?1",
            )?;
            let rows = find.query_map([id], |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Whether an image is on the list of files to be deleted.
    pub fn is_expired(&self, gone: &Expired) -> Result<bool, StoreError> {
        self.read(|db| {
            let mut find = db.prepare_cached("SELECT 1 FROM expired WHERE system = ?1 AND id = ?2")?;
            Ok(find.exists((&gone.system, &gone.id))?)
        })
    }

    /// Takes an image off that list: its file is gone, and what was found in it is forgotten.
    pub fn forget_expired(&self, gone: &Expired) -> Result<(), StoreError> {
        let mut writer = self.writer();
        let db = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        db.execute("DELETE FROM expired WHERE system = ?1 AND id = ?2", (&gone.system, &gone.id))?;
        db.execute("DELETE FROM report WHERE system = ?1 AND id = ?2", (&gone.system, &gone.id))?;
        Ok(db.commit()?)
    }

    /// The bytes of a system's images.
    pub fn stored(&self, system: &str) -> Result<Stored, StoreError> {
        let sum = |db: &Connection, table: &str| -> Result<u64, StoreError> {
            let sql = format!("SELECT coalesce(sum(bytes), 0) FROM {table} WHERE system = ?1");
            Ok(db.prepare_cached(&sql)?.query_row([system], |row| row.get::<_, i64>(0))?.unsigned_abs())
        };
        self.read(|db| Ok(Stored { named: sum(db, "image")?, expired: sum(db, "expired")? }))
    }

    /// The bytes of the images that a user holds, each once; those of `except` do not count where no other tag of the
    /// user names them.
    pub fn held(&self, system: &str, uid: u32, except: Option<&TagName>) -> Result<u64, StoreError> {
        self.read(|db| {
            let mut find = db.prepare_cached(
                "SELECT coalesce(sum(bytes), 0) FROM image WHERE system = ?1 AND id IN (
                     SELECT t.id FROM holder AS h JOIN tag AS t USING (system, itype, tag)
                         WHERE h.system = ?1 AND h.uid = ?2 AND NOT (h.itype IS ?3 AND h.tag IS ?4)
                     UNION SELECT p.id FROM holder AS h JOIN tag_platform AS p USING (system, itype, tag)
                         WHERE h.system = ?1 AND h.uid = ?2 AND NOT (h.itype IS ?3 AND h.tag IS ?4))",
            )?;
            let except = (except.map(|name| &name.itype), except.map(|name| &name.tag));
            let sum: i64 = find.query_row((system, uid, except.0, except.1), |row| row.get(0))?;
            Ok(sum.unsigned_abs())
        })
    }
}

/// As SQLite stores it.
pub(super) fn bytes_of(image: &Image) -> i64 {
    i64::try_from(image.bytes).unwrap_or(i64::MAX)
}
