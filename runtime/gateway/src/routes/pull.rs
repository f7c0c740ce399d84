//! `POST /api/pull/<system>/<type>/<tag>/`: ask for an image, and ask how far it is.
//!
//! Clients ask with the same request over and over until the record says READY or FAILURE, so this
//! route starts a pull only when none is in flight, none has just failed, and the tag is not known
//! to be current already.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use shifter_gateway_types::rest::{IdList, PullBody, Record, Status};

use super::body;
use super::target::OnImage;
use crate::answer::{Json, Refused};
use crate::app::App;
use crate::auth::Caller;
use crate::config::Password;
use crate::jobs::{Order, Task};
use crate::openapi::{Answer, Operation, schema};
use crate::publish::Place;
use crate::record;
use crate::store::{Access, Asked, Job, PullAsk, Tag, TagName, Terms};

/// Types whose tag defaults to `latest` in a pull.
const WITH_DEFAULT: [&str; 1] = ["docker"];
/// Seconds for which a failure is shown instead of being tried again.
const FAILURE_SHOWN: f64 = 30.0;

/// This question.
pub(crate) static OPERATION: Operation = Operation::post(
    "/api/pull/{system}/{type}/{tag}/",
    "Have an image pulled, and ask how far that is.",
    Answer::Json(schema::<Record>),
)
.taking(schema::<PullBody>)
.refusing(&[(429, "too many pulls wait")]);

pub(crate) async fn post(State(app): State<Arc<App>>, image: OnImage, body: Body) -> Result<Json<Record>, Refused> {
    let name = image.name(&WITH_DEFAULT);
    let lists: PullBody = body::read(body).await?;
    if name.itype != "docker" {
        return Err(Refused::bad_request(format!("images of type `{}` cannot be pulled", name.itype)));
    }
    let (config, caller) = (image.on.config.clone(), image.on.caller.clone());
    let (registry, reference) =
        config.registries.find(&name.tag).map_err(|error| Refused::bad_request(error.to_string()))?;
    let password = match &caller {
        Caller::Nobody => config.registries.password(registry, &Default::default()),
        Caller::User { payload, .. } => config.registries.password(registry, &payload.authorized_locations),
    };
    let ask = ask(&name, &caller, lists, &password);
    let order = Order {
        system: image.on.system().clone(),
        location: registry.location.clone(),
        reference,
        password,
        config: Arc::clone(&config),
        task: Task::Pull,
    };
    let record = app.blocking(move |app| answer(&app, &ask, order, &caller)).await?;
    Ok(Json(record))
}

/// Pulls by callers without a password and without lists are alike, whoever asks.
fn ask(name: &TagName, caller: &Caller, lists: PullBody, password: &Password) -> PullAsk {
    let ids = |list: Option<IdList>| list.unwrap_or_default().0.into_iter().collect::<BTreeSet<u32>>();
    let (users, groups) = (ids(lists.allowed_uids), ids(lists.allowed_gids));
    let with_password = matches!(password, Password::Callers(_));
    let own = with_password || !users.is_empty() || !groups.is_empty();
    let identity = match caller.uid() {
        Some(uid) if own => format!("uid:{uid}"),
        _ => String::new(),
    };
    PullAsk { name: name.clone(), identity, uid: caller.uid(), users, groups, with_password }
}

fn answer(app: &Arc<App>, ask: &PullAsk, order: Order, caller: &Caller) -> Result<Record, Refused> {
    loop {
        let now = app.clock.now();
        let entry = app.store.lookup(&ask.name)?;
        let asked = |tag: &&Tag| tag.itype == ask.name.itype && tag.tag == ask.name.tag;
        let tag = entry.as_ref().and_then(|entry| entry.tags.iter().find(asked));
        if let (Some(entry), Some(tag)) = (&entry, tag)
            && is_current(tag, ask, &order, now)
            && Place::new(&order.system, order.config.readable_by).has_all(&ask.name)
            && let Some(record) = record::of_tag(entry, &ask.name, |access| caller.may_use(access, &app.auth.groups))
        {
            if let Some(uid) = ask.uid {
                app.store.hold(&ask.name, uid)?;
            }
            return Ok(record);
        }
        let terms = Terms {
            now,
            failed_since: now - FAILURE_SHOWN.min(order.config.pull_update.as_secs_f64()),
            most: order.config.limits.queued,
            most_of_user: order.config.limits.user_queued,
            seen: tag.map(|tag| tag.last_pull),
        };
        match app.store.ask(ask, terms)? {
            Asked::Started(job) => {
                if let Err(no_room) = app.room_to_pull(&order.config, &ask.name, ask.uid)? {
                    // Not kept as a failure: the user may make room and ask again at once.
                    app.store.withdraw(job.seq)?;
                    let (status, message) = (Status::Failure, no_room.to_string());
                    return Ok(record::of_job(&Job { status, message, ..job }));
                }
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

/// Whether a pull would bring nothing new: the tag was confirmed lately, and lets in all who are asked for.
fn is_current(tag: &Tag, ask: &PullAsk, order: &Order, now: f64) -> bool {
    // A clock that was set back must not make every poll a pull.
    let is_fresh = (now - tag.last_pull).abs() < order.config.pull_update.as_secs_f64();
    // A system that has got nodes of another kind wants their images too.
    let is_same = tag.platforms == order.system.platforms_text();
    is_fresh
        && is_same
        && match &tag.access {
            // Lists do not close what is open.
            Access::Public => true,
            Access::Granted { users, groups } => ask.users.is_subset(users) && ask.groups.is_subset(groups),
        }
}
