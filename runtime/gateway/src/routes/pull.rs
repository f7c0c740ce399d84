//! `POST /api/pull/<system>/<type>/<tag>/`: ask for an image, and ask how far it is.
//!
//! Clients ask with the same request over and over until the record says READY or FAILURE, so this
//! route starts a pull only when none is in flight, none has just failed, and the tag is not known
//! to be current already.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::State;
use shifter_gateway_types::rest::{IdList, PullBody, Record};

use super::target::OnImage;
use crate::answer::{Json, Refused};
use crate::app::App;
use crate::auth::Caller;
use crate::config::Password;
use crate::jobs::Order;
use crate::publish::Place;
use crate::record;
use crate::store::{Access, Asked, PullAsk, Tag, TagName, Terms};
use crate::time::now;

/// Types whose tag defaults to `latest` in a pull.
const WITH_DEFAULT: [&str; 1] = ["docker"];
/// Bytes of a request: far more ids than a runtime reads back.
const MOST: usize = 64 * 1024;
/// How long a client may take to send them.
const BODY: Duration = Duration::from_secs(30);
/// Seconds for which a failure is shown instead of being tried again.
const FAILURE_SHOWN: f64 = 30.0;

pub(crate) async fn post(State(app): State<Arc<App>>, image: OnImage, body: Body) -> Result<Json<Record>, Refused> {
    let name = image.name(&WITH_DEFAULT);
    let lists = read(body, BODY).await?;
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
    };
    let record = app.blocking(move |app| answer(&app, &ask, order, &caller)).await?;
    Ok(Json(record))
}

/// An empty body means no lists; anything else must be the documented object.
async fn read(body: Body, time: Duration) -> Result<PullBody, Refused> {
    let whole = tokio::time::timeout(time, to_bytes(body, MOST)).await.map_err(|_| Refused::too_slow())?;
    let bytes = whole.map_err(|_| Refused::too_large(MOST))?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(PullBody::default());
    }
    // An object by all means: a struct would be read from a list too, field by field.
    let object: Result<serde_json::Map<_, _>, _> = serde_json::from_slice(&bytes);
    let lists = object.and_then(|object| serde_json::from_value(object.into()));
    lists.map_err(|error| Refused::bad_request(format!("the body: {error}")))
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
        let now = now();
        let entry = app.store.lookup(&ask.name)?;
        let asked = |tag: &&Tag| tag.itype == ask.name.itype && tag.tag == ask.name.tag;
        let tag = entry.as_ref().and_then(|entry| entry.tags.iter().find(asked));
        if let (Some(entry), Some(tag)) = (&entry, tag)
            && is_current(tag, ask, &order, now)
            && Place::new(&order.system, order.config.readable_by).has_all(&ask.name)
            && let Some(record) = record::of_tag(entry, &ask.name, |access| caller.may_use(access, &app.auth.groups))
        {
            return Ok(record);
        }
        let terms = Terms {
            now,
            failed_since: now - FAILURE_SHOWN.min(order.config.pull_update.as_secs_f64()),
            most: order.config.limits.queued,
            seen: tag.map(|tag| tag.last_pull),
        };
        match app.store.ask(ask, terms)? {
            Asked::Started(job) => {
                let record = record::of_job(&job);
                app.start(job, order);
                return Ok(record);
            }
            Asked::Joined(job) | Asked::Failed(job) => return Ok(record::of_job(&job)),
            Asked::Full => return Err(Refused::queue_full()),
            Asked::Moved => {}
        }
    }
}

/// Whether a pull would bring nothing new: the tag was confirmed lately, and lets in all who are asked for.
fn is_current(tag: &Tag, ask: &PullAsk, order: &Order, now: f64) -> bool {
    // A clock that was set back must not make every poll a pull.
    let is_fresh = (now - tag.last_pull).abs() < order.config.pull_update.as_secs_f64();
    is_fresh
        && match &tag.access {
            // Lists do not close what is open.
            Access::Public => true,
            Access::Granted { users, groups } => ask.users.is_subset(users) && ask.groups.is_subset(groups),
        }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    #[tokio::test]
    async fn a_body_that_does_not_come_is_not_waited_for() {
        let body = Body::from_stream(stream::pending::<Result<Vec<u8>, std::io::Error>>());
        assert_eq!(read(body, Duration::from_millis(10)).await, Err(Refused::too_slow()));
    }
}
