//! `GET /api/quota/...`, and what a quota does to pulls.

use serde_json::{Value, json};

use super::fake::{Needs, Registry};
use super::site::Site;

fn site(quota: Value) -> Site {
    let site = Site::with(Registry::open(), |config| {
        config["Quota"] = quota;
        config["Retention"] = json!({ "unused": "20:00:00:00", "warn": "5:00:00:00" });
    });
    for (tag, letter) in [("a:1", "a"), ("b:1", "b"), ("c:1", "c")] {
        site.registry.push(tag, &letter.repeat(100), Needs::Nothing);
    }
    site
}

#[tokio::test]
async fn a_user_who_holds_too_much_is_told_and_may_make_room() {
    let site = site(json!({ "userBytes": 250 }));
    for tag in ["a:1", "b:1"] {
        assert_eq!(site.user(1000).pull(tag, "").await.state(), "READY");
    }
    let refused = site.user(1000).pull("c:1", "").await;
    assert_eq!(refused.state(), "FAILURE");
    let why = refused.json["status_message"].as_str().unwrap();
    assert!(why.contains("you hold 300 bytes of images, and may hold 250"), "{why}");
    assert_eq!(site.user(1001).pull("c:1", "").await.state(), "READY");
    // It is there now, and costs as much.
    assert_eq!(site.user(1000).post("/api/rm/cori/docker/a:1/", "").await.status, 200);
    assert_eq!(site.user(1000).pull("c:1", "").await.state(), "READY");
    let quota = site.user(1000).get("/api/quota/cori/").await.json;
    assert_eq!(quota["user"], json!({ "bytes": 200, "limit": 250 }));
    assert_eq!(quota["system"], json!({ "bytes": 300, "limit": null }));
}

#[tokio::test]
async fn a_user_at_the_bound_begins_no_pull_and_administrators_have_none() {
    let site = site(json!({ "userBytes": 100 }));
    for uid in [0, 1000] {
        assert_eq!(site.user(uid).pull("a:1", "").await.state(), "READY");
    }
    let pulls = site.registry.pulls();
    assert_eq!(site.user(1000).post("/api/pull/cori/docker/b:1/", "").await.state(), "FAILURE");
    assert_eq!(site.registry.pulls(), pulls);
    assert_eq!(site.user(0).pull("b:1", "").await.state(), "READY");
    // A tag that moves gives its image up.
    site.after_days(1);
    site.registry.push("a:1", &"A".repeat(100), Needs::Nothing);
    assert_eq!(site.user(1000).pull("a:1", "").await.state(), "READY");
}

#[tokio::test]
async fn a_full_system_takes_no_more_until_files_are_gone() {
    let site = site(json!({ "totalBytes": 250 }));
    for tag in ["a:1", "b:1"] {
        assert_eq!(site.user(1000).pull(tag, "").await.state(), "READY");
    }
    let refused = site.user(1000).pull("c:1", "").await;
    assert!(refused.json["status_message"].as_str().unwrap().contains("take 300 bytes of 250"), "{refused:?}");
    assert!(
        !site
            .path(&format!(
                "images/{}.squashfs",
                shifter_imagegw::reference::Digest::of("c".repeat(100).as_bytes()).hex()
            ))
            .exists()
    );
    site.user(1000).post("/api/rm/cori/docker/a:1/", "").await;
    site.after_days(1);
    assert_eq!(site.user(1000).pull("c:1", "").await.state(), "FAILURE");
    site.after_days(14);
    site.user(0).autoexpire().await;
    assert_eq!(site.user(1000).pull("c:1", "").await.state(), "READY");
}

#[tokio::test]
async fn users_are_told_what_will_expire() {
    let site = site(json!({}));
    site.user(1000).pull("a:1", "").await;
    site.after_days(10);
    site.user(1000).pull("b:1", "").await;
    let expiring = async |uid| {
        let quota = site.user(uid).get("/api/quota/cori/").await.json;
        let list = quota["expiring"].as_array().unwrap().clone();
        list.iter().map(|row| row["tag"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(expiring(1000).await, [""; 0]);
    site.after_days(6);
    assert_eq!(expiring(1000).await, ["a:1"]);
    assert_eq!(expiring(1001).await, [""; 0]);
    site.user(1000).lookup("a:1").await;
    assert_eq!(expiring(1000).await, [""; 0]);
}

#[tokio::test]
async fn a_user_has_so_many_pulls_at_once() {
    let site = Site::with(Registry::closed(), |config| config["Limits"] = json!({ "userQueued": 1 }));
    let post =
        async |uid: u32, tag: &str| site.user(uid).post(&format!("/api/pull/cori/docker/{tag}/"), "").await.status;
    assert_eq!(post(1000, "a:1").await, 200);
    assert_eq!(post(1000, "b:1").await, 429);
    assert_eq!(post(1000, "a:1").await, 200);
    assert_eq!(post(1001, "b:1").await, 200);
    assert_eq!(post(1000, "b:1").await, 200);
}
