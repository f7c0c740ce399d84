//! `POST /api/load/<system>/custom/[<tag>/]`: bring an archive of an image; the same path by GET: how far that is.
//!
//! The body is the archive, as `docker save`, `podman save` and skopeo write it, compressed or not. Who may not load
//! what the URL names is told before a byte of it is read. Without a tag the archive's own name counts.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::Deserialize;
use shifter_gateway_types::rest::{IdList, Record};
use tempfile::NamedTempFile;

use super::target::{OnImage, OnSystem, OnType};
use crate::answer::{Json, Refused};
use crate::app::App;
use crate::config::Password;
use crate::jobs::custom::{self, CUSTOM};
use crate::jobs::load::{Kept, identity};
use crate::jobs::{Order, Task};
use crate::openapi::{Answer, Operation, Parameter, schema};
use crate::record;
use crate::registry::origin::blocking;
use crate::registry::titles;
use crate::store::{Asked, PullAsk, TagName, Terms};
use crate::upload::{self, Bounds, Slot, UploadError};

/// When else this is refused than other questions are.
const REFUSALS: &[(u16, &str)] = &[
    (403, "the tag is somebody else's, or nobody may load"),
    (408, "the archive does not come"),
    (409, "there is no room for the image, or the caller is loading this tag already"),
    (413, "the archive is too large"),
    (429, "too many images are being loaded"),
    (507, "the gateway has no room for the archive"),
];
const LISTS: &[Parameter] = &[
    Parameter {
        name: "allowed_uids",
        what: "users who may use the image besides the caller",
        schema: schema::<IdList>,
    },
    Parameter { name: "allowed_gids", what: "groups who may use the image", schema: schema::<IdList> },
];

/// To load an image under a name.
pub(crate) static NAMED: Operation = Operation::post(
    "/api/load/{system}/{type}/{tag}/",
    "Load an archive of an image. With lists of users or groups the image is private.",
    Answer::Json(schema::<Record>),
)
.taking_bytes()
.asking(LISTS)
.refusing(REFUSALS);

/// To load an image under the name that its archive has for it.
pub(crate) static UNNAMED: Operation = Operation::post(
    "/api/load/{system}/{type}/",
    "Load an archive of an image under the name that it has there.",
    Answer::Json(schema::<Record>),
)
.taking_bytes()
.asking(LISTS)
.refusing(REFUSALS);

/// To ask how far a load is.
pub(crate) static PROGRESS: Operation = Operation::get(
    "/api/load/{system}/{type}/{tag}/",
    "How far the caller's load of a tag is.",
    Answer::Json(schema::<Record>),
)
.refusing(&[(403, "nobody loads images")]);

/// Whom a loaded image is for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lists {
    allowed_uids: Option<IdList>,
    allowed_gids: Option<IdList>,
}

type MaybeLists = Result<Query<Lists>, QueryRejection>;

pub(crate) async fn named(
    State(app): State<Arc<App>>,
    image: OnImage,
    lists: MaybeLists,
    body: Body,
) -> Result<Json<Record>, Refused> {
    let name = name(&image)?;
    let load = Load::new(image.on, &image.itype, lists)?;
    load.run(&app, Some(name), body).await.map(Json)
}

pub(crate) async fn unnamed(
    State(app): State<Arc<App>>,
    OnType { on, itype }: OnType,
    lists: MaybeLists,
    body: Body,
) -> Result<Json<Record>, Refused> {
    Load::new(on, &itype, lists)?.run(&app, None, body).await.map(Json)
}

