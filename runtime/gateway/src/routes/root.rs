//! `GET /`: proof of life.

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

/// What the original answers, byte for byte.
pub(crate) async fn get() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/plain")], "{lookup,pull,expire,list}")
}
