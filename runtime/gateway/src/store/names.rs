//! Which images a tag names, what becomes of images that lose a name, and what their files must say then.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension};
use shifter_gateway_types::rest::HistoryEvent;

use super::images::{entry, granted, image_of};
use super::model::{Access, Entry, Image, TagName};
use super::{Store, StoreError, history};

/// How images stand after one tag has changed: what the texts beside their files must say.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// The tag's image for the best platform, with all its tags; `None` when the tag is gone.
    pub entry: Option<Entry>,
    /// The tag's images for other platforms.
    pub others: Vec<Image>,
    /// The images that the change concerns and that some tag still names, each with whom any of their tags lets in.
    pub images: Vec<(Image, Access)>,
}

impl Store {
    /// The tag's images for other platforms than the best.
    pub fn others(&self, name: &TagName) -> Result<Vec<Image>, StoreError> {
        self.read(|db| others(db, name))
    }
}

/// The ids of all images that a tag names.
pub(super) fn ids_of_tag(db: &Connection, name: &TagName) -> Result<BTreeSet<String>, StoreError> {
    let mut find = db.prepare_cached(
        "SELECT id FROM tag WHERE system = ?1 AND itype = ?2 AND tag = ?3
         UNION SELECT id FROM tag_platform WHERE system = ?1 AND itype = ?2 AND tag = ?3",
    )?;
    let rows = find.query_map((&name.system, &name.itype, &name.tag), |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn others(db: &Connection, name: &TagName) -> Result<Vec<Image>, StoreError> {
    let mut find =
        db.prepare_cached("SELECT id FROM tag_platform WHERE system = ?1 AND itype = ?2 AND tag = ?3 ORDER BY id")?;
    let ids = find.query_map((&name.system, &name.itype, &name.tag), |row| row.get(0))?;
    let ids = ids.collect::<Result<Vec<String>, _>>()?;
    ids.iter().filter_map(|id| image_of(db, &name.system, id).transpose()).collect()
}

/// Replaces what a tag names beside its best platform's image.
pub(super) fn put_others(db: &Connection, name: &TagName, others: &[Image]) -> Result<(), StoreError> {
    let TagName { system, itype, tag } = name;
    db.prepare_cached("DELETE FROM tag_platform WHERE system = ?1 AND itype = ?2 AND tag = ?3")?
        .execute((system, itype, tag))?;
    let mut insert =
        db.prepare_cached("INSERT OR IGNORE INTO tag_platform (system, itype, tag, id) VALUES (?1, ?2, ?3, ?4)")?;
    for other in others {
        insert.execute((system, itype, tag, &other.id))?;
    }
    Ok(())
}

/// Whom any of an image's tags lets in; `None` when no tag names it.
pub(super) fn access_to_image(db: &Connection, system: &str, id: &str) -> Result<Option<Access>, StoreError> {
    let mut find = db.prepare_cached(
        "SELECT itype, tag, private FROM tag WHERE system = ?1 AND (id = ?2 OR EXISTS (
             SELECT 1 FROM tag_platform AS p
             WHERE p.system = tag.system AND p.itype = tag.itype AND p.tag = tag.tag AND p.id = ?2))",
    )?;
    let mut rows = find.query((system, id))?;
    let mut all = None;
    while let Some(row) = rows.next()? {
        let (itype, tag): (String, String) = (row.get(0)?, row.get(1)?);
        let access = if row.get(2)? { granted(db, system, &itype, &tag)? } else { Access::Public };
        all = Some(match all {
            None => access,
            Some(before) => Access::union(before, access),
        });
    }
    Ok(all)
}

/// Moves images that no tag names to the list of files to be deleted, and takes those that one does off it.
pub(super) fn settle(db: &Connection, system: &str, ids: &BTreeSet<String>, now: f64) -> Result<(), StoreError> {
    for id in ids {
        if access_to_image(db, system, id)?.is_some() {
            db.prepare_cached("DELETE FROM expired WHERE system = ?1 AND id = ?2")?.execute((system, id))?;
            continue;
        }
        db.prepare_cached(
            "INSERT OR REPLACE INTO expired (system, id, format, bytes, since)
             SELECT system, id, format, bytes, ?3 FROM image WHERE system = ?1 AND id = ?2",
        )?
        .execute((system, id, now))?;
        db.prepare_cached("DELETE FROM image WHERE system = ?1 AND id = ?2")?.execute((system, id))?;
    }
    Ok(())
}

/// How a tag and the images that its change concerns stand now.
pub(super) fn standing(db: &Connection, name: &TagName, ids: &BTreeSet<String>) -> Result<Standing, StoreError> {
    let mut images = Vec::new();
    for id in ids {
        if let (Some(image), Some(access)) = (image_of(db, &name.system, id)?, access_to_image(db, &name.system, id)?) {
            images.push((image, access));
        }
    }
    let entry = best_id(db, name)?.map(|id| entry(db, &name.system, &id)).transpose()?.flatten();
    Ok(Standing { entry, others: others(db, name)?, images })
}

fn best_id(db: &Connection, name: &TagName) -> Result<Option<String>, StoreError> {
    let mut find = db.prepare_cached("SELECT id FROM tag WHERE system = ?1 AND itype = ?2 AND tag = ?3")?;
    Ok(find.query_row((&name.system, &name.itype, &name.tag), |row| row.get(0)).optional()?)
}

/// Takes a tag away. `None` when there is none.
pub(super) fn take_off(
    db: &Connection,
    name: &TagName,
    event: HistoryEvent,
    uid: Option<u32>,
    now: f64,
) -> Result<Option<Standing>, StoreError> {
    let Some(id) = best_id(db, name)? else { return Ok(None) };
    let ids = ids_of_tag(db, name)?;
    history::write(db, name, &history::Line { time: now, event, id: &id, uid })?;
    // What hangs on the tag goes with it: grants, holders, pins, platforms.
    db.prepare_cached("DELETE FROM tag WHERE system = ?1 AND itype = ?2 AND tag = ?3")?.execute((
        &name.system,
        &name.itype,
        &name.tag,
    ))?;
    settle(db, &name.system, &ids, now)?;
    standing(db, name, &ids).map(Some)
}
