//! `POST /api/pull/...`

use serde_json::json;

use super::fake::{Needs, Registry};
use super::site::Site;

#[tokio::test]
async fn a_pull_is_answered_at_once_and_becomes_ready() {
    let site = Site::new(Registry::open());
    let id = site.registry.push("app:1", "x", Needs::Nothing);
    let first = site.user(1000).post("/api/pull/cori/docker/app:1/", "").await;
    assert_eq!((first.state(), &first.json["id"]), ("INIT", &json!("MISSING")));
    let last = site.user(1000).pull("app:1", "").await;
    assert_eq!((last.state(), &last.json["id"]), ("READY", &json!(id)));
    assert!(site.path(&format!("images/{id}.squashfs")).exists());
    assert_eq!(site.registry.pulls(), 1);
}

#[tokio::test]
async fn a_hundred_requests_for_one_image_are_one_pull() {
    let site = Site::new(Registry::closed());
    site.registry.push("app:1", "x", Needs::Nothing);
    let users: Vec<_> = (1000..1100).map(|uid| site.user(uid)).collect();
    let asked = users.iter().map(|user| user.post("/api/pull/cori/docker/app:1/", ""));
    let answers = futures_util::future::join_all(asked).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    site.registry.gate.add_permits(100);
    assert_eq!(site.user(1000).pull("app:1", "").await.state(), "READY");
    assert_eq!(site.registry.pulls(), 1);
}

#[tokio::test]
async fn a_current_tag_is_not_asked_for_again() {
    let site = Site::new(Registry::open());
    site.registry.push("app:1", "x", Needs::Nothing);
    site.user(1000).pull("app:1", "").await;
    site.registry.push("app:1", "newer", Needs::Nothing);
    let body = r#"{"allowed_uids":"1001"}"#;
    for _ in 0..3 {
        // Access lists do not close a public image, so they are no reason to ask either.
        assert_eq!(site.user(1000).post("/api/pull/cori/docker/app:1/", body).await.state(), "READY");
    }
    assert_eq!(site.registry.pulls(), 1);
}

