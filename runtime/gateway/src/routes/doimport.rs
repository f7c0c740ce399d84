//! `POST /api/doimport/<system>/custom/<tag>/`: take an image file of the gateway's host as it is.
//!
//! For users of `ImportUsers` alone: the kernel of each node reads what they bring. Like a pull, the same request starts
//! an import and asks how far it is.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use shifter_formats::meta::ImageFormat;
use shifter_gateway_types::rest::{IdList, ImportBody, Record};

use super::body;
use super::target::OnImage;
use crate::answer::{Json, Refused};
use crate::app::App;
use crate::import::FORMATS;
use crate::jobs::custom::{self, CUSTOM};
use crate::jobs::import::{self, Wanted};
use crate::life::user_name;
use crate::openapi::{Answer, Operation, schema};
use crate::record;
use crate::store::{Asked, PullAsk, TagName, Terms};

/// This question.
pub(crate) static OPERATION: Operation = Operation::post(
    "/api/doimport/{system}/{type}/{tag}/",
    "Take an image file as it is, and ask how far that is. For users whom the site lets import.",
    Answer::Json(schema::<Record>),
)
.taking(schema::<ImportBody>)
.refusing(&[
    (403, "the caller may not import, or the tag is somebody else's"),
    (409, "there is no room for the image"),
    (429, "too many pulls wait"),
]);

pub(crate) async fn post(State(app): State<Arc<App>>, image: OnImage, body: Body) -> Result<Json<Record>, Refused> {
    let asked: ImportBody = body::read(body).await?;
    let Some(uid) = image.on.caller.uid() else {
        return Err(Refused::forbidden("nobody imports no images: authenticate"));
    };
    if image.itype != CUSTOM {
        let why = format!("images of type `{}` cannot be imported; write `custom`", image.itype);
        return Err(Refused::bad_request(why));
    }
    let tag = custom::tag(&image.tag).map_err(|error| Refused::bad_request(error.to_string()))?;
    let name = TagName { system: image.on.system.clone(), itype: image.itype.clone(), tag };
    let wanted = wanted(uid, &asked)?;
    let record = app.blocking(move |app| answer(&app, &image, &name, wanted, asked)).await?;
    Ok(Json(record))
}

fn wanted(uid: u32, asked: &ImportBody) -> Result<Wanted, Refused> {
    let path = PathBuf::from(&asked.filepath);
    if !path.is_absolute() || asked.filepath.contains(char::is_control) {
        return Err(Refused::bad_request("`filepath` is the absolute path of an image file"));
    }
    let format = ImageFormat::parse(&asked.format).filter(|format| FORMATS.contains(format));
    let all = FORMATS.map(ImageFormat::as_str).join(", ");
    let format = format.ok_or_else(|| Refused::bad_request(format!("`format` is one of {all}")))?;
    Ok(Wanted { uid, format, path })
}

fn answer(
    app: &Arc<App>,
    image: &OnImage,
    name: &TagName,
    wanted: Wanted,
    asked: ImportBody,
) -> Result<Record, Refused> {
    let on = &image.on;
    let config = &on.config;
    if !config.import_users.allows(&user_name(wanted.uid)) {
        return Err(Refused::forbidden("the site does not let you import images; `shifterimg load` converts archives"));
    }
    let allowed = app.may_name(on.system(), name, wanted.uid)?;
    allowed.map_err(|not_yours| Refused::forbidden(not_yours.to_string()))?;
    let ids = |list: Option<IdList>| list.unwrap_or_default().0.into_iter().collect::<BTreeSet<u32>>();
    let ask = PullAsk {
        name: name.clone(),
        identity: wanted.identity(),
        uid: Some(wanted.uid),
        users: ids(asked.allowed_uids),
        groups: ids(asked.allowed_gids),
        with_password: false,
    };
    loop {
        let now = app.clock.now();
        let entry = app.store.lookup(name)?;
        let tags = entry.iter().flat_map(|entry| &entry.tags);
        let seen = tags.clone().find(|tag| tag.itype == name.itype && tag.tag == name.tag).map(|tag| tag.last_pull);
        let may_use = |access: &_| on.caller.may_use(access, &app.auth.groups);
        let terms = Terms {
            now,
            // The reason of a failure is shown for as long as clients ask for it, then the next request tries again.
            failed_since: now - 10.0,
            most: config.limits.queued,
            most_of_user: config.limits.user_queued,
            seen,
        };
        let has_ended = app.imported.holds(name, &ask.identity);
        let in_flight =
            app.store.queue(&on.system)?.iter().any(|job| job.ask.name == *name && job.ask.identity == ask.identity);
        if has_ended
            && !in_flight
            && let Some(record) = entry.and_then(|entry| record::of_tag(&entry, name, may_use))
        {
            return Ok(record);
        }
        match app.store.ask(&ask, terms)? {
            Asked::Started(job) => {
                if let Err(no_room) = app.room_to_pull(config, name, ask.uid)? {
                    app.store.withdraw(job.seq)?;
                    return Err(Refused::conflict(no_room.to_string()));
                }
                let order = import::order(wanted, name, on.system().clone(), Arc::clone(config));
                let order = order.map_err(Refused::bad_request)?;
                let record = record::of_job(&job);
                app.start(job, order);
                return Ok(record);
            }
            Asked::Joined(job) | Asked::Failed(job) => return Ok(record::of_job(&job)),
            Asked::Full => return Err(Refused::queue_full()),
            Asked::FullForUser => return Err(Refused::too_many_of_user()),
            Asked::Moved => {}
        }
    }
}
