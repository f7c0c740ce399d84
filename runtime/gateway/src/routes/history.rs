//! `GET /api/history/<system>/<type>/<tag>/`: which images a tag has named, and since when.

use std::sync::Arc;

use axum::extract::State;
use shifter_gateway_types::rest::HistoryBody;

use super::target::OnImage;
use crate::answer::{Json, Refused};
use crate::app::App;
use crate::life::is_admin;
use crate::openapi::{Answer, Operation, schema};
use crate::store::{Past, TagName};

/// Types whose tag defaults to `latest`, as in a lookup.
const WITH_DEFAULT: [&str; 2] = ["docker", "custom"];

/// This question.
pub(crate) static OPERATION: Operation = Operation::get(
    "/api/history/{system}/{type}/{tag}/",
    "Which images a tag has named, and since when.",
    Answer::Json(schema::<HistoryBody>),
);

pub(crate) async fn get(State(app): State<Arc<App>>, image: OnImage) -> Result<Json<HistoryBody>, Refused> {
    let name = image.name(&WITH_DEFAULT);
    let list = app.blocking(move |app| lines(&app, &image, &name)).await?;
    if list.list.is_empty() { Err(Refused::image_not_found()) } else { Ok(Json(list)) }
}

/// What was public, what the caller did, and all of a tag that the caller may use now.
fn lines(app: &App, image: &OnImage, name: &TagName) -> Result<HistoryBody, Refused> {
    let all = app.store.history(name)?;
    let sees_all = image.may_use(app, name)? || is_admin(image.on.system(), &image.on.caller);
    let uid = image.on.caller.uid();
    let is_shown = |past: &Past| sees_all || !past.private || uid.is_some() && past.row.uid == uid;
    Ok(HistoryBody { list: all.into_iter().filter(is_shown).map(|past| past.row).collect() })
}
