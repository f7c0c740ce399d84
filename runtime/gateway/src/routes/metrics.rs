//! `GET /api/metrics/<system>/?limit=N`: the last lookups on a system. For administrators.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::Deserialize;
use shifter_gateway_types::rest::LookupRow;

use super::target::OnSystem;
use crate::answer::{Json, Refused};
use crate::app::App;
use crate::life::is_admin;
use crate::openapi::{Answer, Operation, Parameter, schema};

/// The one parameter.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Limit {
    #[serde(default = "ten")]
    limit: u32,
}

fn ten() -> u32 {
    10
}

/// This question.
pub(crate) static OPERATION: Operation = Operation::get(
    "/api/metrics/{system}/",
    "The last lookups. For administrators.",
    Answer::Json(schema::<Vec<LookupRow>>),
)
.asking(&[Parameter { name: "limit", what: "how many; 10 where it is left out", schema: schema::<u32> }]);

/// An empty list for everybody else, and where the site does not record lookups.
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    on: OnSystem,
    query: Result<Query<Limit>, QueryRejection>,
) -> Result<Json<Vec<LookupRow>>, Refused> {
    let Query(Limit { limit }) = query.map_err(|_| Refused::bad_request("`limit` is a whole number"))?;
    let rows = app
        .blocking(move |app| {
            if !on.config.metrics || !is_admin(on.system(), &on.caller) {
                return Ok(Vec::new());
            }
            app.write_usage()?;
            Ok(app.store.lookups(&on.system, limit)?)
        })
        .await?;
    Ok(Json(rows))
}
