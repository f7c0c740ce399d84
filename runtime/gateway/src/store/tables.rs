//! The rows that are kept. Their tables are made by each backend's own steps.

use std::collections::{BTreeMap, BTreeSet};

use shifter_gateway_types::rest::{HistoryEvent, LookupRow, Status};

use super::model::{Image, Job, PullAsk, TagName};
use super::rows::{Only, is, rows};

rows! {
    /// An image that a tag names.
    ImageRow in "image" by ["system", "id"] {
        system: String, id: String, format: String, digest: String, platform: String, bytes: u64, env: Vec<String>,
        entry: Option<Vec<String>>, cmd: Option<Vec<String>>, workdir: String, user: String,
        labels: BTreeMap<String, String>, volumes: Vec<String>,
    }

    /// A name, and the image it has for the best platform.
    TagRow in "tag" by ["system", "itype", "tag"] {
        system: String, itype: String, tag: String, id: String, private: bool, last_pull: f64, last_use: f64,
        warned: f64, platforms: String,
    }

    /// What a name has for another platform.
    PlatformRow in "tag_platform" by ["system", "itype", "tag", "id"] {
        system: String, itype: String, tag: String, id: String,
    }

    /// Whom a puller of a private tag lets in; `kind` is `user` or `group`.
    AccessRow in "access" by ["system", "itype", "tag", "granter", "kind", "subject"] {
        system: String, itype: String, tag: String, granter: u32, kind: String, subject: u32,
    }

    /// Who pulled a tag and did not remove it.
    HolderRow in "holder" by ["system", "itype", "tag", "uid"] {
        system: String, itype: String, tag: String, uid: u32,
    }

    /// Who keeps a tag until when.
    PinRow in "pin" by ["system", "itype", "tag", "uid"] {
        system: String, itype: String, tag: String, uid: u32, until: f64,
    }

    /// An image that no tag names, whose file may be there.
    ExpiredRow in "expired" by ["system", "id"] {
        system: String, id: String, format: String, bytes: u64, since: f64,
    }

    /// A pull in flight or failed. `owner` is the gateway that runs it, `lease` until when nobody else may.
    PullRow in "pull" by ["seq"] {
        seq: i64, system: String, itype: String, tag: String, identity: String, uid: Option<u32>,
        users: BTreeSet<u32>, groups: BTreeSet<u32>, with_password: bool, status: Status, message: String, asked: f64,
        heartbeat: f64, interrupted: bool, askers: BTreeSet<u32>, of_asker: bool, owner: String, lease: f64,
    }

    /// What became of a tag.
    HistoryLine in "history" by ["seq"] {
        seq: i64, system: String, itype: String, tag: String, time: f64, event: HistoryEvent, id: String,
        uid: Option<u32>, private: bool,
    }

    /// A lookup.
    LookupLine in "lookup" by ["seq"] {
        seq: i64, user: String, uid: u32, system: String, itype: String, tag: String, id: String, time: f64,
    }

    /// What was found in an image, as JSON.
    ReportRow in "report" by ["system", "id"] {
        system: String, id: String, report: String,
    }

    /// What one gateway at a time does, which one, and until when nobody else may.
    LeaseRow in "lease" by ["name"] {
        name: String, owner: String, until: f64,
    }
}

/// The rows of one tag.
pub(super) fn of_tag(name: &TagName) -> Vec<Only> {
    vec![is("system", &name.system), is("itype", &name.itype), is("tag", &name.tag)]
}

/// The rows of one tag that are this, too.
pub(super) fn of_tag_and(name: &TagName, and: impl IntoIterator<Item = Only>) -> Vec<Only> {
    of_tag(name).into_iter().chain(and).collect()
}

/// The rows of one image on a system.
pub(super) fn of_image(system: &str, id: &str) -> [Only; 2] {
    [is("system", system), is("id", id)]
}

impl ImageRow {
    pub(super) fn new(system: &str, image: Image) -> Self {
        let Image { id, format, digest, platform, bytes, env, entry, cmd, workdir, user, labels, volumes } = image;
        let system = system.to_owned();
        Self { system, id, format, digest, platform, bytes, env, entry, cmd, workdir, user, labels, volumes }
    }
}

impl From<ImageRow> for Image {
    fn from(row: ImageRow) -> Self {
        let ImageRow {
            system: _,
            id,
            format,
            digest,
            platform,
            bytes,
            env,
            entry,
            cmd,
            workdir,
            user,
            labels,
            volumes,
            ..
        } = row;
        Self { id, format, digest, platform, bytes, env, entry, cmd, workdir, user, labels, volumes }
    }
}

impl TagRow {
    pub(super) fn name(&self) -> TagName {
        TagName { system: self.system.clone(), itype: self.itype.clone(), tag: self.tag.clone() }
    }
}

impl PullRow {
    pub(super) fn name(&self) -> TagName {
        TagName { system: self.system.clone(), itype: self.itype.clone(), tag: self.tag.clone() }
    }
}

impl From<PullRow> for Job {
    fn from(row: PullRow) -> Self {
        Self {
            seq: row.seq,
            ask: PullAsk {
                name: TagName { system: row.system, itype: row.itype, tag: row.tag },
                identity: row.identity,
                uid: row.uid,
                users: row.users,
                groups: row.groups,
                with_password: row.with_password,
            },
            status: row.status,
            message: row.message,
            asked: row.asked,
        }
    }
}

impl From<LookupLine> for LookupRow {
    fn from(line: LookupLine) -> Self {
        let LookupLine { seq: _, user, uid, system, itype, tag, id, time } = line;
        Self { user, uid, system, itype, tag, id, time }
    }
}
