//! `GET /api/list/<system>/`: the images the caller may use.

use std::sync::Arc;

use axum::extract::State;
use shifter_gateway_types::rest::ListBody;

use super::target::OnSystem;
use crate::answer::{Json, Refused};
use crate::app::App;
use crate::openapi::{Answer, Operation, schema};
use crate::record;

/// This question.
pub(crate) static OPERATION: Operation =
    Operation::get("/api/list/{system}/", "The images that the caller may use.", Answer::Json(schema::<ListBody>));

pub(crate) async fn get(State(app): State<Arc<App>>, on: OnSystem) -> Result<Json<ListBody>, Refused> {
    let OnSystem { system, caller, .. } = on;
    let list = app
        .blocking(move |app| {
            let may_use = |access: &_| caller.may_use(access, &app.auth.groups);
            let entries = app.store.list(&system)?;
            Ok(entries.iter().flat_map(|entry| record::of_image(entry, &system, may_use)).collect())
        })
        .await?;
    Ok(Json(ListBody { list }))
}
