//! Taking tags away: who may, and on what terms.

use shifter_gateway_types::rest::HistoryEvent;

use super::model::TagName;
use super::names::{Standing, ids_of_tag, standing, take_off};
use super::pulls::in_flight;
use super::rows::{End, Only, Rows, is};
use super::tables::{AccessRow, HolderRow, PinRow, PullRow, TagRow, of_tag, of_tag_and};
use super::value::Value;
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
        self.transact(End::Undo, |rows| remove(rows, name, word, now))
    }

    /// Takes a tag away. Images without tags are kept on the list of files to be deleted.
    pub fn remove(&self, name: &TagName, word: Word, now: f64) -> Result<Removal, StoreError> {
        let removal = self.write(|rows| remove(rows, name, word, now));
        // Also where the database did not tell whether it was done.
        self.recent.forget(name);
        removal
    }
}

fn remove(rows: &mut dyn Rows, name: &TagName, word: Word, now: f64) -> Result<Removal, StoreError> {
    let Some(tag) = rows.one::<TagRow>(&of_tag(name))? else { return Ok(Removal::NoTag) };
    let is_pinned = rows.has::<PinRow>(&of_tag_and(name, [Only::Above("until", Value::Real(now))]))?;
    let (event, uid) = match word {
        Word::Admin(..) | Word::Age(_) if is_pinned => return Ok(Removal::Pinned),
        Word::Age(seen) | Word::Lost(seen) => {
            if tag.last_pull > seen || rows.has::<PullRow>(&of_tag_and(name, [in_flight()]))? {
                return Ok(Removal::InUse);
            }
            (HistoryEvent::Expired, None)
        }
        Word::Admin(uid, event) => (event, Some(uid)),
        Word::Holder(uid) => {
            if rows.drop_all::<HolderRow>(&of_tag_and(name, [is("uid", uid)]))? == 0 {
                return Ok(Removal::NotHeld);
            }
            let others = rows.number_of::<HolderRow>(&of_tag(name))?;
            if others > 0 {
                let others = usize::try_from(others).unwrap_or(usize::MAX);
                return Ok(Removal::Released(others, let_go(rows, name, uid)?));
            }
            (HistoryEvent::Removed, Some(uid))
        }
    };
    Ok(take_off(rows, name, event, uid, now)?.map_or(Removal::NoTag, Removal::Gone))
}

/// What a user granted and pinned goes with the hold.
fn let_go(rows: &mut dyn Rows, name: &TagName, uid: u32) -> Result<Standing, StoreError> {
    rows.drop_all::<AccessRow>(&of_tag_and(name, [is("granter", uid)]))?;
    rows.drop_all::<PinRow>(&of_tag_and(name, [is("uid", uid)]))?;
    let ids = ids_of_tag(rows, name)?;
    standing(rows, name, &ids)
}