/// The caller's load of a tag while it goes on or when it has failed; then the tag.
pub(crate) async fn progress(State(app): State<Arc<App>>, image: OnImage) -> Result<Json<Record>, Refused> {
    let name = name(&image)?;
    let Some(uid) = image.on.caller.uid() else { return Err(Refused::forbidden(NOBODY)) };
    let found = app.blocking(move |app| {
        let entry = app.store.lookup(&name)?;
        let tag = entry.iter().flat_map(|entry| &entry.tags);
        let tag = tag.clone().find(|tag| tag.itype == name.itype && tag.tag == name.tag);
        let seen = tag.map(|tag| tag.last_pull);
        let ask = PullAsk { identity: identity(uid), uid: Some(uid), ..ask(&name, &Lists::default()) };
        // Nothing is begun where no job may be: this only asks after the last one.
        let terms = Terms { now: app.clock.now(), failed_since: f64::NEG_INFINITY, most: 0, most_of_user: None, seen };
        match app.store.ask(&ask, terms)? {
            Asked::Joined(job) => return Ok(Some(record::of_job(&job))),
            Asked::Failed(job) if seen.is_none_or(|at| at <= job.asked) => return Ok(Some(record::of_job(&job))),
            _ => {}
        }
        let may_use = |access: &_| image.on.caller.may_use(access, &app.auth.groups);
        let entry = app.store.lookup(&name)?;
        Ok(entry.and_then(|entry| record::of_tag(&entry, &name, may_use)))
    });
    found.await?.map(Json).ok_or_else(Refused::image_not_found)
}

const NOBODY: &str = "nobody loads no images: authenticate";

fn name(image: &OnImage) -> Result<TagName, Refused> {
    let tag = custom::tag(&image.tag).map_err(|error| Refused::bad_request(error.to_string()))?;
    Ok(TagName { system: image.on.system.clone(), itype: CUSTOM.to_owned(), tag })
}

fn ask(name: &TagName, lists: &Lists) -> PullAsk {
    let ids = |list: &Option<IdList>| list.iter().flat_map(|list| &list.0).copied().collect::<BTreeSet<u32>>();
    PullAsk {
        name: name.clone(),
        identity: String::new(),
        uid: None,
        users: ids(&lists.allowed_uids),
        groups: ids(&lists.allowed_gids),
        with_password: false,
    }
}

/// A load that is asked for.
struct Load {
    on: OnSystem,
    uid: u32,
    lists: Lists,
}

impl Load {
    fn new(on: OnSystem, itype: &str, lists: MaybeLists) -> Result<Self, Refused> {
        let Query(lists) = lists.map_err(|error| Refused::bad_request(error.body_text()))?;
        let Some(uid) = on.caller.uid() else { return Err(Refused::forbidden(NOBODY)) };
        if on.config.limits.uploads == 0 {
            return Err(Refused::forbidden("the site lets nobody load images"));
        }
        match itype {
            CUSTOM => Ok(Self { on, uid, lists }),
            other => Err(Refused::bad_request(format!("images of type `{other}` cannot be loaded; write `custom`"))),
        }
    }

    async fn run(self, app: &Arc<App>, name: Option<TagName>, body: Body) -> Result<Record, Refused> {
        let limits = self.on.config.limits;
        let this = Arc::new(self);
        this.check(app, name.clone()).await?;
        if body.size_hint().lower() > limits.upload_bytes {
            return Err(Refused::archive_too_large(limits.upload_bytes));
        }
        let slot = app.uploads.begin(this.uid, limits.uploads).ok_or_else(Refused::too_many_uploads)?;
        let bounds = Bounds {
            bytes: limits.upload_bytes,
            idle: Duration::from_secs(limits.idle_seconds),
            whole: Duration::from_secs(limits.pull_seconds),
        };
        let file = upload::receive(body, &this.on.config.cache, bounds).await.map_err(|error| refused(&error))?;
        let (name, file) = match name {
            Some(name) => (name, file),
            None => {
                let (name, file) = this.name_in(file).await?;
                this.check(app, Some(name.clone())).await?;
                (name, file)
            }
        };
        app.blocking(move |app| this.begin(&app, &name, file, slot)).await
    }

