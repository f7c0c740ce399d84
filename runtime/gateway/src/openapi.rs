//! What the interface is, for programs: an OpenAPI 3.1 document, made of the table that the router is made of.
//!
//! Each route's file describes its own [`Operation`]. The schemas of bodies are those of the types that are read and
//! written (`schemars`), so the document cannot say anything else than the code does.

use axum::handler::Handler;
use axum::routing::{MethodFilter, on};
use axum::{Json, Router};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};
use shifter_gateway_types::rest::{AUTHENTICATION, CONTENT_TYPE, ErrorBody};

/// Where the document is.
pub(crate) const PATH: &str = "/api/openapi.json";

/// The schema of a type.
pub(crate) type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// The schema of `T`, for an [`Operation`].
pub(crate) fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// How a question is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    Get,
    Post,
}

/// What a success carries.
#[derive(Clone, Copy)]
pub(crate) enum Answer {
    /// JSON.
    Json(SchemaOf),
    /// Text of this type.
    Text(&'static str),
}

/// What a question carries.
#[derive(Clone, Copy)]
enum Sent {
    /// JSON, which may be left out.
    Json(SchemaOf),
    /// Bytes.
    Bytes,
}

/// One question of the interface.
pub(crate) struct Operation {
    method: Method,
    path: &'static str,
    summary: &'static str,
    body: Option<Sent>,
    query: &'static [Parameter],
    answer: Answer,
    refusals: &'static [(u16, &'static str)],
}

/// A parameter behind the `?`, which may be left out.
#[derive(Clone, Copy)]
pub(crate) struct Parameter {
    pub name: &'static str,
    pub what: &'static str,
    pub schema: SchemaOf,
}

impl Operation {
    /// A question by GET. The path is as clients write it, `/api/lookup/{system}/{type}/{tag}/`, the summary a line.
    pub(crate) const fn get(path: &'static str, summary: &'static str, answer: Answer) -> Self {
        Self { method: Method::Get, path, summary, body: None, query: &[], answer, refusals: &[] }
    }

    /// A question by POST.
    pub(crate) const fn post(path: &'static str, summary: &'static str, answer: Answer) -> Self {
        Self { method: Method::Post, ..Self::get(path, summary, answer) }
    }

    /// With a body, which may be left out.
    pub(crate) const fn taking(self, body: SchemaOf) -> Self {
        Self { body: Some(Sent::Json(body)), ..self }
    }

    /// With bytes as its body.
    pub(crate) const fn taking_bytes(self) -> Self {
        Self { body: Some(Sent::Bytes), ..self }
    }

    /// With parameters.
    pub(crate) const fn asking(self, query: &'static [Parameter]) -> Self {
        Self { query, ..self }
    }

    /// With statuses other than 200, and when, besides those of [`USUAL`] and [`OF_BODIES`].
    pub(crate) const fn refusing(self, refusals: &'static [(u16, &'static str)]) -> Self {
        Self { refusals, ..self }
    }
}

/// What every question about a system may be answered with.
const USUAL: [(u16, &str); 5] = [
    (400, "the URL or the body is not understood"),
    (401, "nobody is known to be calling"),
    (404, "no such system, or no such image that the caller may use"),
    (500, "the gateway has failed; its log says why"),
    (503, "callers cannot be told at the moment"),
];

/// What every question that takes a body may be answered with.
const OF_BODIES: [(u16, &str); 2] = [(408, "the body does not come"), (413, "the body is too large")];

/// The names in a path, what they are, and an example.
const PARAMETERS: [(&str, &str, &str); 3] = [
    ("system", "a system that the gateway serves: a key of `Platforms`", "cori"),
    ("type", "the type of the image: `docker`, `custom`, `id`", "docker"),
    (
        "tag",
        "the image, as `ubuntu:24.04` or `quay.io/site/app@sha256:…`; a slash may be written as it is",
        "ubuntu:24.04",
    ),
];

/// A router, and what is in it.
pub(crate) struct Interface<S> {
    router: Router<S>,
    operations: Vec<&'static Operation>,
}

impl<S: Clone + Send + Sync + 'static> Interface<S> {
    pub(crate) fn new() -> Self {
        Self { router: Router::new(), operations: Vec::new() }
    }

    /// Adds a question and what answers it.
    #[must_use]
    pub(crate) fn with<H: Handler<T, S>, T: 'static>(mut self, operation: &'static Operation, handler: H) -> Self {
        let filter = match operation.method {
            Method::Get => MethodFilter::GET,
            Method::Post => MethodFilter::POST,
        };
        let answering = on(filter, handler);
        for path in routes(operation.path) {
            self.router = self.router.route(&path, answering.clone());
        }
        self.operations.push(operation);
        self
    }

    /// The router, which answers with its own description too.
    pub(crate) fn describing_itself(self) -> Router<S> {
        let document = document(&self.operations);
        self.router.route(PATH, axum::routing::get(async move || Json(document)))
    }
}

