//! `POST /api/rm/<system>/<type>/<tag>/`: a user lets go of a tag, an administrator takes it away.
//!
//! A tag that several users pulled goes with the last of them. Nobody but its holders and administrators removes one.

use std::sync::Arc;

use axum::extract::State;
use shifter_gateway_types::rest::{HistoryEvent, RemoveBody};

use super::target::OnImage;
use crate::answer::{Json, Refused};
use crate::app::App;
use crate::config::Config;
use crate::life::is_admin;
use crate::openapi::{Answer, Operation, schema};
use crate::store::{Removal, TagName, Word};

/// Types whose tag defaults to `latest`.
const WITH_DEFAULT: [&str; 2] = ["docker", "custom"];

/// This question.
pub(crate) static OPERATION: Operation = Operation::post(
    "/api/rm/{system}/{type}/{tag}/",
    "Let go of a tag, or, as an administrator, take it away.",
    Answer::Json(schema::<RemoveBody>),
)
.refusing(&[(403, "only holders of the tag and administrators may"), (409, "it is pinned")]);

pub(crate) async fn post(State(app): State<Arc<App>>, image: OnImage) -> Result<Json<RemoveBody>, Refused> {
    let name = image.name(&WITH_DEFAULT);
    let body = app.blocking(move |app| remove(&app, &image, &name)).await?;
    Ok(Json(body))
}

fn remove(app: &App, image: &OnImage, name: &TagName) -> Result<RemoveBody, Refused> {
    let OnImage { on, .. } = image;
    let Some(uid) = on.caller.uid() else { return Err(Refused::forbidden("nobody holds no images: authenticate")) };
    match app.take_away(&on.config, name, Word::Holder(uid))? {
        Removal::Gone(_) => Ok(RemoveBody { removed: true, holders: 0 }),
        Removal::Released(holders, _) if !is_admin(on.system(), &on.caller) => {
            Ok(RemoveBody { removed: false, holders })
        }
        Removal::NoTag => Err(Refused::image_not_found()),
        _ if is_admin(on.system(), &on.caller) => match by_admin(app, &on.config, name, uid, HistoryEvent::Removed)? {
            true => Ok(RemoveBody { removed: true, holders: 0 }),
            false => Err(Refused::image_not_found()),
        },
        // What the caller may not use and what is not there cannot be told apart.
        _ if !image.may_use(app, name)? => Err(Refused::image_not_found()),
        _ => Err(Refused::forbidden("only who pulled an image, or an administrator, removes it")),
    }
}

/// Takes a tag away on an administrator's word, unless somebody's pin is on it. False when there is none.
pub(super) fn by_admin(
    app: &App,
    config: &Config,
    name: &TagName,
    uid: u32,
    event: HistoryEvent,
) -> Result<bool, Refused> {
    match app.take_away(config, name, Word::Admin(uid, event))? {
        Removal::Gone(_) => Ok(true),
        Removal::Pinned => Err(Refused::conflict("it is pinned: `shifterimg unpin` it first")),
        _ => Ok(false),
    }
}