#[tokio::test]
async fn a_tag_is_asked_for_again_after_the_time_the_site_sets() {
    let site = Site::with(Registry::open(), |config| config["PullUpdateTimeout"] = json!(1));
    site.registry.push("app:1", "x", Needs::Nothing);
    site.user(1000).pull("app:1", "").await;
    let newer = site.registry.push("app:1", "newer", Needs::Nothing);
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    assert_eq!(site.user(1000).pull("app:1", "").await.json["id"], json!(newer));
    // The older image stays, without a tag.
    let list = site.user(1000).get("/api/list/cori/").await.json;
    assert_eq!(list["list"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_failure_says_why_and_is_shown_to_who_asks_again() {
    let site = Site::new(Registry::open());
    let answer = site.user(1000).pull("nope:1", "").await;
    assert_eq!(answer.state(), "FAILURE");
    assert!(answer.json["status_message"].as_str().unwrap().contains("no such image"), "{answer:?}");
    assert_eq!(site.user(1001).post("/api/pull/cori/docker/nope:1", "").await.state(), "FAILURE");
    assert_eq!(site.registry.pulls(), 1);
}

#[tokio::test]
async fn a_password_goes_to_its_own_registry_only() {
    let site = Site::new(Registry::open());
    site.registry.push("secret:1", "x", Needs::Password);
    let pull = async |passwords: serde_json::Value, image: &str| {
        site.user(0).with_passwords(&passwords).pull(image, "").await.state().to_owned()
    };
    // `default` is for the default location, docker.io, and no other.
    assert_eq!(pull(json!({ "default": "u:p" }), "quay.io/secret:1").await, "FAILURE");
    assert_eq!(pull(json!({ "docker.io": "u:p" }), "quay.io/secret:1").await, "FAILURE");
    assert_eq!(pull(json!({ "quay.io": "u:p" }), "quay.io/secret:1").await, "READY");
    assert_eq!(pull(json!({ "index.docker.io": "u:p" }), "secret:1").await, "READY");
}

#[tokio::test]
async fn a_private_image_stays_private_when_others_ask_for_it() {
    let site = Site::new(Registry::open());
    site.registry.push("secret:1", "x", Needs::Password);
    let root = site.user(0).with_passwords(&json!({ "default": "u:p" }));
    assert_eq!(root.pull("secret:1", "").await.state(), "READY");
    let answer = site.user(1000).pull("secret:1", "").await;
    assert_eq!((answer.state(), &answer.json["id"]), ("FAILURE", &json!("MISSING")));
    assert_eq!(site.user(1000).lookup("secret:1").await.status, 404);
    assert_eq!(site.user(0).lookup("secret:1").await.status, 200);
}

#[tokio::test]
async fn mistakes_in_a_request_are_bad_requests() {
    let site = Site::new(Registry::open());
    let user = site.user(1000);
    for body in ["{", "[]", r#"{"allowed_uids":"a"}"#, r#"{"allowed_uids":[1]}"#, r#"{"allowed_uid":"1"}"#] {
        let answer = user.post("/api/pull/cori/docker/app:1", body).await;
        assert_eq!(answer.status, 400, "{body}: {answer:?}");
    }
    for image in ["App:1", "app:1:2", "ghcr.io/app:1", "app@sha256:xyz", "..%2F..%2Fetc:1"] {
        let answer = user.post(&format!("/api/pull/cori/docker/{image}"), "").await;
        assert_eq!(answer.status, 400, "{image}: {answer:?}");
    }
    assert_eq!(user.post("/api/pull/cori/id/app:1", "").await.status, 400);
    let long = " ".repeat(100_000);
    assert_eq!(user.post("/api/pull/cori/docker/app:1", &long).await.status, 413);
    assert_eq!(site.registry.pulls(), 0);
}

#[tokio::test]
async fn a_full_queue_refuses_new_pulls() {
    let site = Site::with(Registry::closed(), |config| config["Limits"] = json!({ "queued": 1 }));
    assert_eq!(site.user(1000).post("/api/pull/cori/docker/a:1", "").await.status, 200);
    let refused = site.user(1000).post("/api/pull/cori/docker/b:1", "").await;
    assert_eq!((refused.status, refused.retry_after.as_deref()), (429, Some("10")));
    assert_eq!(site.user(1000).post("/api/pull/cori/docker/a:1", "").await.status, 200);
}

#[tokio::test]
async fn what_the_mirrors_password_opens_is_open_to_all_unless_the_puller_names_some() {
    let site = Site::with(Registry::open(), |config| {
        let location = &mut config["Locations"]["quay.io"];
        location["mirrors"] = json!(["https://harbor.site/quay"]);
        location["direct"] = json!(false);
        location["credential"] = json!("robot:pw");
    });
    site.registry.push("tools:1", "a", Needs::Password);
    site.registry.push("tools:2", "b", Needs::Password);
    assert_eq!(site.user(1000).pull("quay.io/tools:1", "").await.state(), "READY");
    assert_eq!(site.user(1001).lookup("quay.io/tools:1").await.status, 200);
    let named = r#"{"allowed_uids":"1002"}"#;
    assert_eq!(site.user(1000).pull("quay.io/tools:2", named).await.json["userACL"], json!([1000, 1002]));
    assert_eq!(site.user(1001).lookup("quay.io/tools:2").await.status, 404);
}

#[tokio::test]
async fn a_failure_that_could_not_be_written_down_is_written_down_later() {
    let site = Site::new(Registry::open());
    let db = rusqlite::Connection::open(site.path("gateway.db")).unwrap();
    let full = "CREATE TRIGGER full BEFORE UPDATE ON pull WHEN NEW.status = 'FAILURE'
                BEGIN SELECT RAISE(ABORT, 'disk full'); END";
    db.execute_batch(full).unwrap();
    assert_eq!(site.user(1000).post("/api/pull/cori/docker/nope:1", "").await.state(), "INIT");
    // Long enough for the first attempt.
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    assert_ne!(site.user(1000).post("/api/pull/cori/docker/nope:1", "").await.state(), "FAILURE");
    db.execute_batch("DROP TRIGGER full").unwrap();
    assert_eq!(site.user(1000).pull("nope:1", "").await.state(), "FAILURE");
    assert_eq!(site.registry.pulls(), 1);
}

#[tokio::test]
async fn an_image_that_was_removed_is_pulled_again() {
    let site = Site::new(Registry::open());
    let id = site.registry.push("app:1", "x", Needs::Nothing);
    let image = site.path(&format!("images/{id}.squashfs"));
    assert_eq!(site.user(1000).pull("app:1", "").await.state(), "READY");
    std::fs::remove_file(&image).unwrap();
    assert_eq!(site.user(1000).pull("app:1", "").await.state(), "READY");
    assert!(image.exists());
    assert_eq!(site.registry.pulls(), 2);
}
