//! `GET /metrics` and `GET /health`: figures for monitoring (OpenMetrics 1.0), and whether requests can be answered.
//!
//! For everybody who reaches the gateway: programs that collect figures have no credential. Sums only; no name of an
//! image or a user is among them.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use schemars::JsonSchema;
use serde::Serialize;

use crate::answer::{Json, Refused};
use crate::app::App;
use crate::openapi::{Answer, Operation, schema};
use crate::store::StoreError;

/// OpenMetrics 1.0, "Overall structure".
const TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The first question.
pub(crate) static METRICS: Operation =
    Operation::get("/metrics", "Figures for monitoring (OpenMetrics 1.0).", Answer::Text(TYPE))
        .refusing(&[(500, "the store does not answer")]);

/// The second question.
pub(crate) static HEALTH: Operation =
    Operation::get("/health", "Whether requests can be answered.", Answer::Json(schema::<Health>))
        .refusing(&[(500, "the store does not answer")]);

/// That requests can be answered.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Health {
    /// `ok`.
    status: &'static str,
}

/// 200 while the store answers; 500 and a line in the log otherwise.
pub(crate) async fn health(State(app): State<Arc<App>>) -> Result<Json<Health>, Refused> {
    app.blocking(|app| {
        for system in app.config().systems.keys() {
            app.store.stored(system)?;
        }
        Ok(())
    })
    .await?;
    Ok(Json(Health { status: "ok" }))
}

pub(crate) async fn get(State(app): State<Arc<App>>) -> Result<impl IntoResponse, Refused> {
    let text = app.blocking(|app| Ok(text(&app)?)).await?;
    Ok(([(CONTENT_TYPE, TYPE)], text))
}

fn text(app: &App) -> Result<String, StoreError> {
    let config = app.config();
    let (mut bytes, mut tags, mut pulls) = (String::new(), String::new(), String::new());
    for system in config.systems.keys() {
        let label = label(system);
        let stored = app.store.stored(system)?;
        for (state, sum) in [("named", stored.named), ("expired", stored.expired)] {
            line(&mut bytes, &format!("shifter_image_bytes{{system=\"{label}\",state=\"{state}\"}}"), sum);
        }
        let count = app.store.aging(system, None, app.clock.now())?.len();
        line(&mut tags, &format!("shifter_tags{{system=\"{label}\"}}"), count);
        let waiting = app.store.queue(system)?.len();
        line(&mut pulls, &format!("shifter_pulls_in_flight{{system=\"{label}\"}}"), waiting);
    }
    let mut all = String::new();
    let families = [
        ("shifter_image_bytes", "gauge", "Bytes of image files; expired ones wait for their deletion.", bytes),
        ("shifter_tags", "gauge", "Names of images.", tags),
        ("shifter_pulls_in_flight", "gauge", "Pulls that wait or run.", pulls),
        (
            "shifter_lookups",
            "counter",
            "Lookups that found an image, since the start.",
            format!("shifter_lookups_total {}\n", app.usage.lookups()),
        ),
    ];
    for (name, kind, help, lines) in families {
        line(&mut all, &format!("# TYPE {name}"), kind);
        line(&mut all, &format!("# HELP {name}"), help);
        all += &lines;
    }
    all += "# EOF\n";
    Ok(all)
}

fn line(text: &mut String, name: &str, value: impl std::fmt::Display) {
    writeln!(text, "{name} {value}").expect("a text takes every line");
}

/// A label's value as OpenMetrics escapes it.
fn label(text: &str) -> String {
    text.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n")
}
