//! A gateway in this process, and users who call it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request};
use serde_json::{Value, json};
use shifter_gateway_types::ImageManager;
use shifter_imagegw::app::App;
use shifter_imagegw::auth::Peer;
use shifter_imagegw::config::Config;
use shifter_imagegw::router::router;
use shifter_imagegw::store::Store;
use shifter_imagegw::time::Clock;
use shifter_munge::Munge;
use tower::ServiceExt;

use super::fake::Registry;
use super::munged::Munged;

/// The gateway under test.
pub(crate) struct Site {
    dir: tempfile::TempDir,
    router: Router,
    munged: Munged,
    pub(crate) registry: Arc<Registry>,
    /// Seconds by which the gateway's clock is ahead of the machine's.
    ahead: Arc<AtomicU64>,
    _app: Arc<App>,
}

/// Somebody who calls it on the Unix socket.
pub(crate) struct User<'a> {
    site: &'a Site,
    peer: Peer,
    payload: Option<String>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) json: Value,
    pub(crate) retry_after: Option<String>,
}

impl Site {
    pub(crate) fn new(registry: Registry) -> Self {
        Self::with(registry, |_| {})
    }

    /// With a configuration that the test changes.
    pub(crate) fn with(registry: Registry, change: impl FnOnce(&mut Value)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let munged = Munged::start();
        let at = |name: &str| dir.path().join(name);
        for name in ["images", "cache"] {
            std::fs::create_dir(at(name)).unwrap();
        }
        let mut written = json!({
            "DefaultImageLocation": "docker.io",
            "Database": format!("sqlite://{}", at("gateway.db").display()),
            "CacheDirectory": at("cache"),
            "Locations": {
                "docker.io": { "remotetype": "dockerv2", "aliases": ["index.docker.io"] },
                "quay.io": { "remotetype": "dockerv2" }
            },
            "Platforms": {
                "cori": {
                    "mungeSocketPath": munged.socket(),
                    "accesstype": "local",
                    "admins": ["root"],
                    "local": { "imageDir": at("images") }
                }
            }
        });
        change(&mut written);
        let written = ImageManager::parse(&written.to_string()).unwrap();
        let config = Config::resolve(&written, dir.path(), dir.path()).unwrap();
        let store = Store::open(&config.database).unwrap();
        let registry = Arc::new(registry);
        let ahead = Arc::new(AtomicU64::new(0));
        let offset = Arc::clone(&ahead);
        let clock = Clock::new(move || {
            let now = SystemTime::now() + Duration::from_secs(offset.load(Ordering::SeqCst));
            now.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs_f64()
        });
        let app = App::with_clock(config, at("imagemanager.json"), store, Arc::clone(&registry) as _, clock);
        Self { router: router(Arc::clone(&app)), registry, munged, dir, ahead, _app: app }
    }

    /// Lets days pass for the gateway.
    pub(crate) fn after_days(&self, days: u64) {
        self.ahead.fetch_add(days * 86_400, Ordering::SeqCst);
    }

    /// Sets the gateway's clock back by days that have passed.
    pub(crate) fn back_by_days(&self, days: u64) {
        self.ahead.fetch_sub(days * 86_400, Ordering::SeqCst);
    }

    /// Waits until something holds.
    pub(crate) async fn until(&self, holds: impl AsyncFn() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while !holds().await {
            assert!(Instant::now() < deadline, "it never holds");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// What time it is for the gateway.
    pub(crate) fn now(&self) -> SystemTime {
        SystemTime::now() + Duration::from_secs(self.ahead.load(Ordering::SeqCst))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A user of this host.
    pub(crate) fn user(&self, uid: u32) -> User<'_> {
        User { site: self, peer: Peer::Unix { uid, gid: uid }, payload: None }
    }

    /// Somebody on the network.
    pub(crate) fn stranger(&self) -> User<'_> {
        User { site: self, peer: Peer::Tcp, payload: None }
    }
}

impl User<'_> {
    /// In another group than the one of the user's number.
    pub(crate) fn in_group(mut self, gid: u32) -> Self {
        if let Peer::Unix { gid: group, .. } = &mut self.peer {
            *group = gid;
        }
        self
    }

    /// With passwords, in a fresh credential for each request. Credentials are of this process's user.
    pub(crate) fn with_passwords(mut self, passwords: &Value) -> Self {
        self.payload = Some(json!({ "authorized_locations": passwords }).to_string());
        self
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, "").await
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> Answer {
        self.send("POST", path, body).await
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: &str) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header("host", "gw");
        if let Some(payload) = &self.payload {
            let munge = Munge::load().unwrap();
            let credential = munge.encode(Some(self.site.munged.socket()), payload.as_bytes()).unwrap();
            request = request.header("authentication", credential);
        }
        let mut request = request.body(Body::from(body.to_owned())).unwrap();
        request.extensions_mut().insert(self.peer);
        let response = self.site.router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        assert_eq!(response.headers()["content-type"], "application/json", "{method} {path}");
        let retry_after = response.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        Answer { status, json: serde_json::from_slice(&bytes).unwrap(), retry_after }
    }

    /// The status page and its headers.
    pub(crate) async fn page(&self) -> (HeaderMap, String) {
        let mut request = Request::get("/status").body(Body::empty()).unwrap();
        request.extensions_mut().insert(self.peer);
        let response = self.site.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 200);
        let headers = response.headers().clone();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (headers, String::from_utf8(bytes.to_vec()).unwrap())
    }

    /// Asks for a pull again and again until it ends.
    pub(crate) async fn pull(&self, image: &str, body: &str) -> Answer {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let answer = self.post(&format!("/api/pull/cori/docker/{image}/"), body).await;
            let state = answer.json["status"].as_str().unwrap_or_default();
            if answer.status != 200 || matches!(state, "READY" | "FAILURE") {
                return answer;
            }
            assert!(Instant::now() < deadline, "{answer:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Lets unused images expire, and deletes those whose grace is over.
    pub(crate) async fn autoexpire(&self) -> Value {
        self.get("/api/autoexpire/cori/").await.json["status"].clone()
    }

    pub(crate) async fn lookup(&self, image: &str) -> Answer {
        self.get(&format!("/api/lookup/cori/docker/{image}/")).await
    }
}

impl Answer {
    pub(crate) fn error(&self) -> &str {
        self.json["error"].as_str().unwrap()
    }

    pub(crate) fn state(&self) -> &str {
        self.json["status"].as_str().unwrap()
    }
}
