//! Users who no longer want what they asked for.

use rusqlite::TransactionBehavior;

use super::model::TagName;
use super::pulls::{askers, jobs};
use super::schema::IN_FLIGHT;
use super::{Store, StoreError};

/// Who takes a pull back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaver {
    /// Somebody who asked for it. It goes on as long as others want it.
    Asker(u32),
    /// An administrator, for everybody.
    Admin(u32),
}

/// What became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// The pulls that ended, by their numbers.
    pub ended: Vec<i64>,
    /// How many others still wait for one that goes on.
    pub others: usize,
}

impl Store {
    /// Takes a user's wish for the pulls of a tag in flight back; those that nobody waits for any more have failed, with
    /// this as their reason, which is shown to the user alone. `None` where the leaver asked for none.
    pub fn leave(&self, name: &TagName, leaver: Leaver, now: f64) -> Result<Option<Left>, StoreError> {
        let mut writer = self.writer();
        let db = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut left = None;
        for job in jobs(&db, &format!("status IN {IN_FLIGHT} ORDER BY seq"))? {
            if job.ask.name != *name {
                continue;
            }
            let mut all = askers(&db, job.seq)?;
            let (uid, of_asker) = match leaver {
                Leaver::Asker(uid) if !all.remove(&uid) => continue,
                Leaver::Asker(uid) => (uid, true),
                Leaver::Admin(uid) => {
                    all.clear();
                    (uid, false)
                }
            };
            let left = left.get_or_insert_with(Left::default);
            if let Some(next) = all.first() {
                // Who left holds nothing of it; the pull is that of somebody who waits.
                let owner = job.ask.uid.filter(|owner| *owner != uid).unwrap_or(*next);
                left.others += all.len();
                db.prepare_cached("UPDATE pull SET askers = ?2, uid = ?3 WHERE seq = ?1")?.execute((
                    job.seq,
                    serde_json::to_string(&all)?,
                    owner,
                ))?;
                continue;
            }
            left.ended.push(job.seq);
            db.prepare_cached(
                "UPDATE pull SET status = 'FAILURE', message = ?2, asked = ?3, heartbeat = ?3, of_asker = ?4, uid = ?5
                 WHERE seq = ?1",
            )?
            .execute((job.seq, format!("cancelled by uid {uid}"), now, of_asker, uid))?;
        }
        db.commit()?;
        Ok(left)
    }
}
