//! Answers, in the bytes that clients since 16.08 accept.
//!
//! The original's client compares `Content-Type` with `application/json` as a whole and drops a
//! body whose length is not in `Content-Length`, so every JSON answer is one buffer with exactly
//! these headers. Whatever is not a success is the documented object, never HTML.

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{CONTENT_TYPE, HOST, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Serialize;
use shifter_gateway_types::rest::{self, ErrorBody};

use crate::auth::AuthError;
use crate::life::LifeError;
use crate::store::StoreError;

/// A JSON body with status 200.
#[derive(Clone, Debug)]
pub struct Json<T>(pub T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        json(StatusCode::OK, &self.0)
    }
}

/// A success whose JSON body was made before.
#[derive(Clone, Debug)]
pub(crate) struct Made(pub(crate) Bytes);

impl IntoResponse for Made {
    fn into_response(self) -> Response {
        whole(StatusCode::OK, self.0)
    }
}

/// A body, to be made once and sent often.
pub(crate) fn body(body: &impl Serialize) -> Bytes {
    serde_json::to_vec(body).expect("answers have string keys and finite numbers").into()
}

fn json(status: StatusCode, content: &impl Serialize) -> Response {
    whole(status, body(content))
}

fn whole(status: StatusCode, body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(rest::CONTENT_TYPE));
    response
}

/// A request that is not answered with what it asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    status: StatusCode,
    error: String,
    /// In how many seconds the same may be asked again.
    retry_after: Option<u32>,
}

/// The seconds after which a full queue may have room: pulls take some tens of seconds.
const QUEUE_PAUSE: u32 = 10;

/// Seconds until a database that is away may be there again.
const AWAY_PAUSE: u32 = 5;

impl Refused {
    fn new(status: StatusCode, error: impl Into<String>) -> Self {
        Self { status, error: error.into(), retry_after: None }
    }

    /// 404, the same for an image that is not there and one that the caller may not use.
    #[must_use]
    pub fn image_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "image not found")
    }

    /// 404 for a system that is not served, in the words of the original.
    #[must_use]
    pub fn unknown_system() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Bad session or system")
    }

    /// 404 for a path without a route.
    #[must_use]
    pub fn no_such_route(path: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("Requested URL {path} not found"))
    }

    /// 405.
    #[must_use]
    pub fn wrong_method() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "this URL does not answer that method")
    }

    /// 400 for a mistake in the request, in the words of `why`.
    pub fn bad_request(why: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, why)
    }

    /// 413.
    #[must_use]
    pub fn too_large(most: usize) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, format!("the body has more than {most} bytes"))
    }

    /// 408.
    #[must_use]
    pub fn too_slow() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "the body did not come in time")
    }

    /// 429.
    #[must_use]
    pub fn queue_full() -> Self {
        let refused = Self::new(StatusCode::TOO_MANY_REQUESTS, "too many pulls wait; try again later");
        Self { retry_after: Some(QUEUE_PAUSE), ..refused }
    }

    /// 429 for one user.
    #[must_use]
    pub fn too_many_of_user() -> Self {
        let why = "too many of your pulls wait; try again when one has ended";
        Self { retry_after: Some(QUEUE_PAUSE), ..Self::new(StatusCode::TOO_MANY_REQUESTS, why) }
    }

    /// 413 for an archive.
    #[must_use]
    pub fn archive_too_large(most: u64) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, format!("the archive has more than {most} bytes"))
    }

    /// 429 for archives.
    #[must_use]
    pub fn too_many_uploads() -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too many images are being loaded; try again when one of yours has ended",
        )
    }

    /// 507.
    #[must_use]
    pub fn no_space() -> Self {
        Self::new(StatusCode::INSUFFICIENT_STORAGE, "the gateway has no room for the archive now; try again later")
    }

    /// 403 for what only some may do, in the words of `who`.
    pub fn forbidden(who: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, who)
    }

    /// 409 for what cannot be done as things are, in the words of `why`.
    pub fn conflict(why: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, why)
    }

    /// 503 while the gateway stops.
    #[must_use]
    pub fn stopping() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "the gateway is stopping")
    }

    /// 500: this gateway's own failure. What happened is logged, not told.
    pub fn broken(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error, "cannot answer a request");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "the gateway has failed; its log says why")
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        if error.is_away() {
            tracing::warn!(%error, "cannot answer a request");
            let refused = Self::new(StatusCode::SERVICE_UNAVAILABLE, "the gateway's database is away; try again later");
            return Self { retry_after: Some(AWAY_PAUSE), ..refused };
        }
        Self::broken(&error)
    }
}

impl From<LifeError> for Refused {
    fn from(error: LifeError) -> Self {
        match error {
            LifeError::Store(error) => error.into(),
            error => Self::broken(&error),
        }
    }
}

impl From<AuthError> for Refused {
    fn from(error: AuthError) -> Self {
        match &error {
            AuthError::Broken(source) => {
                tracing::error!(error = &**source as &dyn std::error::Error, "cannot check credentials");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
            }
            _ => Self::new(StatusCode::UNAUTHORIZED, error.to_string()),
        }
    }
}

impl IntoResponse for Refused {
    /// The body is written by [`complete`], which knows the URL.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Writes the bodies of refusals: `{"status":..,"error":..,"message":..}`.
pub async fn complete(request: Request, next: Next) -> Response {
    // Both share their bytes with the request; text is made of them only where it is needed.
    let (host, uri) = (request.headers().get(HOST).cloned(), request.uri().clone());
    let response = next.run(request).await;
    match response.extensions().get::<Refused>() {
        None => response,
        Some(Refused { status, error, retry_after }) => {
            let host = host.as_ref().and_then(|host| host.to_str().ok()).unwrap_or("localhost");
            let url = format!("http://{host}{uri}");
            let words = status.canonical_reason().unwrap_or("Error");
            let body = ErrorBody { status: status.as_u16(), error: error.clone(), message: format!("{words}: {url}") };
            let mut refused = json(*status, &body);
            if let Some(seconds) = retry_after {
                refused.headers_mut().insert(RETRY_AFTER, HeaderValue::from(*seconds));
            }
            refused
        }
    }
}
