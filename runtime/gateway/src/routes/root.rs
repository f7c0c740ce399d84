//! `GET /`: proof of life.

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

use crate::openapi::{Answer, Operation};

/// This question.
pub(crate) static OPERATION: Operation = Operation::get("/", "Proof of life.", Answer::Text("text/plain"));

/// What the original answers, byte for byte.
pub(crate) async fn get() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/plain")], "{lookup,pull,expire,list}")
}
