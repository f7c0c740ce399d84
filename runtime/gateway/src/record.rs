//! What a caller is shown of an image or a pull: the 13 fields.

use shifter_gateway_types::rest::{Record, Status};

use crate::jobs::import;
use crate::store::{Access, Entry, Job, Tag, TagName};

/// The record of the tag asked for; `None` when the caller may not use that tag.
///
/// Other tags of the image are named as far as the caller may use them.
pub(crate) fn of_tag(entry: &Entry, name: &TagName, may_use: impl Fn(&Access) -> bool) -> Option<Record> {
    let asked = entry.tags.iter().find(|tag| tag.itype == name.itype && tag.tag == name.tag)?;
    if !may_use(&asked.access) {
        return None;
    }
    let usable: Vec<&Tag> = entry.tags.iter().filter(|tag| tag.itype == name.itype && may_use(&tag.access)).collect();
    let record = ready(entry, &name.system, &usable)?;
    Some(Record { last_pull: Some(asked.last_pull), ..record })
}

/// The records of an image, one for each type, with the tags the caller may use.
pub(crate) fn of_image(entry: &Entry, system: &str, may_use: impl Fn(&Access) -> bool) -> Vec<Record> {
    let usable: Vec<&Tag> = entry.tags.iter().filter(|tag| may_use(&tag.access)).collect();
    let types = usable.chunk_by(|a, b| a.itype == b.itype);
    types.filter_map(|tags| ready(entry, system, tags)).collect()
}

/// The record of a pull in flight or failed.
pub(crate) fn of_job(job: &Job) -> Record {
    let name = &job.ask.name;
    Record {
        system: Some(name.system.clone()),
        itype: Some(name.itype.clone()),
        tag: Some(vec![name.tag.clone()]),
        status: Some(import::status(job)),
        user_acl: Some(job.ask.users.iter().copied().collect()),
        group_acl: Some(job.ask.groups.iter().copied().collect()),
        last_pull: Some(job.asked),
        status_message: Some(job.message.clone()),
        ..Record::default()
    }
}

fn ready(entry: &Entry, system: &str, tags: &[&Tag]) -> Option<Record> {
    let image = &entry.image;
    let access = tags.iter().map(|tag| tag.access.clone()).reduce(Access::union)?;
    let (users, groups) = match access {
        Access::Public => Default::default(),
        Access::Granted { users, groups } => (users, groups),
    };
    Some(Record {
        id: Some(image.id.clone()),
        system: Some(system.to_owned()),
        itype: tags.first().map(|tag| tag.itype.clone()),
        tag: Some(tags.iter().map(|tag| tag.tag.clone()).collect()),
        status: Some(Status::Ready),
        user_acl: Some(users.into_iter().collect()),
        group_acl: Some(groups.into_iter().collect()),
        env: Some(image.env.clone()),
        entry: image.entry.clone(),
        workdir: Some(image.workdir.clone()).filter(|dir| !dir.is_empty()),
        labels: Some(image.labels.clone()).filter(|labels| !labels.is_empty()),
        last_pull: tags.iter().map(|tag| tag.last_pull).reduce(f64::max),
        status_message: Some("READY".to_owned()),
    })
}
