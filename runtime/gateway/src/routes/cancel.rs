//! `POST /api/cancel/<system>/<type>/<tag>/`: a user takes a pull back.
//!
//! It goes on while others wait for it. An administrator ends it for everybody.

use std::sync::Arc;

use axum::extract::State;
use shifter_gateway_types::rest::CancelBody;

use super::target::OnImage;
use crate::answer::{Json, Refused};
use crate::app::App;
use crate::life::is_admin;
use crate::openapi::{Answer, Operation, schema};
use crate::store::{Leaver, TagName};

/// Types whose tag defaults to `latest`, as in a pull.
const WITH_DEFAULT: [&str; 1] = ["docker"];

/// This question.
pub(crate) static OPERATION: Operation = Operation::post(
    "/api/cancel/{system}/{type}/{tag}/",
    "Take a pull back; as an administrator, for everybody.",
    Answer::Json(schema::<CancelBody>),
)
.refusing(&[(403, "nobody is calling"), (409, "no pull of the caller's waits or runs")]);

pub(crate) async fn post(State(app): State<Arc<App>>, image: OnImage) -> Result<Json<CancelBody>, Refused> {
    let name = image.name(&WITH_DEFAULT);
    let body = app.blocking(move |app| cancel(&app, &image, &name)).await?;
    Ok(Json(body))
}

fn cancel(app: &App, image: &OnImage, name: &TagName) -> Result<CancelBody, Refused> {
    let on = &image.on;
    let Some(uid) = on.caller.uid() else { return Err(Refused::forbidden("nobody pulls no images: authenticate")) };
    let leaver = if is_admin(on.system(), &on.caller) { Leaver::Admin(uid) } else { Leaver::Asker(uid) };
    // The same for the pulls of others and for none: who pulls what is nobody else's business.
    let none = || Refused::conflict("no pull of yours waits or runs");
    let left = app.cancel(name, leaver)?.ok_or_else(none)?;
    tracing::info!(system = name.system, tag = name.tag, ?leaver, ended = left.ended.len(), "a pull is taken back");
    Ok(CancelBody { cancelled: left.others == 0, others: left.others })
}