    /// Refuses what is known to fail.
    async fn check(self: &Arc<Self>, app: &Arc<App>, name: Option<TagName>) -> Result<(), Refused> {
        let this = Arc::clone(self);
        app.blocking(move |app| {
            let on = &this.on;
            let unnamed = || TagName { system: on.system.clone(), itype: CUSTOM.to_owned(), tag: String::new() };
            let full = app.room_to_pull(&on.config, &name.clone().unwrap_or_else(unnamed), Some(this.uid))?;
            full.map_err(|no_room| Refused::conflict(no_room.to_string()))?;
            let Some(name) = name else { return Ok(()) };
            let allowed = app.may_name(on.system(), &name, this.uid)?;
            allowed.map_err(|not_yours| Refused::forbidden(not_yours.to_string()))?;
            let identity = identity(this.uid);
            let mut queue = app.store.queue(&on.system)?.into_iter();
            match queue.any(|job| job.ask.name == name && job.ask.identity == identity) {
                true => Err(under_way(&name)),
                false => Ok(()),
            }
        })
        .await
    }

    /// The name that an archive has for its image, where it has just one.
    async fn name_in(&self, file: NamedTempFile) -> Result<(TagName, NamedTempFile), Refused> {
        let config = Arc::clone(&self.on.config);
        let limits = crate::jobs::limits(&config.limits);
        let (names, file) = blocking(move || (titles::of_archive(file.path(), &config.cache, &limits), file)).await;
        let names = names.map_err(|error| Refused::bad_request(error.to_string()))?;
        match names.as_slice() {
            [tag] => Ok((TagName { system: self.on.system.clone(), itype: CUSTOM.to_owned(), tag: tag.clone() }, file)),
            [] => Err(Refused::bad_request("the archive has no name for its image; say how it is to be called")),
            all => {
                let all = all.join(", ");
                Err(Refused::bad_request(format!("the archive has the images {all}; say which one is meant")))
            }
        }
    }

    /// Makes the load a job. Blocks.
    ///
    /// ORDER: the job first, then its archive. What is cut short in between was not accepted: nobody was answered.
    fn begin(&self, app: &Arc<App>, name: &TagName, file: NamedTempFile, slot: Slot) -> Result<Record, Refused> {
        let config = &self.on.config;
        let ask = PullAsk { identity: identity(self.uid), uid: Some(self.uid), ..ask(name, &self.lists) };
        let reference = name.tag.parse().map_err(|_| Refused::bad_request("the archive's name is none"))?;
        let job = loop {
            let now = app.clock.now();
            let terms = Terms {
                now,
                failed_since: f64::INFINITY,
                most: config.limits.queued,
                most_of_user: config.limits.user_queued,
                seen: app.store.aging(&name.system, Some(name), now)?.first().map(|tag| tag.last_pull),
            };
            match app.store.ask(&ask, terms)? {
                Asked::Started(job) => break job,
                Asked::Full => return Err(Refused::queue_full()),
                Asked::FullForUser => return Err(Refused::too_many_of_user()),
                Asked::Joined(_) | Asked::Failed(_) => return Err(under_way(name)),
                Asked::Moved => {}
            }
        };
        let path = upload::directory(&config.cache).join(upload::file_name(job.seq));
        if let Err(error) = upload::keep(file, &path) {
            app.store.withdraw(job.seq)?;
            return Err(Refused::broken(&error));
        }
        let kept = Kept::new(path, slot);
        let order = Order {
            system: self.on.system().clone(),
            location: kept.location(),
            reference,
            password: Password::None,
            config: Arc::clone(config),
            task: Task::Load(Arc::new(kept)),
        };
        let record = record::of_job(&job);
        app.start(job, order);
        Ok(record)
    }
}

fn under_way(name: &TagName) -> Refused {
    Refused::conflict(format!("you are loading `custom:{}` already; wait for its end", name.tag))
}

fn refused(error: &UploadError) -> Refused {
    match error {
        UploadError::TooLarge(most) => Refused::archive_too_large(*most),
        UploadError::TooSlow => Refused::too_slow(),
        UploadError::CutOff(_) => Refused::bad_request(error.to_string()),
        UploadError::Write { source, .. } => {
            use std::io::ErrorKind::{QuotaExceeded, StorageFull};
            match source.kind() {
                StorageFull | QuotaExceeded => {
                    tracing::error!(%error, "an archive does not fit");
                    Refused::no_space()
                }
                _ => Refused::broken(error),
            }
        }
    }
}
