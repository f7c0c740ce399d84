//! `GET /api/expire/<system>/<type>/<tag>/`: let a tag expire. For administrators.

use std::sync::Arc;

use axum::extract::State;
use shifter_gateway_types::rest::{ExpireBody, HistoryEvent};

use super::rm::by_admin;
use super::target::OnImage;
use crate::answer::{Json, Refused};
use crate::app::App;
use crate::life::is_admin;
use crate::openapi::{Answer, Operation, schema};

/// Types whose tag defaults to `latest` when it expires.
const WITH_DEFAULT: [&str; 2] = ["docker", "custom"];

/// This question.
pub(crate) static OPERATION: Operation = Operation::get(
    "/api/expire/{system}/{type}/{tag}/",
    "Let a tag expire. For administrators.",
    Answer::Json(schema::<ExpireBody>),
)
.refusing(&[(409, "it is pinned")]);

pub(crate) async fn get(State(app): State<Arc<App>>, image: OnImage) -> Result<Json<ExpireBody>, Refused> {
    let name = image.name(&WITH_DEFAULT);
    let status = app
        .blocking(move |app| match image.on.caller.uid() {
            Some(uid) if is_admin(image.on.system(), &image.on.caller) => {
                Ok(by_admin(&app, &image.on.config, &name, uid, HistoryEvent::Expired)?.then_some(true))
            }
            _ => Ok(Some(false)),
        })
        .await?;
    Ok(Json(ExpireBody { status }))
}
