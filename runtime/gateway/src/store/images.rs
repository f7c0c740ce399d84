//! Images and their tags: what lookups read.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::expired::bytes_of;
use super::model::{Access, Entry, Image, Tag, TagName};
use super::{Store, StoreError};

impl Store {
    /// The image of a tag, with all its other tags.
    pub fn lookup(&self, name: &TagName) -> Result<Option<Entry>, StoreError> {
        self.read(|db| {
            let mut find = db.prepare_cached("SELECT id FROM tag WHERE system = ?1 AND itype = ?2 AND tag = ?3")?;
            let id: Option<String> =
                find.query_row((&name.system, &name.itype, &name.tag), |row| row.get(0)).optional()?;
            id.map(|id| entry(db, &name.system, &id)).transpose().map(Option::flatten)
        })
    }

    /// Every image of a system that has a tag, in the order of their ids.
    pub fn list(&self, system: &str) -> Result<Vec<Entry>, StoreError> {
        self.read(|db| {
            let mut ids = db.prepare_cached("SELECT DISTINCT id FROM tag WHERE system = ?1 ORDER BY id")?;
            let ids = ids.query_map([system], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
            ids.iter().filter_map(|id| entry(db, system, id).transpose()).collect()
        })
    }
}

/// An image and its tags.
pub(super) fn entry(db: &Connection, system: &str, id: &str) -> Result<Option<Entry>, StoreError> {
    let Some(image) = image_of(db, system, id)? else { return Ok(None) };
    Ok(Some(Entry { image, tags: tags(db, system, id)? }))
}

/// An image that a tag names.
pub(super) fn image_of(db: &Connection, system: &str, id: &str) -> Result<Option<Image>, StoreError> {
    let mut find = db.prepare_cached(
        "SELECT id, format, digest, platform, bytes, env, entry, cmd, workdir, user, labels, volumes
         FROM image WHERE system = ?1 AND id = ?2",
    )?;
    find.query_row((system, id), |row| Ok(image(row))).optional()?.transpose()
}

fn image(row: &Row<'_>) -> Result<Image, StoreError> {
    let list = |text: Option<String>| text.map(|text| serde_json::from_str(&text)).transpose();
    Ok(Image {
        id: row.get(0)?,
        format: row.get(1)?,
        digest: row.get(2)?,
        platform: row.get(3)?,
        bytes: row.get::<_, i64>(4)?.unsigned_abs(),
        env: serde_json::from_str(&row.get::<_, String>(5)?)?,
        entry: list(row.get(6)?)?,
        cmd: list(row.get(7)?)?,
        workdir: row.get(8)?,
        user: row.get(9)?,
        labels: serde_json::from_str(&row.get::<_, String>(10)?)?,
        volumes: serde_json::from_str(&row.get::<_, String>(11)?)?,
    })
}

fn tags(db: &Connection, system: &str, id: &str) -> Result<Vec<Tag>, StoreError> {
    let mut find = db.prepare_cached(
        "SELECT itype, tag, private, last_pull, platforms FROM tag WHERE system = ?1 AND id = ?2 ORDER BY itype, tag",
    )?;
    let mut rows = find.query((system, id))?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let (itype, tag): (String, String) = (row.get(0)?, row.get(1)?);
        let access = match row.get(2)? {
            false => Access::Public,
            true => granted(db, system, &itype, &tag)?,
        };
        all.push(Tag { access, itype, tag, last_pull: row.get(3)?, platforms: row.get(4)? });
    }
    Ok(all)
}

/// The union of all grants on a tag.
pub(super) fn granted(db: &Connection, system: &str, itype: &str, tag: &str) -> Result<Access, StoreError> {
    let mut find =
        db.prepare_cached("SELECT kind = 'user', subject FROM access WHERE system = ?1 AND itype = ?2 AND tag = ?3")?;
    let mut rows = find.query((system, itype, tag))?;
    let (mut users, mut groups) = (BTreeSet::new(), BTreeSet::new());
    while let Some(row) = rows.next()? {
        let list = if row.get(0)? { &mut users } else { &mut groups };
        list.insert(row.get(1)?);
    }
    Ok(Access::Granted { users, groups })
}

/// Stores an image, or its facts anew.
pub(super) fn put_image(db: &Connection, system: &str, image: &Image) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT OR REPLACE INTO image
           (system, id, format, digest, platform, bytes, env, entry, cmd, workdir, user, labels, volumes)
         VALUES (:system, :id, :format, :digest, :platform, :bytes, :env, :entry, :cmd, :workdir, :user,
                 :labels, :volumes)",
    )?
    .execute(named_params! {
        ":system": system,
        ":id": image.id,
        ":format": image.format,
        ":digest": image.digest,
        ":platform": image.platform,
        ":bytes": bytes_of(image),
        ":env": serde_json::to_string(&image.env)?,
        ":entry": image.entry.as_ref().map(serde_json::to_string).transpose()?,
        ":cmd": image.cmd.as_ref().map(serde_json::to_string).transpose()?,
        ":workdir": image.workdir,
        ":user": image.user,
        ":labels": serde_json::to_string(&image.labels)?,
        ":volumes": serde_json::to_string(&image.volumes)?,
    })?;
    Ok(())
}
