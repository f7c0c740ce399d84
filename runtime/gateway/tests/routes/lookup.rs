//! `GET /api/lookup/...`

use serde_json::json;

use super::fake::{Needs, Registry};
use super::site::Site;

#[tokio::test]
async fn a_tag_is_found_escaped_or_not_with_or_without_a_slash() {
    let site = Site::new(Registry::open());
    let id = site.registry.push("org/app:1", "x", Needs::Nothing);
    let user = site.user(1000);
    user.pull("quay.io%2Forg%2Fapp%3A1", "").await;
    for path in ["quay.io%2Forg%2Fapp%3A1/", "quay.io/org/app:1", "quay.io/org/app:1/", "quay.io%2Forg%2Fapp:1"] {
        let answer = user.get(&format!("/api/lookup/cori/docker/{path}")).await;
        assert_eq!((answer.status, &answer.json["id"]), (200, &json!(id)), "{path}");
    }
}

#[tokio::test]
async fn latest_is_the_default_tag() {
    let site = Site::new(Registry::open());
    site.registry.push("app:latest", "x", Needs::Nothing);
    site.user(1000).pull("app", "").await;
    let answer = site.user(1000).lookup("app").await;
    assert_eq!(answer.json["tag"], json!(["app:latest"]));
}

#[tokio::test]
async fn a_private_image_and_none_at_all_get_the_same_answer() {
    let site = Site::new(Registry::open());
    site.registry.push("secret:1", "x", Needs::Password);
    site.user(0).with_passwords(&json!({ "default": "u:p" })).pull("secret:1", "").await;
    assert_eq!(site.user(0).lookup("secret:1").await.status, 200);
    let (private, none) = (site.user(1000).lookup("secret:1").await, site.user(1000).lookup("secret:2").await);
    assert_eq!((private.status, none.status), (404, 404));
    assert_eq!((private.error(), none.error()), ("image not found", "image not found"));
}

#[tokio::test]
async fn a_path_that_is_no_text_is_a_bad_request() {
    let site = Site::new(Registry::open());
    let answer = site.user(1000).get("/api/lookup/cori/docker/%ff").await;
    assert_eq!(answer.status, 400);
}

#[tokio::test]
async fn an_image_that_is_removed_is_not_answered_any_more() {
    let site = Site::new(Registry::open());
    site.registry.push("app:1", "x", Needs::Nothing);
    let user = site.user(1000);
    user.pull("app:1", "").await;
    // The second answer is one that was made before.
    for _ in 0..2 {
        assert_eq!(user.lookup("app:1").await.status, 200);
    }
    user.post("/api/rm/cori/docker/app:1/", "").await;
    assert_eq!(user.lookup("app:1").await.status, 404);
}

#[tokio::test]
async fn an_image_that_expired_is_not_answered_any_more() {
    let site = Site::new(Registry::open());
    site.registry.push("app:1", "x", Needs::Nothing);
    site.user(1000).pull("app:1", "").await;
    assert_eq!(site.user(1000).lookup("app:1").await.status, 200);
    site.user(0).get("/api/expire/cori/docker/app:1/").await;
    assert_eq!(site.user(1000).lookup("app:1").await.status, 404);
}

#[tokio::test]
async fn a_pull_that_has_ended_is_seen_by_the_next_lookup() {
    let site = Site::new(Registry::open());
    let user = site.user(1000);
    assert_eq!(user.lookup("app:1").await.status, 404);
    let first = site.registry.push("app:1", "x", Needs::Nothing);
    user.pull("app:1", "").await;
    assert_eq!(user.lookup("app:1").await.json["id"], json!(first));
    let second = site.registry.push("app:1", "y", Needs::Nothing);
    site.after_days(1);
    user.pull("app:1", "").await;
    let answer = user.lookup("app:1").await;
    assert_eq!(answer.json["id"], json!(second));
    assert!(answer.json["last_pull"].as_f64().unwrap() > 86_400.0);
}

#[tokio::test]
async fn what_was_answered_to_one_user_is_not_answered_to_another() {
    let site = Site::new(Registry::open());
    site.registry.push("secret:1", "x", Needs::Password);
    let owner = site.user(0).with_passwords(&json!({ "default": "u:p" }));
    owner.pull("secret:1", r#"{"allowed_uids":"1001"}"#).await;
    for _ in 0..2 {
        let statuses = [site.user(0).lookup("secret:1").await, site.user(1001).lookup("secret:1").await];
        assert_eq!(statuses.map(|answer| answer.status), [200, 200]);
        assert_eq!(site.user(1002).lookup("secret:1").await.status, 404);
    }
}

#[tokio::test]
async fn another_tag_of_the_same_image_that_is_private_is_shown_to_its_users_only() {
    let site = Site::new(Registry::open());
    site.registry.push("app:1", "x", Needs::Nothing);
    site.registry.push("secret:1", "x", Needs::Password);
    site.user(1000).pull("app:1", "").await;
    assert_eq!(site.user(1000).lookup("app:1").await.json["tag"], json!(["app:1"]));
    site.user(0).with_passwords(&json!({ "default": "u:p" })).pull("secret:1", "").await;
    assert_eq!(site.user(1000).lookup("app:1").await.json["tag"], json!(["app:1"]));
    assert_eq!(site.user(0).lookup("app:1").await.json["tag"], json!(["app:1", "secret:1"]));
}

#[tokio::test]
async fn a_munged_that_says_nothing_keeps_no_other_from_answering() {
    let dir = tempfile::tempdir().unwrap();
    let silent = dir.path().join("silent");
    let _listener = std::os::unix::net::UnixListener::bind(&silent).unwrap();
    let site = Site::with(Registry::open(), |config| {
        let platforms = &mut config["Platforms"];
        platforms["edison"] = platforms["cori"].clone();
        platforms["edison"]["mungeSocketPath"] = json!(silent);
        platforms["edison"]["local"]["imageDir"] = json!(dir.path().join("images"));
    });
    let credential = || site.stranger().with_passwords(&json!({}));
    // More of them than threads that would ask.
    let (a, b, c, d, e) = (credential(), credential(), credential(), credential(), credential());
    let stuck = async {
        let ask = |user| async move { super::site::User::get(user, "/api/list/edison/").await };
        tokio::join!(ask(&a), ask(&b), ask(&c), ask(&d), ask(&e))
    };
    let caller = credential();
    tokio::select! {
        biased;
        answers = stuck => panic!("the silent munged was heard: {answers:?}"),
        answer = caller.get("/api/list/cori/") => assert_eq!(answer.status, 200),
    }
}
