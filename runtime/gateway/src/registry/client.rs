//! One repository of a registry over HTTP (OCI Distribution Specification 1.1, "Pull").
//!
//! Redirects are followed here, not by the HTTP library: a credential is sent to the registry's own
//! origin (scheme, host and port) and nowhere else, a redirect from `https` to `http` is refused,
//! and the query of an address, which may hold a signature, appears in no message.

use std::sync::Arc;
use std::time::SystemTime;

use futures_util::future::BoxFuture;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue, LOCATION, RANGE};
use reqwest::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use reqwest::{Response, StatusCode};
use tokio::sync::Mutex;
use url::Url;

use super::challenge;
use super::error::RegistryError;
use super::manifest::{self, Document};
use super::origin::blocking;
use super::retry::{Attempts, Next, retry_after};
use super::token::{Identity, Session, Step, Token, basic};
use crate::pull::{Credential, PullRequest, RegistryLocation};
use crate::reference::{Digest, Reference};

mod http;

pub(crate) use http::shown;
use http::{body, same_origin, transport};

const REDIRECTS: usize = 5;
const TOKEN_BYTES: u64 = 1 << 20;
/// Refusals answered by another identity before giving up: none, anonymous, user, a stale token.
const ROUNDS: usize = 4;

/// A repository at a registry, and who is asking.
#[derive(Clone)]
pub(crate) struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    http: reqwest::Client,
    location: String,
    registry: RegistryLocation,
    reference: Reference,
    credential: Option<Credential>,
    session: Mutex<Session>,
    used_credential: std::sync::atomic::AtomicBool,
}

impl Client {
    pub(crate) async fn new(request: &PullRequest, registry: &RegistryLocation) -> Result<Self, RegistryError> {
        let name = request.location.name.clone();
        let wrong = |what: String| RegistryError::Location { location: name.clone(), what };
        let host = registry.url.host_str().unwrap_or_default().to_owned();
        if !matches!(registry.url.scheme(), "http" | "https") || host.is_empty() {
            let text = &registry.url;
            return Err(wrong(format!("`{text}` is no http or https address")));
        }
        let build = {
            let registry = registry.clone();
            move || http::build(&registry)
        };
        Ok(Self {
            inner: Arc::new(Inner {
                http: blocking(build).await.map_err(wrong)?,
                location: request.location.name.clone(),
                registry: registry.clone(),
                reference: request.reference.clone(),
                credential: request.credential.clone(),
                session: Mutex::default(),
                used_credential: false.into(),
            }),
        })
    }

    /// Whether anything was fetched in the user's name.
    pub(crate) fn has_used_credential(&self) -> bool {
        let used = &self.inner.used_credential;
        used.load(std::sync::atomic::Ordering::Relaxed)
    }

    pub(crate) fn timing(&self) -> &crate::pull::request::Timing {
        &self.inner.registry.timing
    }

    /// The document the reference names.
    pub(crate) async fn manifest(&self, limit: u64) -> Result<Document, RegistryError> {
        let reference = &self.inner.reference;
        let name = reference.manifest_name();
        self.get_manifest(&name, reference.digest(), limit).await
    }

    /// The document with this digest.
    pub(crate) async fn manifest_by_digest(&self, digest: Digest, limit: u64) -> Result<Document, RegistryError> {
        self.get_manifest(&digest.to_string(), Some(digest), limit).await
    }

    async fn get_manifest(&self, name: &str, expected: Option<Digest>, limit: u64) -> Result<Document, RegistryError> {
        let url = self.address("manifests", name)?;
        let accept = HeaderValue::from_static(manifest::ACCEPT);
        let response = self.get(&url, &HeaderMap::from_iter([(ACCEPT, accept)])).await?;
        let header = |name: &str| {
            let value = response.headers().get(name)?;
            value.to_str().ok().map(str::to_owned)
        };
        let announced = header("docker-content-digest").and_then(|text| text.parse().ok());
        let media_type =
            header("content-type").map(|text| text.split(';').next().unwrap_or_default().trim().to_owned());
        let bytes = body(response, &format!("manifest {name}"), limit, self.timing()).await?;
        let document = Document::new(bytes, media_type);
        match expected.or(announced) {
            Some(expected) if expected != document.digest => {
                Err(RegistryError::Digest { what: "a manifest", expected, found: document.digest })
            }
            _ => Ok(document),
        }
    }

    /// A blob from byte `from` on. The answer is 200 or, for a later part, possibly 206.
    pub(crate) async fn blob(&self, digest: Digest, from: u64) -> Result<Response, RegistryError> {
        let url = self.address("blobs", &digest.to_string())?;
        let mut headers = HeaderMap::new();
        if from > 0 {
            let range = HeaderValue::try_from(format!("bytes={from}-"));
            headers.insert(RANGE, range.expect("digits are valid in a header"));
        }
        self.get(&url, &headers).await
    }

