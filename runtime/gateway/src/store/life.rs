//! The life of tags after their pull: who holds and pins them, when they were used.

use std::collections::{BTreeMap, BTreeSet};

use super::model::TagName;
use super::rows::{Only, Order, Record, Rows, is};
use super::tables::{HolderRow, PinRow, PlatformRow, TagRow, of_tag, of_tag_and};
use super::value::Value;
use super::{Store, StoreError};

/// A tag as its age is judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Aging {
    /// The tag.
    pub name: TagName,
    /// The ids of all its images.
    pub ids: Vec<String>,
    /// When a pull last confirmed it, in seconds since 1970.
    pub last_pull: f64,
    /// When it was last looked up, in seconds since 1970; 0 for never.
    pub last_lookup: f64,
    /// When it was last said that it will expire; 0 for never.
    pub warned: f64,
    /// Until when it is pinned, infinite for ever; `None` where nobody's pin is on it.
    pub pinned: Option<f64>,
    /// Who pulled it and did not remove it.
    pub holders: Vec<u32>,
}

impl Store {
    /// Every tag of a system, or one of them.
    pub fn aging(&self, system: &str, one: Option<&TagName>, now: f64) -> Result<Vec<Aging>, StoreError> {
        let only = one.map_or_else(|| vec![is("system", system)], of_tag);
        self.read(|rows| aging(rows, &only, now))
    }

    /// Notes that a user was given a tag by a pull. Says whether the tag is there.
    pub fn hold(&self, name: &TagName, uid: u32) -> Result<bool, StoreError> {
        // Every poll of a client comes here: only the first one writes.
        if self.read(|rows| rows.has::<HolderRow>(&of_tag_and(name, [is("uid", uid)])))? {
            return Ok(true);
        }
        self.write(|rows| {
            let is_there = rows.has::<TagRow>(&of_tag(name))?;
            if is_there {
                let TagName { system, itype, tag } = name.clone();
                rows.save(&HolderRow { system, itype, tag, uid })?;
            }
            Ok(is_there)
        })
    }

    /// Puts a user's pin on a tag, in place of that user's earlier one. False when there is no such tag.
    pub fn pin(&self, name: &TagName, uid: u32, until: f64) -> Result<bool, StoreError> {
        self.write(|rows| {
            let is_there = rows.has::<TagRow>(&of_tag(name))?;
            if is_there {
                let TagName { system, itype, tag } = name.clone();
                rows.save(&PinRow { system, itype, tag, uid, until })?;
            }
            Ok(is_there)
        })
    }

    /// Takes a user's pin off a tag, or everybody's.
    pub fn unpin(&self, name: &TagName, uid: Option<u32>) -> Result<(), StoreError> {
        let only = of_tag_and(name, uid.map(|uid| is("uid", uid)));
        self.write(|rows| rows.drop_all::<PinRow>(&only))?;
        Ok(())
    }

    /// Notes that it was said that a tag will expire.
    pub fn note_warning(&self, name: &TagName, now: f64) -> Result<(), StoreError> {
        self.write(|rows| rows.change(TagRow::TABLE, &[("warned", Value::Real(now))], &of_tag(name)))?;
        Ok(())
    }

    /// Writes down when tags were looked up. An earlier time changes nothing.
    pub fn note_lookups(&self, uses: &BTreeMap<TagName, f64>) -> Result<(), StoreError> {
        self.write(|rows| {
            for (name, time) in uses {
                let time = Value::Real(*time);
                let only = of_tag_and(name, [Only::Below("last_use", time.clone())]);
                rows.change(TagRow::TABLE, &[("last_use", time)], &only)?;
            }
            Ok(())
        })
    }
}

fn aging(rows: &mut dyn Rows, only: &[Only], now: f64) -> Result<Vec<Aging>, StoreError> {
    const BY_NAME: Order = Order::By(&["itype", "tag"]);
    let mut ids: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for row in rows.all::<PlatformRow>(only, BY_NAME)? {
        ids.entry((row.itype, row.tag)).or_default().insert(row.id);
    }
    let mut pins: BTreeMap<(String, String), f64> = BTreeMap::new();
    for row in rows.all::<PinRow>(only, BY_NAME)?.into_iter().filter(|row| row.until > now) {
        let until = pins.entry((row.itype, row.tag)).or_insert(row.until);
        *until = until.max(row.until);
    }
    let mut holders: BTreeMap<(String, String), Vec<u32>> = BTreeMap::new();
    for row in rows.all::<HolderRow>(only, Order::By(&["itype", "tag", "uid"]))? {
        holders.entry((row.itype, row.tag)).or_default().push(row.uid);
    }
    let aging = |tag: TagRow| {
        let key = (tag.itype.clone(), tag.tag.clone());
        Aging {
            name: tag.name(),
            ids: ids
                .remove(&key)
                .unwrap_or_default()
                .into_iter()
                .chain([tag.id])
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect(),
            last_pull: tag.last_pull,
            last_lookup: tag.last_use,
            warned: tag.warned,
            pinned: pins.remove(&key),
            holders: holders.remove(&key).unwrap_or_default(),
        }
    };
    Ok(rows.all::<TagRow>(only, BY_NAME)?.into_iter().map(aging).collect())
}
