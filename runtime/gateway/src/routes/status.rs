//! `GET /status`: the gateway at a glance, for people with a browser. [`crate::status`] says who sees what.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::IntoResponse;

use shifter_gateway_types::rest::MungePayload;

use crate::answer::Refused;
use crate::app::App;
use crate::auth::{Caller, Peer, User};
use crate::openapi::{Answer, Operation};
use crate::status::{Status, Viewer, page, policy};

const TYPE: &str = "text/html; charset=utf-8";

/// This question.
pub(crate) static OPERATION: Operation =
    Operation::get("/status", "The gateway at a glance, for people.", Answer::Text(TYPE))
        .refusing(&[(500, "the store does not answer"), (503, "the store does not answer now")]);

pub(crate) async fn get(State(app): State<Arc<App>>, request: Request) -> Result<impl IntoResponse, Refused> {
    let config = app.config();
    let viewer = match request.extensions().get::<Peer>() {
        Some(&Peer::Unix { uid, gid }) => {
            Viewer::Known(Caller::User { user: User { uid, gid }, payload: MungePayload::default() })
        }
        _ if config.anonymous => Viewer::Known(Caller::Nobody),
        _ => Viewer::Stranger,
    };
    let text = app.blocking(move |app| Ok(page(&Status::of(&app, &config, &viewer)?))).await?;
    let headers = [
        (CONTENT_TYPE, TYPE),
        (CONTENT_SECURITY_POLICY, policy()),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, text))
}
