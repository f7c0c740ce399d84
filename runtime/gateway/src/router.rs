//! Every route, and who calls it.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware::from_fn;

use crate::answer::{Refused, complete};
use crate::app::App;
use crate::openapi::Interface;
use crate::routes::{
    autoexpire, cancel, doimport, expire, figures, history, inspect, list, load, lookup, metrics, pin, progress, pull,
    queue, quota, rm, root, status, sweep,
};

/// The gateway's interface. A trailing slash is optional everywhere; a tag may hold its own.
pub fn router(app: Arc<App>) -> Router {
    Interface::new()
        // People with a browser or curl.
        .with(&root::OPERATION, root::get)
        .with(&status::OPERATION, status::get)
        // The runtime, the workload managers and shifterimg.
        .with(&lookup::OPERATION, lookup::get)
        .with(&list::OPERATION, list::get)
        .with(&pull::OPERATION, pull::post)
        .with(&queue::OPERATION, queue::get)
        .with(&progress::OPERATION, progress::get)
        .with(&cancel::OPERATION, cancel::post)
        // Monitoring.
        .with(&figures::METRICS, figures::get)
        .with(&figures::HEALTH, figures::health)
        // Users who bring their images.
        .with(&load::NAMED, load::named)
        .with(&load::UNNAMED, load::unnamed)
        .with(&load::PROGRESS, load::progress)
        .with(&doimport::OPERATION, doimport::post)
        // Users who look after their images.
        .with(&inspect::OPERATION, inspect::get)
        .with(&history::OPERATION, history::get)
        .with(&rm::OPERATION, rm::post)
        .with(&pin::PIN, pin::pin)
        .with(&pin::UNPIN, pin::unpin)
        .with(&quota::OPERATION, quota::get)
        // Administrators.
        .with(&expire::OPERATION, expire::get)
        .with(&autoexpire::OPERATION, autoexpire::get)
        .with(&metrics::OPERATION, metrics::get)
        .with(&sweep::OPERATION, sweep::post)
        .describing_itself()
        .fallback(async |request: Request| Refused::no_such_route(request.uri().path()))
        .method_not_allowed_fallback(async || Refused::wrong_method())
        .layer(from_fn(complete))
        .with_state(app)
}
