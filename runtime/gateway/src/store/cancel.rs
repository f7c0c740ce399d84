//! Users who no longer want what they asked for.

use shifter_gateway_types::rest::Status;

use super::model::TagName;
use super::pulls::in_flight;
use super::rows::{Order, Record, is};
use super::tables::{PullRow, of_tag_and};
use super::value::{ToValue, Value};
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
    /// this as their reason, which is shown to the user alone. `None` where the leaver asked for none. Another gateway that
    /// runs one sees it when it next tells how far it is.
    pub fn leave(&self, name: &TagName, leaver: Leaver, now: f64) -> Result<Option<Left>, StoreError> {
        self.write(|rows| {
            let mut left = None;
            for row in rows.all::<PullRow>(&of_tag_and(name, [in_flight()]), Order::By(&["seq"]))? {
                let (mut all, this) = (row.askers, [is("seq", row.seq)]);
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
                    let owner = row.uid.filter(|owner| *owner != uid).unwrap_or(*next);
                    left.others += all.len();
                    let set = [("askers", all.to_value()), ("uid", owner.to_value())];
                    rows.change(PullRow::TABLE, &set, &this)?;
                    continue;
                }
                left.ended.push(row.seq);
                let set = [
                    ("status", Status::Failure.to_value()),
                    ("message", format!("cancelled by uid {uid}").to_value()),
                    ("asked", Value::Real(now)),
                    ("heartbeat", Value::Real(now)),
                    ("of_asker", of_asker.to_value()),
                    ("uid", uid.to_value()),
                ];
                rows.change(PullRow::TABLE, &set, &this)?;
            }
            Ok(left)
        })
    }
}
