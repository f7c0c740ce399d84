//! `GET /api/lookup/<system>/<type>/<tag>/`: the record of an image.

use std::sync::Arc;

use axum::extract::State;
use shifter_gateway_types::rest::Record;

use super::target::OnImage;
use crate::answer::{Json, Refused};
use crate::app::App;
use crate::record;

/// Types whose tag defaults to `latest` in a lookup.
const WITH_DEFAULT: [&str; 2] = ["docker", "custom"];

pub(crate) async fn get(State(app): State<Arc<App>>, image: OnImage) -> Result<Json<Record>, Refused> {
    let name = image.name(&WITH_DEFAULT);
    let caller = image.on.caller;
    let found = app
        .blocking(move |app| {
            let Some(entry) = app.store.lookup(&name)? else { return Ok(None) };
            Ok(record::of_tag(&entry, &name, |access| caller.may_use(access, &app.auth.groups)))
        })
        .await?;
    found.map(Json).ok_or_else(Refused::image_not_found)
}
