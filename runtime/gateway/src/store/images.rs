//! Images and their tags: what lookups read.

use std::collections::{BTreeMap, BTreeSet};

use super::model::{Access, Entry, Image, Tag, TagName};
use super::rows::{Order, Rows, is};
use super::tables::{AccessRow, ImageRow, TagRow, of_image, of_tag};
use super::{Store, StoreError};

/// The order in which tags are shown.
const BY_NAME: Order = Order::By(&["itype", "tag"]);

impl Store {
    /// The image of a tag, with all its other tags.
    pub fn lookup(&self, name: &TagName) -> Result<Option<Entry>, StoreError> {
        self.read(|rows| match rows.one::<TagRow>(&of_tag(name))? {
            Some(tag) => entry(rows, &name.system, &tag.id),
            None => Ok(None),
        })
    }

    /// Every image of a system that has a tag, in the order of their ids.
    pub fn list(&self, system: &str) -> Result<Vec<Entry>, StoreError> {
        self.read(|rows| {
            // Everything at once: a question for each image would take a remote database seconds.
            let mut granted: BTreeMap<(String, String), Vec<AccessRow>> = BTreeMap::new();
            for row in rows.all::<AccessRow>(&[is("system", system)], BY_NAME)? {
                granted.entry((row.itype.clone(), row.tag.clone())).or_default().push(row);
            }
            let mut tags: BTreeMap<String, Vec<Tag>> = BTreeMap::new();
            for row in rows.all::<TagRow>(&[is("system", system)], BY_NAME)? {
                let access = granted.remove(&(row.itype.clone(), row.tag.clone())).unwrap_or_default();
                tags.entry(row.id.clone()).or_default().push(tag(row, access));
            }
            let images = rows.all::<ImageRow>(&[is("system", system)], Order::By(&["id"]))?;
            let entry = |image: ImageRow| tags.remove(&image.id).map(|tags| Entry { image: image.into(), tags });
            Ok(images.into_iter().filter_map(entry).collect())
        })
    }
}

/// An image and its tags.
pub(super) fn entry(rows: &mut dyn Rows, system: &str, id: &str) -> Result<Option<Entry>, StoreError> {
    let Some(image) = image_of(rows, system, id)? else { return Ok(None) };
    let mut tags = Vec::new();
    for row in rows.all::<TagRow>(&of_image(system, id), BY_NAME)? {
        let access = if row.private { rows.all(&of_tag(&row.name()), BY_NAME)? } else { Vec::new() };
        tags.push(tag(row, access));
    }
    Ok(Some(Entry { image, tags }))
}

/// An image that a tag names.
pub(super) fn image_of(rows: &mut dyn Rows, system: &str, id: &str) -> Result<Option<Image>, StoreError> {
    Ok(rows.one::<ImageRow>(&of_image(system, id))?.map(Image::from))
}

/// Whom a tag lets in.
pub(super) fn access_by(rows: &mut dyn Rows, tag: &TagRow) -> Result<Access, StoreError> {
    let granted = if tag.private { rows.all(&of_tag(&tag.name()), BY_NAME)? } else { Vec::new() };
    Ok(access(tag.private, granted))
}

fn tag(row: TagRow, granted: Vec<AccessRow>) -> Tag {
    let access = access(row.private, granted);
    Tag { access, itype: row.itype, tag: row.tag, last_pull: row.last_pull, platforms: row.platforms }
}

/// The union of all grants on a tag.
fn access(is_private: bool, granted: Vec<AccessRow>) -> Access {
    if !is_private {
        return Access::Public;
    }
    let (mut users, mut groups) = (BTreeSet::new(), BTreeSet::new());
    for row in granted {
        let list = if row.kind == "user" { &mut users } else { &mut groups };
        list.insert(row.subject);
    }
    Access::Granted { users, groups }
}
