//! `GET /api/quota/<system>/`: what the caller holds, what there may be, and what of it will soon expire.

use std::sync::Arc;

use axum::extract::State;
use shifter_gateway_types::rest::{Expiring, QuotaBody, Usage};

use super::target::OnSystem;
use crate::answer::{Json, Refused};
use crate::app::App;
use crate::life::Age;
use crate::openapi::{Answer, Operation, schema};

/// This question.
pub(crate) static OPERATION: Operation = Operation::get(
    "/api/quota/{system}/",
    "What the caller holds, what there may be, and what of it will soon expire.",
    Answer::Json(schema::<QuotaBody>),
);

pub(crate) async fn get(State(app): State<Arc<App>>, on: OnSystem) -> Result<Json<QuotaBody>, Refused> {
    let body = app.blocking(move |app| body(&app, &on)).await?;
    Ok(Json(body))
}

fn body(app: &App, on: &OnSystem) -> Result<QuotaBody, Refused> {
    let quota = on.config.quota;
    let stored = app.store.stored(&on.system)?;
    let system = Usage { bytes: stored.named + stored.expired, limit: quota.total_bytes };
    let Some(uid) = on.caller.uid() else {
        return Ok(QuotaBody { user: Usage::default(), system, expiring: Vec::new() });
    };
    let user = Usage { bytes: app.store.held(&on.system, uid, None)?, limit: quota.user_bytes };
    app.write_usage()?;
    let now = app.clock.now();
    let soon = now + on.config.retention.warn().as_secs_f64();
    let mut expiring = Vec::new();
    for aging in app.store.aging(&on.system, None, now)? {
        if !aging.holders.contains(&uid) {
            continue;
        }
        if let Some(at) = Age::of(&aging, &on.config, on.system()).expires(&on.config).filter(|at| *at <= soon) {
            expiring.push(Expiring { itype: aging.name.itype, tag: aging.name.tag, at });
        }
    }
    expiring.sort_by(|a, b| a.at.total_cmp(&b.at));
    Ok(QuotaBody { user, system, expiring })
}
