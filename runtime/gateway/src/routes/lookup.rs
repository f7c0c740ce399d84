//! `GET /api/lookup/<system>/<type>/<tag>/`: the record of an image.

use std::sync::Arc;

use axum::extract::State;
use shifter_gateway_types::rest::Record;

use super::target::{OnImage, OnSystem};
use crate::answer::{Made, Refused, body};
use crate::app::App;
use crate::openapi::{Answer, Operation, schema};
use crate::record;
use crate::usage::Lookup;

/// Types whose tag defaults to `latest` in a lookup.
const WITH_DEFAULT: [&str; 2] = ["docker", "custom"];

/// This question.
pub(crate) static OPERATION: Operation =
    Operation::get("/api/lookup/{system}/{type}/{tag}/", "The record of an image.", Answer::Json(schema::<Record>));

/// Answered at once where the image is known and everybody may use it; else off the threads that serve connections.
pub(crate) async fn get(State(app): State<Arc<App>>, image: OnImage) -> Result<Made, Refused> {
    let name = image.name(&WITH_DEFAULT);
    let OnSystem { config, caller, .. } = image.on;
    let uid = caller.uid().filter(|_| config.metrics);
    let known = app.known(&name);
    if let Some(found) = &known
        && let Some(body) = &found.for_all
    {
        app.usage.note(Lookup { name: &name, id: &found.entry.image.id, uid }, app.clock.now());
        return Ok(Made(body.clone()));
    }
    let made = app
        .blocking(move |app| {
            let found = match known {
                Some(found) => Some(found),
                None => app.find(&name)?,
            };
            let Some(found) = found else { return Ok(None) };
            let made = match &found.for_all {
                Some(body) => Some(body.clone()),
                None => record::of_tag(&found.entry, &name, |access| caller.may_use(access, &app.auth.groups))
                    .map(|record| body(&record)),
            };
            if made.is_some() {
                app.usage.note(Lookup { name: &name, id: &found.entry.image.id, uid }, app.clock.now());
            }
            Ok(made)
        })
        .await?;
    made.map(Made).ok_or_else(Refused::image_not_found)
}
