//! Asking gateways, one after the other, until one answers.

mod http;
mod sent;
mod unix;

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::DeserializeOwned;
use shifter_formats::image::{Descriptor, ImageType};
use shifter_formats::udiroot::Endpoint;
use shifter_gateway_types::rest::ErrorBody;

use crate::conf::Settings;
use crate::credential::Mint;
use crate::failure::Failure;
use crate::login;

pub(crate) use sent::Archive;

/// What curl_easy_escape(3) leaves alone, and so what every gateway has always been sent.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The most bytes of an answer that are read: a list of some hundred thousand images.
const MOST: u64 = 256 << 20;

/// A question, without the system it is about.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    method: Method,
    verb: &'static str,
    image: Option<Descriptor>,
    /// A type alone, for an image whose name the gateway finds out.
    kind: Option<ImageType>,
    query: String,
    body: String,
    /// What the credential carries: passwords for registries.
    payload: String,
}

/// GET or POST.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    Get,
    Post,
}

/// What came back from one gateway.
#[derive(Clone, Debug)]
struct Reply {
    status: u16,
    /// The seconds of `Retry-After`.
    retry_after: Option<u64>,
    body: Vec<u8>,
}

/// A message on the wire.
struct Wire<'a> {
    method: Method,
    path: &'a str,
    credential: Option<&'a str>,
    body: &'a str,
}

/// What is known after asking.
#[derive(Clone, Debug)]
pub(crate) enum Answer<T> {
    /// One gateway answered with this.
    Found(T),
    /// All that answered said that there is no such thing.
    NotFound,
}

impl<T> Answer<T> {
    /// What was found out about an image.
    pub(crate) fn found(self, image: &Descriptor) -> Result<T, Failure> {
        match self {
            Self::Found(body) => Ok(body),
            Self::NotFound => Err(Failure::NotFound(image.to_string())),
        }
    }
}

/// The gateways in the order in which they are asked.
pub(crate) struct Gateways {
    endpoints: Vec<Endpoint>,
    system: String,
    http: http::Client,
    timeout: Option<Duration>,
    mint: Mint,
    verbose: bool,
}

impl Request {
    /// A question about an image, or about the system.
    pub(crate) fn get(verb: &'static str, image: Option<&Descriptor>) -> Self {
        let (query, body, payload) = Default::default();
        Self { method: Method::Get, verb, image: image.cloned(), kind: None, query, body, payload }
    }

    /// Something to be done with an image, or on the system.
    pub(crate) fn post(verb: &'static str, image: Option<&Descriptor>, body: String) -> Self {
        Self { method: Method::Post, body, ..Self::get(verb, image) }
    }

    /// An archive to be loaded, under a name or under its own.
    pub(crate) fn load(image: Option<&Descriptor>, query: String) -> Self {
        let kind = if image.is_none() { Some(ImageType::Custom) } else { None };
        Self { kind, query, ..Self::post("load", image, String::new()) }
    }

    /// With passwords for registries, which only the gateway reads.
    pub(crate) fn bringing(self, payload: String) -> Self {
        Self { payload, ..self }
    }

    /// A text about the image of this question.
    fn named(&self, why: &str) -> String {
        self.image.as_ref().map_or_else(|| why.to_owned(), |image| format!("`{image}`: {why}"))
    }

    /// The path, with its slash at the end.
    fn path(&self, system: &str) -> String {
        let escape = |text: &str| utf8_percent_encode(text, ESCAPED).to_string();
        let mut path = format!("/api/{}/{}/", self.verb, escape(system));
        if let Some(image) = &self.image {
            path += &format!("{}/{}/", escape(image.kind.as_str()), escape(&image.tag));
        }
        if let Some(kind) = self.kind {
            path += &format!("{kind}/");
        }
        path + &self.query
    }
}

impl Gateways {
    /// The gateways of the configuration, shuffled, so that they share the load.
    pub(crate) fn new(settings: &Settings, verbose: bool) -> Result<Self, Failure> {
        let mut endpoints = settings.gateways.clone();
        shuffle(&mut endpoints);
        Ok(Self {
            endpoints,
            system: settings.system.clone(),
            http: http::Client::new(settings)?,
            timeout: settings.timeout,
            mint: Mint::default(),
            verbose,
        })
    }

    /// What a pull brings along for the registries, where this user has logged in.
    pub(crate) fn passwords(&mut self) -> Result<String, Failure> {
        login::payload(&self.system, &mut self.mint)
    }

    /// Asks each gateway until one answers with status 200. That one is asked first the next time.
    pub(crate) fn ask<T: DeserializeOwned>(&mut self, request: &Request) -> Result<Answer<T>, Failure> {
        self.ask_by(request, |this, endpoint, path| this.send(endpoint, request, path))
    }

    /// Sends an archive to the first gateway that takes it.
    pub(crate) fn send_archive<T: DeserializeOwned>(
        &mut self,
        request: &Request,
        archive: &mut Archive,
    ) -> Result<Answer<T>, Failure> {
        self.ask_by(request, |this, endpoint, path| {
            archive.rewind()?;
            match endpoint {
                Endpoint::Unix(socket) => unix::send_archive(socket, path, archive, this.timeout),
                Endpoint::Url(url) => {
                    let credential = this.mint.credential(b"")?;
                    this.http.send_archive(url, path, &credential, archive, this.timeout)
                }
            }
        })
    }

