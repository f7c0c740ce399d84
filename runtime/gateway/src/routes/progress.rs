//! `GET /api/progress/<system>/<type>/<tag>/`: how far a pull is, layer by layer.
//!
//! The record that a pull answers says so in words; this is for who draws it.

use std::sync::Arc;

use axum::extract::State;
use shifter_gateway_types::rest::ProgressBody;

use super::target::OnImage;
use crate::answer::{Json, Refused};
use crate::app::App;
use crate::openapi::{Answer, Operation, schema};
use crate::store::{Job, StoreError, TagName};

/// Types whose tag defaults to `latest`, as in a pull.
const WITH_DEFAULT: [&str; 1] = ["docker"];

/// This question.
pub(crate) static OPERATION: Operation = Operation::get(
    "/api/progress/{system}/{type}/{tag}/",
    "How far a pull is, layer by layer.",
    Answer::Json(schema::<ProgressBody>),
);

pub(crate) async fn get(State(app): State<Arc<App>>, image: OnImage) -> Result<Json<ProgressBody>, Refused> {
    let name = image.name(&WITH_DEFAULT);
    let uid = image.on.caller.uid();
    let found = app.blocking(move |app| Ok(progress(&app, &name, uid)?)).await?;
    found.map(Json).ok_or_else(Refused::image_not_found)
}

/// A caller's own pull before the one that is everybody's; those of others are not there.
fn progress(app: &App, name: &TagName, uid: Option<u32>) -> Result<Option<ProgressBody>, StoreError> {
    let mut jobs: Vec<Job> = app.store.queue(&name.system)?.into_iter().filter(|job| is_shown(job, uid)).collect();
    jobs.retain(|job| job.ask.name == *name);
    let Some(job) = jobs.into_iter().max_by_key(|job| !job.ask.identity.is_empty()) else { return Ok(None) };
    let place = app.place_of(&job)?;
    Ok(Some(ProgressBody { place, ..app.live.progress(&job) }))
}

/// Whether a caller may know of a pull: those with a password or with lists are their asker's alone.
pub(super) fn is_shown(job: &Job, uid: Option<u32>) -> bool {
    job.ask.identity.is_empty() || job.ask.uid == uid
}