/// The patterns of axum for a path: `{tag}` takes the rest, and its slash; elsewhere the slash is optional.
fn routes(path: &str) -> Vec<String> {
    let pattern = path.replace("{type}", "{itype}");
    if let Some(start) = pattern.strip_suffix("{tag}/") {
        return vec![format!("{start}{{*tag}}")];
    }
    match pattern.strip_suffix('/') {
        Some(without) if !without.is_empty() => vec![without.to_owned(), pattern.clone()],
        _ => vec![pattern],
    }
}

/// The document.
fn document(operations: &[&Operation]) -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let settings = settings.with(|settings| settings.definitions_path = "/components/schemas".into());
    let mut generator = settings.into_generator();
    let refusal = schema::<ErrorBody>(&mut generator);
    let mut paths = Map::new();
    for operation in operations {
        let method = match operation.method {
            Method::Get => "get",
            Method::Post => "post",
        };
        let described = describe(operation, &refusal, &mut generator);
        let entry = paths.entry(operation.path).or_insert_with(|| json!({}));
        entry[method] = described;
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Shifter image gateway",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Images for container starts: pulled from registries, converted once, described by records. \
                Clients since Shifter 16.08 use the same paths.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "paths": paths,
        "components": {
            "schemas": generator.take_definitions(true),
            "securitySchemes": {
                "munge": {
                    "type": "apiKey",
                    "in": "header",
                    "name": AUTHENTICATION,
                    "description": "A munge(1) credential. Its payload may be JSON with passwords for registries \
                        (`authorized_locations`). On the Unix socket none is needed: the kernel says who calls.",
                },
            },
        },
    })
}

fn describe(operation: &Operation, refusal: &Schema, generator: &mut SchemaGenerator) -> Value {
    let is_about_a_system = operation.path.contains("{system}");
    let parameters = PARAMETERS.iter().filter(|(name, ..)| operation.path.contains(&format!("{{{name}}}")));
    let mut parameters: Vec<Value> = parameters
        .map(|(name, what, example)| {
            let schema = json!({ "type": "string", "minLength": 1, "examples": [example] });
            json!({ "name": name, "in": "path", "required": true, "description": what, "schema": schema })
        })
        .collect();
    for Parameter { name, what, schema } in operation.query {
        let schema = schema(generator);
        parameters.push(json!({ "name": name, "in": "query", "description": what, "schema": schema }));
    }
    let (kind, content) = match operation.answer {
        Answer::Json(schema) => (CONTENT_TYPE, schema(generator)),
        Answer::Text(kind) => {
            (kind, Schema::from(json!({ "type": "string" }).as_object().cloned().unwrap_or_default()))
        }
    };
    let mut responses = json!({ "200": { "description": "Done.", "content": { kind: { "schema": content } } } });
    let usual = USUAL.iter().filter(|_| is_about_a_system);
    let of_bodies = OF_BODIES.iter().filter(|_| operation.body.is_some());
    for (status, when) in usual.chain(of_bodies).chain(operation.refusals) {
        let content = json!({ CONTENT_TYPE: { "schema": refusal } });
        responses[status.to_string()] = json!({ "description": when, "content": content });
    }
    let mut described = json!({ "summary": operation.summary, "responses": responses });
    if !parameters.is_empty() {
        described["parameters"] = parameters.into();
    }
    if is_about_a_system {
        described["security"] = json!([{ "munge": [] }, {}]);
    }
    if let Some(body) = operation.body {
        described["requestBody"] = match body {
            Sent::Json(schema) => {
                json!({ "required": false, "content": { CONTENT_TYPE: { "schema": schema(generator) } } })
            }
            Sent::Bytes => json!({ "required": true, "content": { "application/octet-stream": {} } }),
        };
    }
    described
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_routed_with_and_without_its_slash() {
        assert_eq!(routes("/api/list/{system}/"), ["/api/list/{system}", "/api/list/{system}/"]);
        assert_eq!(routes("/api/pull/{system}/{type}/{tag}/"), ["/api/pull/{system}/{itype}/{*tag}"]);
        assert_eq!(routes("/"), ["/"]);
    }
}