    fn ask_by<T: DeserializeOwned>(
        &mut self,
        request: &Request,
        mut send: impl FnMut(&mut Self, &Endpoint, &str) -> Result<Reply, String>,
    ) -> Result<Answer<T>, Failure> {
        let path = request.path(&self.system);
        let mut failures = Vec::new();
        let mut not_found = false;
        let (mut wrong, mut refused, mut busy) = (None, None, None);
        for at in 0..self.endpoints.len() {
            let endpoint = self.endpoints[at].clone();
            let reply = match send(self, &endpoint, &path) {
                Ok(reply) => reply,
                Err(what) => {
                    failures.push(format!("{endpoint}: {what}"));
                    continue;
                }
            };
            self.tell(&reply);
            match reply.status {
                200 => match serde_json::from_slice(&reply.body) {
                    Ok(body) => {
                        self.endpoints.swap(0, at);
                        return Ok(Answer::Found(body));
                    }
                    Err(error) => failures.push(format!("{endpoint}: the answer is not understood: {error}")),
                },
                404 if reply.says_image_not_found() => not_found = true,
                400 if reply.error().is_some() => wrong = reply.error().map(|body| body.error),
                403 | 409 | 413 if reply.error().is_some() => refused = reply.error().map(|body| body.error),
                429 => {
                    let pause = Duration::from_secs(reply.retry_after.unwrap_or(1));
                    busy = Some(Failure::Busy { why: request.named(&reply.reason(429)), pause });
                }
                status => failures.push(format!("{endpoint}: {}", reply.reason(status))),
            }
        }
        match (refused, not_found, wrong) {
            (Some(why), ..) => Err(Failure::Refused(request.named(&why))),
            (None, true, _) => Ok(Answer::NotFound),
            (None, false, Some(why)) => Err(Failure::Request(request.named(&why))),
            (None, false, None) => Err(busy.unwrap_or_else(|| Failure::Gateway(failures.join("\n")))),
        }
    }

    fn send(&mut self, endpoint: &Endpoint, request: &Request, path: &str) -> Result<Reply, String> {
        let mut wire = Wire { method: request.method, path, credential: None, body: &request.body };
        match endpoint {
            // The kernel says who asks: a credential is only needed to bring something along.
            Endpoint::Unix(socket) if request.payload.is_empty() => unix::send(socket, &wire, self.timeout),
            Endpoint::Unix(socket) => {
                let credential = self.mint.credential(request.payload.as_bytes())?;
                wire.credential = Some(&credential);
                unix::send(socket, &wire, self.timeout)
            }
            Endpoint::Url(url) => {
                let credential = self.mint.credential(request.payload.as_bytes())?;
                wire.credential = Some(&credential);
                self.http.send(url, &wire)
            }
        }
    }

    /// With `-v`: the answer, each field on a line of its own, as scripts search it for `"status":`.
    fn tell(&self, reply: &Reply) {
        if !self.verbose {
            return;
        }
        let text = String::from_utf8_lossy(&reply.body).into_owned();
        let value = serde_json::from_slice::<serde_json::Value>(&reply.body);
        let text = value.map_or(text, |value| shifter_gateway_types::pretty::print(&value));
        if reply.status != 200 {
            println!("Got response: {}", reply.status);
        }
        println!("Message: {}", text.trim_end());
    }
}

impl Reply {
    fn error(&self) -> Option<ErrorBody> {
        serde_json::from_slice(&self.body).ok()
    }

    /// Other 404s are of gateways that do not know the system, or are no gateways.
    fn says_image_not_found(&self) -> bool {
        self.error().is_some_and(|body| body.error.contains("image not found"))
    }

    fn reason(&self, status: u16) -> String {
        let told = self.error().map(|body| body.error);
        told.unwrap_or_else(|| format!("it answers with status {status}"))
    }
}

/// Fisher and Yates, with the randomness of the standard library's hash maps.
fn shuffle<T>(items: &mut [T]) {
    for at in (1..items.len()).rev() {
        let random = RandomState::new().build_hasher().finish();
        let below = u64::try_from(at + 1).unwrap_or(u64::MAX);
        let other = usize::try_from(random % below).unwrap_or(0);
        items.swap(at, other);
    }
}

#[cfg(test)]
mod tests {
    use shifter_formats::image::ImageType;

    use super::*;

    #[test]
    fn paths_are_those_of_the_original() {
        let image = Descriptor::parse("docker:quay.io/a/b:1", ImageType::Docker).unwrap();
        assert_eq!(Request::get("lookup", Some(&image)).path("cori"), "/api/lookup/cori/docker/quay.io%2Fa%2Fb%3A1/");
        assert_eq!(Request::get("list", None).path("cori"), "/api/list/cori/");
    }

    #[test]
    fn shuffling_keeps_every_gateway() {
        let mut items: Vec<u32> = (0..50).collect();
        shuffle(&mut items);
        items.sort_unstable();
        assert!(items.into_iter().eq(0..50));
    }
}
