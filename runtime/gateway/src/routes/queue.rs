//! `GET /api/queue/<system>/`: the pulls that wait or run.

use std::sync::Arc;

use axum::extract::State;
use shifter_gateway_types::rest::{QueueBody, QueueItem};

use super::progress::is_shown;
use super::target::OnSystem;
use crate::answer::{Json, Refused};
use crate::app::App;
use crate::jobs::import;
use crate::openapi::{Answer, Operation, schema};

/// This question.
pub(crate) static OPERATION: Operation =
    Operation::get("/api/queue/{system}/", "The pulls that wait or run.", Answer::Json(schema::<QueueBody>));

/// The original shows every pull to everybody; pulls with a password are shown to who asked alone.
pub(crate) async fn get(State(app): State<Arc<App>>, on: OnSystem) -> Result<Json<QueueBody>, Refused> {
    let OnSystem { system, caller, .. } = on;
    let jobs = app.blocking(move |app| Ok(app.store.queue(&system)?)).await?;
    let shown = jobs.into_iter().filter(|job| is_shown(job, caller.uid()));
    let list = shown.map(|job| QueueItem { status: import::status(&job), image: job.ask.name.tag }).collect();
    Ok(Json(QueueBody { list }))
}
