//! Which images a tag names, what becomes of images that lose a name, and what their files must say then.

use std::collections::BTreeSet;

use shifter_gateway_types::rest::HistoryEvent;

use super::history::{self, Line};
use super::images::{access_by, entry, image_of};
use super::model::{Access, Entry, Image, TagName};
use super::rows::{Order, Rows};
use super::tables::{AccessRow, ExpiredRow, HolderRow, ImageRow, PinRow, PlatformRow, TagRow, of_image, of_tag};
use super::{Store, StoreError};

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
        self.read(|rows| others(rows, name))
    }
}

/// The ids of all images that a tag names.
pub(super) fn ids_of_tag(rows: &mut dyn Rows, name: &TagName) -> Result<BTreeSet<String>, StoreError> {
    let best = rows.one::<TagRow>(&of_tag(name))?.map(|tag| tag.id);
    Ok(other_ids(rows, name)?.into_iter().chain(best).collect())
}

fn other_ids(rows: &mut dyn Rows, name: &TagName) -> Result<Vec<String>, StoreError> {
    let others = rows.all::<PlatformRow>(&of_tag(name), Order::By(&["id"]))?;
    Ok(others.into_iter().map(|row| row.id).collect())
}

fn others(rows: &mut dyn Rows, name: &TagName) -> Result<Vec<Image>, StoreError> {
    let ids = other_ids(rows, name)?;
    ids.iter().filter_map(|id| image_of(rows, &name.system, id).transpose()).collect()
}

/// Replaces what a tag names beside its best platform's image.
pub(super) fn put_others(rows: &mut dyn Rows, name: &TagName, others: &[Image]) -> Result<(), StoreError> {
    rows.drop_all::<PlatformRow>(&of_tag(name))?;
    for other in others {
        let TagName { system, itype, tag } = name.clone();
        rows.save(&PlatformRow { system, itype, tag, id: other.id.clone() })?;
    }
    Ok(())
}

/// Whom any of an image's tags lets in; `None` when no tag names it.
pub(super) fn access_to_image(rows: &mut dyn Rows, system: &str, id: &str) -> Result<Option<Access>, StoreError> {
    let mut tags = rows.all::<TagRow>(&of_image(system, id), Order::By(&["itype", "tag"]))?;
    for other in rows.all::<PlatformRow>(&of_image(system, id), Order::By(&["itype", "tag"]))? {
        let name = TagName { system: other.system, itype: other.itype, tag: other.tag };
        tags.extend(rows.one::<TagRow>(&of_tag(&name))?);
    }
    let mut all = None;
    for tag in &tags {
        let access = access_by(rows, tag)?;
        all = Some(match all {
            None => access,
            Some(before) => Access::union(before, access),
        });
    }
    Ok(all)
}

/// Moves images that no tag names to the list of files to be deleted, and takes those that one does off it.
pub(super) fn settle(rows: &mut dyn Rows, system: &str, ids: &BTreeSet<String>, now: f64) -> Result<(), StoreError> {
    for id in ids {
        if access_to_image(rows, system, id)?.is_some() {
            rows.drop_all::<ExpiredRow>(&of_image(system, id))?;
            continue;
        }
        let Some(image) = rows.one::<ImageRow>(&of_image(system, id))? else { continue };
        let ImageRow { system: of, id: image, format, bytes, .. } = image;
        rows.save(&ExpiredRow { system: of, id: image, format, bytes, since: now })?;
        rows.drop_all::<ImageRow>(&of_image(system, id))?;
    }
    Ok(())
}

/// How a tag and the images that its change concerns stand now.
pub(super) fn standing(rows: &mut dyn Rows, name: &TagName, ids: &BTreeSet<String>) -> Result<Standing, StoreError> {
    let mut images = Vec::new();
    for id in ids {
        let (image, access) = (image_of(rows, &name.system, id)?, access_to_image(rows, &name.system, id)?);
        images.extend(image.zip(access));
    }
    let entry = match rows.one::<TagRow>(&of_tag(name))? {
        Some(tag) => entry(rows, &name.system, &tag.id)?,
        None => None,
    };
    Ok(Standing { entry, others: others(rows, name)?, images })
}

/// Takes a tag away. `None` when there is none.
pub(super) fn take_off(
    rows: &mut dyn Rows,
    name: &TagName,
    event: HistoryEvent,
    uid: Option<u32>,
    now: f64,
) -> Result<Option<Standing>, StoreError> {
    let Some(tag) = rows.one::<TagRow>(&of_tag(name))? else { return Ok(None) };
    let ids = ids_of_tag(rows, name)?;
    history::write(rows, &tag, &Line { time: now, event, uid })?;
    // What hangs on the tag goes with it.
    rows.drop_all::<AccessRow>(&of_tag(name))?;
    rows.drop_all::<HolderRow>(&of_tag(name))?;
    rows.drop_all::<PinRow>(&of_tag(name))?;
    rows.drop_all::<PlatformRow>(&of_tag(name))?;
    rows.drop_all::<TagRow>(&of_tag(name))?;
    settle(rows, &name.system, &ids, now)?;
    standing(rows, name, &ids).map(Some)
}
