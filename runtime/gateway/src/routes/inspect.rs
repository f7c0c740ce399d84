//! `GET /api/inspect/<system>/<type>/<tag>/`: all that is known of a tag, for whoever may use it.

use std::sync::Arc;

use axum::extract::State;
use shifter_gateway_types::rest::{InspectBody, PlatformImage};

use super::target::OnImage;
use crate::answer::{Json, Refused};
use crate::app::App;
use crate::life::Age;
use crate::openapi::{Answer, Operation, schema};
use crate::record;
use crate::store::{Image, TagName};

/// Types whose tag defaults to `latest`, as in a lookup.
const WITH_DEFAULT: [&str; 2] = ["docker", "custom"];

/// This question.
pub(crate) static OPERATION: Operation = Operation::get(
    "/api/inspect/{system}/{type}/{tag}/",
    "All that is known of a tag.",
    Answer::Json(schema::<InspectBody>),
);

/// Not a use: whoever looks at an image does not keep it.
pub(crate) async fn get(State(app): State<Arc<App>>, image: OnImage) -> Result<Json<InspectBody>, Refused> {
    let name = image.name(&WITH_DEFAULT);
    let found = app.blocking(move |app| inspect(&app, &image, &name)).await?;
    found.map(Json).ok_or_else(Refused::image_not_found)
}

fn inspect(app: &App, image: &OnImage, name: &TagName) -> Result<Option<InspectBody>, Refused> {
    let on = &image.on;
    app.write_usage()?;
    let Some(entry) = app.store.lookup(name)? else { return Ok(None) };
    let may_use = |access: &_| on.caller.may_use(access, &app.auth.groups);
    let Some(record) = record::of_tag(&entry, name, may_use) else { return Ok(None) };
    let aging = app.store.aging(&name.system, Some(name), app.clock.now())?;
    let Some(aging) = aging.into_iter().next() else { return Ok(None) };
    let age = Age::of(&aging, &on.config, on.system());
    let others = app.store.others(name)?;
    Ok(Some(InspectBody {
        record,
        digest: entry.image.digest.clone(),
        cmd: entry.image.cmd.clone(),
        user: entry.image.user.clone(),
        volumes: entry.image.volumes.clone(),
        platforms: [&entry.image].into_iter().chain(&others).map(platform).collect(),
        pinned: age.is_kept,
        pinned_until: aging.pinned.filter(|until| until.is_finite()),
        last_use: age.last_use,
        expires: age.expires(&on.config),
        holders: aging.holders,
        report: app.store.report(&name.system, &entry.image.id)?,
    }))
}

fn platform(image: &Image) -> PlatformImage {
    let Image { platform, id, format, bytes, .. } = image.clone();
    PlatformImage { platform, id, format, bytes }
}
