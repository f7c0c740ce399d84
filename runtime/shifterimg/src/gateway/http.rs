//! A gateway behind `http://` or `https://`.
//!
//! A credential goes to the gateway that is configured and nowhere else: redirects are not followed
//! and no proxy of the environment is used.

use std::path::Path;
use std::time::Duration;

use shifter_gateway_types::rest::{AUTHENTICATION, CONTENT_TYPE};
use ureq::http::Request;
use ureq::http::Response;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body, SendBody};

use super::sent::{ANSWER, Archive};
use super::{MOST, Method, Reply, Wire};
use crate::conf::Settings;
use crate::failure::Failure;

/// Asks over TCP.
pub(super) struct Client(Agent);

impl Client {
    /// With the certificates and the time-out of the configuration.
    pub(super) fn new(settings: &Settings) -> Result<Self, Failure> {
        let roots = match &settings.certificates {
            None => RootCerts::PlatformVerifier,
            Some(path) => RootCerts::from(certificates(path)?),
        };
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .timeout_global(settings.timeout)
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .user_agent(concat!("shifterimg/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Self(config.new_agent()))
    }

    /// One question, one answer.
    pub(super) fn send(&self, url: &str, wire: &Wire<'_>) -> Result<Reply, String> {
        let url = format!("{}{}", url.trim_end_matches('/'), wire.path);
        let mut request = Request::builder().uri(url);
        if let Some(credential) = wire.credential {
            request = request.header(AUTHENTICATION, credential);
        }
        let sent = match wire.method {
            Method::Get => self.0.run(request.body(()).map_err(|error| error.to_string())?),
            Method::Post => {
                let request = request.method("POST").header("Content-Type", CONTENT_TYPE);
                self.0.run(request.body(wire.body).map_err(|error| error.to_string())?)
            }
        };
        reply(sent)
    }

    /// Sends an archive, once the gateway has said that it takes it. It may take longer than other questions.
    pub(super) fn send_archive(
        &self,
        url: &str,
        path: &str,
        credential: &str,
        archive: &mut Archive,
        timeout: Option<Duration>,
    ) -> Result<Reply, String> {
        let request = Request::post(format!("{}{path}", url.trim_end_matches('/')))
            .header(AUTHENTICATION, credential)
            .header("Content-Type", "application/octet-stream")
            .header("Expect", "100-continue");
        let request = match archive.length() {
            Some(length) => request.header("Content-Length", length),
            None => request,
        };
        let request = request.body(SendBody::from_reader(archive)).map_err(|error| error.to_string())?;
        let request = self.0.configure_request(request);
        let request = request
            .timeout_global(None)
            .timeout_connect(timeout)
            .timeout_await_100(Some(timeout.unwrap_or(ANSWER)))
            .timeout_recv_response(Some(ANSWER))
            .build();
        reply(self.0.run(request))
    }
}

fn reply(sent: Result<Response<Body>, ureq::Error>) -> Result<Reply, String> {
    let mut response = sent.map_err(|error| error.to_string())?;
    let retry_after = response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
    let body = response.body_mut().with_config().limit(MOST).read_to_vec();
    let body = body.map_err(|error| error.to_string())?;
    Ok(Reply { status: response.status().as_u16(), retry_after, body })
}

fn certificates(path: &Path) -> Result<Vec<Certificate<'static>>, Failure> {
    let wrong = |what: String| Failure::Conf { path: path.to_owned(), what };
    let pem = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
    let mut all = Vec::new();
    for item in parse_pem(&pem) {
        if let PemItem::Certificate(certificate) = item.map_err(|error| wrong(error.to_string()))? {
            all.push(certificate);
        }
    }
    if all.is_empty() { Err(wrong("it holds no certificate".to_owned())) } else { Ok(all) }
}
