//! `POST /api/cancel/...`

use serde_json::json;

use super::fake::{Needs, Registry};
use super::site::Site;

const PULL: &str = "/api/pull/cori/docker/app:1/";
const CANCEL: &str = "/api/cancel/cori/docker/app:1/";

#[tokio::test]
async fn a_pull_goes_on_until_the_last_who_asked_takes_it_back() {
    let site = Site::new(Registry::closed());
    site.registry.push("app:1", "x", Needs::Nothing);
    for uid in [1000, 1001] {
        site.user(uid).post(PULL, "").await;
    }
    let other = site.user(1002).post(CANCEL, "").await;
    assert_eq!((other.status, other.error()), (409, "no pull of yours waits or runs"));
    let first = site.user(1000).post(CANCEL, "").await;
    assert_eq!(first.json, json!({ "cancelled": false, "others": 1 }));
    assert_eq!(site.user(1000).post(CANCEL, "").await.status, 409);
    let last = site.user(1001).post(CANCEL, "").await;
    assert_eq!(last.json, json!({ "cancelled": true, "others": 0 }));
    // Who asks on is told; for others it is a pull that nobody has begun.
    let told = site.user(1001).post(PULL, "").await;
    assert_eq!((told.state(), &told.json["status_message"]), ("FAILURE", &json!("cancelled by uid 1001")));
    site.registry.gate.add_permits(1);
    assert_eq!(site.user(1003).pull("app:1", "").await.state(), "READY");
    assert_eq!(site.user(1001).post(CANCEL, "").await.status, 409);
}

#[tokio::test]
async fn who_left_holds_nothing_of_what_the_others_get() {
    let site = Site::new(Registry::closed());
    site.registry.push("app:1", "x", Needs::Nothing);
    for uid in [1000, 1001] {
        site.user(uid).post(PULL, "").await;
    }
    site.user(1000).post(CANCEL, "").await;
    site.registry.gate.add_permits(1);
    assert_eq!(site.user(1001).pull("app:1", "").await.state(), "READY");
    let shown = site.user(1001).get("/api/inspect/cori/docker/app:1").await.json;
    assert_eq!(shown["holders"], json!([1001]));
}

#[tokio::test]
async fn an_administrator_ends_a_pull_for_all_and_all_are_told() {
    let site = Site::new(Registry::closed());
    site.registry.push("app:1", "x", Needs::Nothing);
    for uid in [1000, 1001] {
        site.user(uid).post(PULL, "").await;
    }
    assert_eq!(site.user(0).post(CANCEL, "").await.json, json!({ "cancelled": true, "others": 0 }));
    for uid in [1000, 1001] {
        let told = site.user(uid).post(PULL, "").await;
        assert_eq!(told.json["status_message"], json!("cancelled by uid 0"));
    }
    assert_eq!(site.user(0).post(CANCEL, "").await.status, 409);
}

#[tokio::test]
async fn a_pull_that_waits_gives_its_place_up() {
    let site = Site::with(Registry::closed(), |config| config["WorkerThreads"] = json!(1));
    for image in ["app:1", "b:1"] {
        site.registry.push(image, image, Needs::Nothing);
    }
    site.user(1000).post(PULL, "").await;
    site.until(async || site.registry.pulls() == 1).await;
    site.user(1001).post("/api/pull/cori/docker/b:1", "").await;
    // The one that runs frees its worker, without a word from the registry.
    assert_eq!(site.user(1000).post(CANCEL, "").await.status, 200);
    site.until(async || site.registry.pulls() == 2).await;
    site.registry.gate.add_permits(1);
    assert_eq!(site.user(1001).pull("b:1", "").await.state(), "READY");
}

#[tokio::test]
async fn a_pull_that_another_gateway_ended_stops() {
    let site = Site::with(Registry::closed(), |config| config["WorkerThreads"] = json!(1));
    for image in ["app:1", "b:1"] {
        site.registry.push(image, image, Needs::Nothing);
    }
    site.user(1000).post(PULL, "").await;
    site.until(async || site.registry.pulls() == 1).await;
    let db = rusqlite::Connection::open(site.path("gateway.db")).unwrap();
    db.execute("UPDATE pull SET status = 'FAILURE', message = 'cancelled by uid 1000'", []).unwrap();
    site.user(1001).post("/api/pull/cori/docker/b:1", "").await;
    site.until(async || site.registry.pulls() == 2).await;
}