    fn address(&self, kind: &str, name: &str) -> Result<Url, RegistryError> {
        let repository = self.inner.reference.repository();
        let base = self.inner.registry.url.as_str().trim_end_matches('/');
        let text = format!("{base}/v2/{repository}/{kind}/{name}");
        Url::parse(&text).map_err(|error| RegistryError::Location {
            location: self.inner.location.clone(),
            what: format!("`{text}` is no address: {error}"),
        })
    }

    /// A successful answer to a GET, under whatever identity is needed.
    async fn get(&self, url: &Url, headers: &HeaderMap) -> Result<Response, RegistryError> {
        for _ in 0..ROUNDS {
            let (generation, header) = self.current_header().await?;
            let (response, at) = self.send_patiently(url, headers, header.as_ref()).await?;
            let status = response.status();
            if status.is_success() {
                if self.inner.session.lock().await.identity == Identity::User {
                    let used = &self.inner.used_credential;
                    used.store(true, std::sync::atomic::Ordering::Relaxed);
                }
                return Ok(response);
            }
            // 404 too: some registries hide what they do not show to everybody.
            let may_be_identity = matches!(status.as_u16(), 401 | 403 | 404);
            let own = same_origin(&at, &self.inner.registry.url);
            if !(may_be_identity && own && self.change_identity(generation, &response).await?) {
                return Err(self.failure(response, &at).await);
            }
        }
        Err(self.denied(url))
    }

    /// The header to send, renewing a token that is about to end.
    async fn current_header(&self) -> Result<(u64, Option<HeaderValue>), RegistryError> {
        let mut session = self.inner.session.lock().await;
        if session.is_stale() {
            let identity = session.identity;
            self.fetch_token(&mut session, identity).await?;
        }
        Ok((session.generation, session.header()))
    }

    /// Becomes somebody else after a refusal; `false` if nothing is left to try.
    async fn change_identity(&self, generation: u64, response: &Response) -> Result<bool, RegistryError> {
        let mut session = self.inner.session.lock().await;
        if session.generation != generation {
            return Ok(true);
        }
        let values = response.headers().get_all(WWW_AUTHENTICATE);
        let values = values.iter().filter_map(|value| value.to_str().ok());
        let challenges = values.flat_map(challenge::parse).collect();
        let authentication = self.inner.registry.authentication;
        let credential = self.inner.credential.as_ref();
        match session.refused(challenges, authentication, credential.is_some()) {
            Step::Denied => Ok(false),
            Step::Token(identity) => {
                self.fetch_token(&mut session, identity).await?;
                Ok(true)
            }
            Step::Basic => {
                self.check_plain(&self.inner.registry.url)?;
                let taken = credential.and_then(|credential| session.take_basic(credential));
                Ok(taken.is_some())
            }
        }
    }

    /// Fetches a token as `identity`; where nobody gets one, as the user.
    async fn fetch_token(&self, session: &mut Session, identity: Identity) -> Result<(), RegistryError> {
        let (realm, service, scope) = session.bearer.clone().unwrap_or_default();
        let mut url = self.realm(&realm)?;
        let repository = self.inner.reference.repository();
        let scope = scope.unwrap_or_else(|| format!("repository:{repository}:pull"));
        let given = service.iter().map(|service| ("service", service.as_str()));
        let pairs = given.chain([("scope", scope.as_str())]);
        url.query_pairs_mut().extend_pairs(pairs);
        let mut identity = identity;
        loop {
            let header = match (identity, &self.inner.credential) {
                (Identity::User, Some(credential)) => {
                    self.check_plain(&url)?;
                    basic(credential)
                }
                _ => None,
            };
            let request = (&url, &HeaderMap::new(), header.as_ref());
            let (response, at) = self.send_token_request(request).await?;
            if response.status().is_success() {
                let bytes = body(response, "a token", TOKEN_BYTES, self.timing()).await?;
                let taken = Token::parse(&bytes).and_then(|token| session.take_token(&token, identity));
                return taken.ok_or_else(|| RegistryError::Protocol {
                    url: shown(&at),
                    what: "the answer holds no token".to_owned(),
                });
            }
            let refused = matches!(response.status().as_u16(), 401 | 403);
            if refused && identity < Identity::User && self.inner.credential.is_some() {
                identity = Identity::User;
            } else if refused {
                return Err(self.denied(&url));
            } else {
                return Err(self.failure(response, &at).await);
            }
        }
    }

    /// The token server of a challenge; a registry over `https` cannot name one over `http`.
    fn realm(&self, realm: &str) -> Result<Url, RegistryError> {
        let own = &self.inner.registry.url;
        let url = own.join(realm).ok();
        let usable = |url: &Url| match url.scheme() {
            "https" => true,
            "http" => own.scheme() == "http",
            _ => false,
        };
        url.filter(usable).ok_or_else(|| RegistryError::Protocol {
            url: shown(own),
            what: "it asks for a token from an address that cannot be used".to_owned(),
        })
    }

