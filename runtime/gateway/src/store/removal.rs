//! Taking tags away: who may, and on what terms.

use rusqlite::{Connection, TransactionBehavior};
use shifter_gateway_types::rest::HistoryEvent;

use super::model::TagName;
use super::names::{Standing, ids_of_tag, standing, take_off};
use super::schema::IN_FLIGHT;
use super::{Store, StoreError};

/// On whose word a tag is taken away.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Word {
    /// An administrator's, with what it is called in the history. A pin stands against it.
    Admin(u32, HistoryEvent),
    /// A holder's, who lets go of it: the tag stays as long as others hold it.
    Holder(u32),
    /// The gateway's own: nobody has pulled it since this `last_pull`. A pin and a pull in flight stand against it.
    Age(f64),
    /// An administrator's, as its file is not there: nobody has pulled it since this `last_pull`.
    Lost(f64),
}

/// What became of a tag that was to be taken away.
#[derive(Clone, Debug, PartialEq)]
pub enum Removal {
    /// There is no such tag.
    NoTag,
    /// The caller never pulled it, or has let go of it before.
    NotHeld,
    /// Somebody's pin is on it.
    Pinned,
    /// It has been pulled since, or a pull of it is in flight.
    InUse,
    /// So many others hold it: it stays, without what the caller granted.
    Released(usize, Standing),
    /// It is gone.
    Gone(Standing),
}

impl Store {
    /// What [`Store::remove`] would do; changes nothing.
    pub fn preview_removal(&self, name: &TagName, word: Word, now: f64) -> Result<Removal, StoreError> {
        let mut writer = self.writer();
        let db = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Dropped without commit: rolled back.
        remove(&db, name, word, now)
    }

    /// Takes a tag away. Images without tags are kept on the list of files to be deleted.
    pub fn remove(&self, name: &TagName, word: Word, now: f64) -> Result<Removal, StoreError> {
        let mut writer = self.writer();
        let db = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let removal = remove(&db, name, word, now)?;
        db.commit()?;
        Ok(removal)
    }
}

fn remove(db: &Connection, name: &TagName, word: Word, now: f64) -> Result<Removal, StoreError> {
    let key = (&name.system, &name.itype, &name.tag);
    if !exists(db, "tag WHERE", name)? {
        return Ok(Removal::NoTag);
    }
    let is_pinned = db
        .prepare_cached("SELECT 1 FROM pin WHERE system = ?1 AND itype = ?2 AND tag = ?3 AND until > ?4")?
        .exists((&name.system, &name.itype, &name.tag, now))?;
    let (event, uid) = match word {
        Word::Admin(..) | Word::Age(_) if is_pinned => return Ok(Removal::Pinned),
        Word::Age(seen) | Word::Lost(seen) => {
            let pulled_since = db
                .prepare_cached("SELECT 1 FROM tag WHERE system = ?1 AND itype = ?2 AND tag = ?3 AND last_pull > ?4")?
                .exists((&name.system, &name.itype, &name.tag, seen))?;
            if pulled_since || exists(db, &format!("pull WHERE status IN {IN_FLIGHT} AND"), name)? {
                return Ok(Removal::InUse);
            }
            (HistoryEvent::Expired, None)
        }
        Word::Admin(uid, event) => (event, Some(uid)),
        Word::Holder(uid) => {
            let held = db
                .prepare_cached("DELETE FROM holder WHERE system = ?1 AND itype = ?2 AND tag = ?3 AND uid = ?4")?
                .execute((key.0, key.1, key.2, uid))?;
            if held == 0 {
                return Ok(Removal::NotHeld);
            }
            let others: i64 = db
                .prepare_cached("SELECT count(*) FROM holder WHERE system = ?1 AND itype = ?2 AND tag = ?3")?
                .query_row(key, |row| row.get(0))?;
            if others > 0 {
                return Ok(Removal::Released(usize::try_from(others).unwrap_or(usize::MAX), let_go(db, name, uid)?));
            }
            (HistoryEvent::Removed, Some(uid))
        }
    };
    Ok(take_off(db, name, event, uid, now)?.map_or(Removal::NoTag, Removal::Gone))
}

/// What a user granted and pinned goes with the hold.
fn let_go(db: &Connection, name: &TagName, uid: u32) -> Result<Standing, StoreError> {
    for what in ["access WHERE granter", "pin WHERE uid"] {
        db.prepare_cached(&format!("DELETE FROM {what} = ?4 AND system = ?1 AND itype = ?2 AND tag = ?3"))?
            .execute((&name.system, &name.itype, &name.tag, uid))?;
    }
    standing(db, name, &ids_of_tag(db, name)?)
}

fn exists(db: &Connection, condition: &str, name: &TagName) -> Result<bool, StoreError> {
    let sql = format!("SELECT 1 FROM {condition} system = ?1 AND itype = ?2 AND tag = ?3");
    Ok(db.prepare_cached(&sql)?.exists((&name.system, &name.itype, &name.tag))?)
}
