//! Tags whose images were there before this store.

use super::model::{Access, Image, TagName};
use super::names::{Standing, ids_of_tag, put_others, settle, standing};
use super::rows::{End, Rows};
use super::tables::{AccessRow, ImageRow, TagRow, of_image, of_tag};
use super::{Store, StoreError};

/// A tag, as somebody else knew it.
#[derive(Clone, Debug, PartialEq)]
pub struct Adopted {
    /// The tag.
    pub name: TagName,
    /// Its image for the best platform.
    pub image: Image,
    /// Those for other platforms.
    pub others: Vec<Image>,
    /// The platforms it was asked for, as in [`crate::config::System::platforms_text`].
    pub platforms: String,
    /// Who may use it.
    pub access: Access,
    /// When it was pulled, in seconds since 1970.
    pub last_pull: f64,
    /// From when on its age counts, in seconds since 1970.
    pub last_use: f64,
}

/// Who is said to have granted what was granted elsewhere: nobody, so that no user takes it along.
const GRANTER: u32 = 0;

impl Store {
    /// Records a tag, unless one of this name is known. Nobody holds it until somebody pulls it.
    pub fn adopt(&self, adopted: &Adopted, now: f64) -> Result<Option<Standing>, StoreError> {
        self.write(|rows| adopt(rows, adopted, now))
    }

    /// What [`Store::adopt`] would do; changes nothing.
    pub fn preview_adoption(&self, adopted: &Adopted, now: f64) -> Result<Option<Standing>, StoreError> {
        self.transact(End::Undo, |rows| adopt(rows, adopted, now))
    }
}

fn adopt(rows: &mut dyn Rows, adopted: &Adopted, now: f64) -> Result<Option<Standing>, StoreError> {
    let name = &adopted.name;
    if rows.has::<TagRow>(&of_tag(name))? {
        return Ok(None);
    }
    for image in [&adopted.image].into_iter().chain(&adopted.others) {
        // What a pull has found out is more than what is known of an adopted one.
        if !rows.has::<ImageRow>(&of_image(&name.system, &image.id))? {
            rows.save(&ImageRow::new(&name.system, image.clone()))?;
        }
    }
    rows.save(&TagRow {
        system: name.system.clone(),
        itype: name.itype.clone(),
        tag: name.tag.clone(),
        id: adopted.image.id.clone(),
        private: adopted.access != Access::Public,
        last_pull: adopted.last_pull,
        last_use: adopted.last_use,
        warned: 0.0,
        platforms: adopted.platforms.clone(),
    })?;
    put_others(rows, name, &adopted.others)?;
    if let Access::Granted { users, groups } = &adopted.access {
        let users = users.iter().map(|user| ("user", *user));
        for (kind, subject) in users.chain(groups.iter().map(|group| ("group", *group))) {
            let TagName { system, itype, tag } = name.clone();
            rows.save(&AccessRow { system, itype, tag, granter: GRANTER, kind: kind.to_owned(), subject })?;
        }
    }
    let ids = ids_of_tag(rows, name)?;
    settle(rows, &name.system, &ids, now)?;
    standing(rows, name, &ids).map(Some)
}