    fn check_plain(&self, url: &Url) -> Result<(), RegistryError> {
        if url.scheme() == "https" || self.inner.registry.plain_credentials {
            return Ok(());
        }
        Err(RegistryError::PlainCredential { location: self.inner.location.clone(), url: shown(url) })
    }

    async fn send_token_request(
        &self,
        (url, headers, header): (&Url, &HeaderMap, Option<&HeaderValue>),
    ) -> Result<(Response, Url), RegistryError> {
        self.retrying(|| {
            Box::pin(async move {
                let request = self.inner.http.get(url.clone()).headers(headers.clone());
                let request = match header {
                    Some(header) => request.header(AUTHORIZATION, header.clone()),
                    None => request,
                };
                let response = request.send().await.map_err(|e| transport(url, &e))?;
                Ok((response, url.clone()))
            })
        })
        .await
    }

    async fn send_patiently(
        &self,
        url: &Url,
        headers: &HeaderMap,
        authorization: Option<&HeaderValue>,
    ) -> Result<(Response, Url), RegistryError> {
        self.retrying(|| Box::pin(self.send(url, headers, authorization))).await
    }

    /// Repeats `send` while it fails in ways that pass.
    ///
    /// Its futures are boxed: a pull moves between threads, which cannot be said of an `AsyncFn`'s.
    async fn retrying<'a>(
        &self,
        send: impl Fn() -> BoxFuture<'a, Result<(Response, Url), RegistryError>>,
    ) -> Result<(Response, Url), RegistryError> {
        let mut attempts = Attempts::new(self.timing());
        loop {
            let result = send().await;
            let asked = match &result {
                Ok((response, _)) if passes(response.status()) => response
                    .headers()
                    .get(RETRY_AFTER)
                    .and_then(|value| retry_after(value.to_str().ok()?, SystemTime::now())),
                Err(RegistryError::Transport { .. }) => None,
                _ => return result,
            };
            match attempts.next(asked) {
                Next::After(pause) => tokio::time::sleep(pause).await,
                Next::GiveUp => return result,
                Next::TooLong(wait) => {
                    let at = result.map_or_else(|_| url_of(&self.inner.registry), |(_, at)| at);
                    return Err(RegistryError::RateLimited { url: shown(&at), wait });
                }
            }
        }
    }

    /// One GET and its redirects; the address that answered comes with the answer.
    async fn send(
        &self,
        url: &Url,
        headers: &HeaderMap,
        authorization: Option<&HeaderValue>,
    ) -> Result<(Response, Url), RegistryError> {
        let own = &self.inner.registry.url;
        let mut at = url.clone();
        for _ in 0..=REDIRECTS {
            let mut request = self.inner.http.get(at.clone()).headers(headers.clone());
            if let Some(header) = authorization.filter(|_| same_origin(&at, own)) {
                request = request.header(AUTHORIZATION, header.clone());
            }
            let response = request.send().await.map_err(|error| transport(&at, &error))?;
            let target = response.headers().get(LOCATION);
            let target = target.and_then(|value| value.to_str().ok());
            match target {
                Some(target) if response.status().is_redirection() => {
                    at = redirected(&at, target)?;
                }
                _ => return Ok((response, at)),
            }
        }
        Err(RegistryError::Protocol { url: shown(url), what: format!("it redirects more than {REDIRECTS} times") })
    }

    /// The error for an answer that is no success.
    async fn failure(&self, response: Response, at: &Url) -> RegistryError {
        match response.status() {
            StatusCode::NOT_FOUND => RegistryError::NotFound {
                location: self.inner.location.clone(),
                image: self.inner.reference.to_string(),
            },
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => self.denied(at),
            status => RegistryError::Status {
                url: shown(at),
                status: status.as_u16(),
                detail: http::detail(response, self.timing()).await,
            },
        }
    }

    fn denied(&self, url: &Url) -> RegistryError {
        let hint = match self.inner.credential {
            Some(_) => "the user name and password for it are not accepted",
            None => "if it is private, it needs a credential for this registry",
        };
        RegistryError::Denied {
            location: self.inner.location.clone(),
            what: format!("{} ({})", self.inner.reference, shown(url)),
            hint,
        }
    }
}

fn url_of(registry: &RegistryLocation) -> Url {
    registry.url.clone()
}

/// Whether the same request may succeed later.
fn passes(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 429 | 500 | 502 | 503 | 504)
}

fn redirected(from: &Url, target: &str) -> Result<Url, RegistryError> {
    let refused = |what: &str| RegistryError::Protocol { url: shown(from), what: what.to_owned() };
    let to = from.join(target);
    let to = to.map_err(|_| refused("it redirects to an address that is none"))?;
    match (from.scheme(), to.scheme()) {
        (_, "https") | ("http", "http") => Ok(to),
        ("https", "http") => Err(refused("it redirects from https to plain http")),
        _ => Err(refused("it redirects to something that is not http")),
    }
}
