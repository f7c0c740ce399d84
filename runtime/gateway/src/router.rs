//! Every route, and who calls it.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware::from_fn;
use axum::routing::{get, post};

use crate::answer::{Refused, complete};
use crate::app::App;
use crate::routes::{
    autoexpire, expire, figures, history, inspect, list, lookup, metrics, pin, pull, queue, quota, rm, root, sweep,
};

/// The gateway's interface. A trailing slash is optional everywhere; `{*tag}` holds its own.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        // People with a browser or curl.
        .route("/", get(root::get))
        // The runtime, the workload managers and shifterimg.
        .route("/api/lookup/{system}/{itype}/{*tag}", get(lookup::get))
        .route("/api/list/{system}", get(list::get))
        .route("/api/list/{system}/", get(list::get))
        .route("/api/pull/{system}/{itype}/{*tag}", post(pull::post))
        .route("/api/queue/{system}", get(queue::get))
        .route("/api/queue/{system}/", get(queue::get))
        // Monitoring.
        .route("/metrics", get(figures::get))
        .route("/health", get(figures::health))
        // Users who look after their images.
        .route("/api/inspect/{system}/{itype}/{*tag}", get(inspect::get))
        .route("/api/history/{system}/{itype}/{*tag}", get(history::get))
        .route("/api/rm/{system}/{itype}/{*tag}", post(rm::post))
        .route("/api/pin/{system}/{itype}/{*tag}", post(pin::pin))
        .route("/api/unpin/{system}/{itype}/{*tag}", post(pin::unpin))
        .route("/api/quota/{system}", get(quota::get))
        .route("/api/quota/{system}/", get(quota::get))
        // Administrators.
        .route("/api/expire/{system}/{itype}/{*tag}", get(expire::get))
        .route("/api/autoexpire/{system}", get(autoexpire::get))
        .route("/api/autoexpire/{system}/", get(autoexpire::get))
        .route("/api/metrics/{system}", get(metrics::get))
        .route("/api/metrics/{system}/", get(metrics::get))
        .route("/api/sweep/{system}", post(sweep::post))
        .route("/api/sweep/{system}/", post(sweep::post))
        .fallback(async |request: Request| Refused::no_such_route(request.uri().path()))
        .method_not_allowed_fallback(async || Refused::wrong_method())
        .layer(from_fn(complete))
        .with_state(app)
}
