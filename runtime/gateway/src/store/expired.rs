//! Images that no tag names, whose files are still there, and how many bytes there are.

use std::collections::BTreeSet;

use super::model::{Image, TagName};
use super::names::ids_of_tag;
use super::rows::{Only, Order, Record, is};
use super::tables::{ExpiredRow, HolderRow, ImageRow, ReportRow, of_image};
use super::value::{ToValue, Value};
use super::{Store, StoreError};

/// So many ids are asked for in one question.
const AT_ONCE: usize = 500;

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
        self.write(|rows| {
            for image in images {
                if !rows.has::<ImageRow>(&of_image(system, &image.id))? {
                    let Image { id, format, bytes, .. } = image.clone();
                    rows.save(&ExpiredRow { system: system.to_owned(), id, format, bytes, since: now })?;
                }
            }
            Ok(())
        })
    }

    /// Images that lost their last tag at `before` or earlier.
    pub fn expired(&self, before: f64) -> Result<Vec<Expired>, StoreError> {
        let only = [Only::AtMost("since", Value::Real(before))];
        let all = self.read(|rows| rows.all::<ExpiredRow>(&only, Order::By(&["system", "id"])))?;
        Ok(all.into_iter().map(|ExpiredRow { system, id, format, .. }| Expired { system, id, format }).collect())
    }

    /// The systems that have a record of an image, expired or not.
    pub fn systems_with(&self, id: &str) -> Result<Vec<String>, StoreError> {
        self.read(|rows| {
            let images = rows.all::<ImageRow>(&[is("id", id)], Order::By(&["system"]))?;
            let expired = rows.all::<ExpiredRow>(&[is("id", id)], Order::By(&["system"]))?;
            let all = images.into_iter().map(|row| row.system).chain(expired.into_iter().map(|row| row.system));
            Ok(all.collect::<BTreeSet<String>>().into_iter().collect())
        })
    }

    /// Whether an image is on the list of files to be deleted.
    pub fn is_expired(&self, gone: &Expired) -> Result<bool, StoreError> {
        self.read(|rows| rows.has::<ExpiredRow>(&of_image(&gone.system, &gone.id)))
    }

    /// Takes an image off that list: its file is gone, and what was found in it is forgotten.
    pub fn forget_expired(&self, gone: &Expired) -> Result<(), StoreError> {
        let only = of_image(&gone.system, &gone.id);
        self.write(|rows| {
            rows.drop_all::<ExpiredRow>(&only)?;
            rows.drop_all::<ReportRow>(&only)?;
            Ok(())
        })
    }

    /// The bytes of a system's images.
    pub fn stored(&self, system: &str) -> Result<Stored, StoreError> {
        let only = [is("system", system)];
        self.read(|rows| {
            let named = rows.sum(ImageRow::TABLE, "bytes", &only)?.unsigned_abs();
            Ok(Stored { named, expired: rows.sum(ExpiredRow::TABLE, "bytes", &only)?.unsigned_abs() })
        })
    }

    /// The bytes of the images that a user holds, each once; those of `except` do not count where no other tag of the
    /// user names them.
    pub fn held(&self, system: &str, uid: u32, except: Option<&TagName>) -> Result<u64, StoreError> {
        self.read(|rows| {
            let mut ids = BTreeSet::new();
            for holder in
                rows.all::<HolderRow>(&[is("system", system), is("uid", uid)], Order::By(&["itype", "tag"]))?
            {
                let name = TagName { system: holder.system, itype: holder.itype, tag: holder.tag };
                if Some(&name) != except {
                    ids.extend(ids_of_tag(rows, &name)?);
                }
            }
            let ids: Vec<Value> = ids.iter().map(ToValue::to_value).collect();
            let mut sum = 0;
            for some in ids.chunks(AT_ONCE) {
                let only = [is("system", system), Only::OneOf("id", some.to_vec())];
                sum += rows.sum(ImageRow::TABLE, "bytes", &only)?.unsigned_abs();
            }
            Ok(sum)
        })
    }
}
