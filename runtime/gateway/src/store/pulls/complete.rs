//! The end of a pull: its images, their tag, its holders and grants, all at once.

use shifter_gateway_types::rest::HistoryEvent;

use super::Completed;
use crate::store::history::{self, Line};
use crate::store::names::{Standing, ids_of_tag, put_others, settle, standing};
use crate::store::rows::{End, Only, Rows};
use crate::store::tables::{AccessRow, HolderRow, ImageRow, PullRow, TagRow, of_tag};
use crate::store::{Store, StoreError};

impl Store {
    /// How the tag and images of a pull will stand once it is completed; changes nothing.
    ///
    /// The caller writes the index from this before [`Store::complete`], one completion at a time.
    pub fn preview(&self, seq: i64, done: &Completed, now: f64) -> Result<Option<Standing>, StoreError> {
        self.transact(End::Undo, |rows| apply(rows, &self.own(seq), done, now))
    }

    /// Stores the images, their tag, its holders and grants, and forgets the pull, all at once. Images that the tag
    /// named before and no tag names now have expired.
    ///
    /// `None` when the pull is no longer in flight, or another gateway runs it.
    pub fn complete(&self, seq: i64, done: &Completed, now: f64) -> Result<Option<Standing>, StoreError> {
        self.write(|rows| apply(rows, &self.own(seq), done, now))
    }
}

/// The completion of a pull within a transaction.
fn apply(rows: &mut dyn Rows, own: &[Only], done: &Completed, now: f64) -> Result<Option<Standing>, StoreError> {
    let Some(pull) = rows.one::<PullRow>(own)? else { return Ok(None) };
    let name = pull.name();
    for image in [&done.image].into_iter().chain(&done.others) {
        rows.save(&ImageRow::new(&name.system, image.clone()))?;
    }
    let mut ids = ids_of_tag(rows, &name)?;

    // A public tag stays public as long as it names the same image.
    let before = rows.one::<TagRow>(&of_tag(&name))?;
    let names_it = before.as_ref().is_some_and(|tag| tag.id == done.image.id);
    let was_public = names_it && before.as_ref().is_some_and(|tag| !tag.private);
    let private = done.private && !was_public;
    let tag = TagRow {
        system: name.system.clone(),
        itype: name.itype.clone(),
        tag: name.tag.clone(),
        id: done.image.id.clone(),
        private,
        last_pull: now,
        last_use: before.as_ref().map_or(0.0, |tag| tag.last_use),
        warned: before.as_ref().map_or(0.0, |tag| tag.warned),
        platforms: done.platforms.clone(),
    };
    rows.save(&tag)?;
    put_others(rows, &name, &done.others)?;

    if private {
        grant(rows, &pull)?;
    } else {
        rows.drop_all::<AccessRow>(&of_tag(&name))?;
    }
    for uid in pull.askers.iter().chain(&pull.uid) {
        let (system, itype, tag) = (name.system.clone(), name.itype.clone(), name.tag.clone());
        rows.save(&HolderRow { system, itype, tag, uid: *uid })?;
    }
    if !names_it {
        history::write(rows, &tag, &Line { time: now, event: HistoryEvent::Pulled, uid: pull.uid })?;
    }
    rows.drop_all::<PullRow>(own)?;
    ids.extend(ids_of_tag(rows, &name)?);
    settle(rows, &name.system, &ids, now)?;
    standing(rows, &name, &ids).map(Some)
}

/// Adds what the puller grants; the puller is always among those who may use the image.
fn grant(rows: &mut dyn Rows, pull: &PullRow) -> Result<(), StoreError> {
    let Some(granter) = pull.uid else { return Ok(()) };
    let users = pull.users.iter().chain([&granter]).map(|user| ("user", *user));
    let groups = pull.groups.iter().map(|group| ("group", *group));
    for (kind, subject) in users.chain(groups) {
        let (system, itype, tag) = (pull.system.clone(), pull.itype.clone(), pull.tag.clone());
        rows.save(&AccessRow { system, itype, tag, granter, kind: kind.to_owned(), subject })?;
    }
    Ok(())
}
