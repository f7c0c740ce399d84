//! `GET /api/lookup/<system>/<type>/<tag>/`: the record of an image.

use std::sync::Arc;

use axum::extract::State;
use shifter_gateway_types::rest::Record;

use super::target::{OnImage, OnSystem};
use crate::answer::{Json, Refused};
use crate::app::App;
use crate::openapi::{Answer, Operation, schema};
use crate::record;
use crate::usage::Lookup;

/// Types whose tag defaults to `latest` in a lookup.
const WITH_DEFAULT: [&str; 2] = ["docker", "custom"];

/// This question.
pub(crate) static OPERATION: Operation =
    Operation::get("/api/lookup/{system}/{type}/{tag}/", "The record of an image.", Answer::Json(schema::<Record>));

pub(crate) async fn get(State(app): State<Arc<App>>, image: OnImage) -> Result<Json<Record>, Refused> {
    let name = image.name(&WITH_DEFAULT);
    let OnSystem { config, caller, .. } = image.on;
    let found = app
        .blocking(move |app| {
            let Some(entry) = app.store.lookup_or_recall(&name)? else { return Ok(None) };
            let record = record::of_tag(&entry, &name, |access| caller.may_use(access, &app.auth.groups));
            if record.is_some() {
                let uid = caller.uid().filter(|_| config.metrics);
                app.usage.note(Lookup { name: &name, id: &entry.image.id, uid }, app.clock.now());
            }
            Ok(record)
        })
        .await?;
    found.map(Json).ok_or_else(Refused::image_not_found)
}
