//! `POST /api/sweep/<system>/`: find files and records that lost each other, and remove them if asked to. For
//! administrators.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use shifter_gateway_types::rest::{SweepAsk, SweepBody};

use super::body;
use super::target::OnSystem;
use crate::answer::{Json, Refused};
use crate::app::App;
use crate::life::{SweepError, is_admin};
use crate::openapi::{Answer, Operation, schema};

/// This question.
pub(crate) static OPERATION: Operation = Operation::post(
    "/api/sweep/{system}/",
    "Find files and records that lost each other. For administrators.",
    Answer::Json(schema::<SweepBody>),
)
.taking(schema::<SweepAsk>)
.refusing(&[(403, "only administrators may"), (409, "the image directory is not there")]);

pub(crate) async fn post(State(app): State<Arc<App>>, on: OnSystem, body: Body) -> Result<Json<SweepBody>, Refused> {
    let SweepAsk { remove } = body::read(body).await?;
    let body = app
        .blocking(move |app| {
            if !is_admin(on.system(), &on.caller) {
                return Err(Refused::forbidden("only administrators of the system sweep its images"));
            }
            app.sweep(&on.config, on.system(), remove).map_err(|error| match error {
                SweepError::NotThere { .. } => Refused::conflict(error.to_string()),
                SweepError::Life(error) => error.into(),
            })
        })
        .await?;
    Ok(Json(body))
}
