//! `GET /api/autoexpire/<system>/`: let unused tags expire, and delete files whose grace is over. For administrators.

use std::sync::Arc;

use axum::extract::State;
use shifter_gateway_types::config::Days;
use shifter_gateway_types::rest::{AutoexpireBody, Autoexpired};

use super::target::OnSystem;
use crate::answer::{Json, Refused};
use crate::app::App;
use crate::life::is_admin;
use crate::openapi::{Answer, Operation, schema};

/// This question.
pub(crate) static OPERATION: Operation = Operation::get(
    "/api/autoexpire/{system}/",
    "Let unused tags expire. For administrators.",
    Answer::Json(schema::<AutoexpireBody>),
);

/// Where nothing says what is unused, nothing is.
pub(crate) async fn get(State(app): State<Arc<App>>, on: OnSystem) -> Result<Json<AutoexpireBody>, Refused> {
    let status = app
        .blocking(move |app| {
            let system = on.system();
            if !is_admin(system, &on.caller) {
                return Ok(Autoexpired::Refused(false));
            }
            let unused = on.config.retention.unused.map(Days::duration).or(on.config.expire_after);
            let ids = app.age_system(&on.config, system, unused)?;
            app.delete_expired(&on.config)?;
            Ok(Autoexpired::Ids(ids))
        })
        .await?;
    Ok(Json(AutoexpireBody { status }))
}
