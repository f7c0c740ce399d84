//! `POST /api/rm/...`

use serde_json::json;

use super::fake::{Needs, Registry};
use super::site::Site;

async fn rm(site: &Site, uid: u32, tag: &str) -> (u16, serde_json::Value) {
    let answer = site.user(uid).post(&format!("/api/rm/cori/docker/{tag}/"), "").await;
    (answer.status, answer.json)
}

#[tokio::test]
async fn users_remove_what_they_pulled_and_the_last_one_takes_the_tag() {
    let site = Site::new(Registry::open());
    let id = site.registry.push("app:1", "x", Needs::Nothing);
    for uid in [1000, 1001] {
        assert_eq!(site.user(uid).pull("app:1", "").await.state(), "READY");
    }
    let stranger = rm(&site, 1002, "app:1").await;
    assert_eq!(
        (stranger.0, &stranger.1["error"]),
        (403, &json!("only who pulled an image, or an administrator, removes it"))
    );
    assert_eq!(rm(&site, 1000, "app:1").await, (200, json!({ "removed": false, "holders": 1 })));
    assert_eq!(site.user(1000).lookup("app:1").await.json["id"], json!(id));
    assert_eq!(rm(&site, 1000, "app:1").await.0, 403);
    assert_eq!(rm(&site, 1001, "app:1").await, (200, json!({ "removed": true, "holders": 0 })));
    assert_eq!(rm(&site, 1001, "app:1").await.0, 404);
    assert_eq!(site.user(1000).lookup("app:1").await.status, 404);
}

#[tokio::test]
async fn an_administrator_removes_what_others_pulled_unless_it_is_pinned() {
    let site = Site::new(Registry::open());
    site.registry.push("app:1", "x", Needs::Nothing);
    site.user(1000).pull("app:1", "").await;
    site.user(1000).post("/api/pin/cori/docker/app:1/", "").await;
    let refused = rm(&site, 0, "app:1").await;
    assert_eq!((refused.0, &refused.1["error"]), (409, &json!("it is pinned: `shifterimg unpin` it first")));
    assert_eq!(site.user(0).get("/api/expire/cori/docker/app:1/").await.status, 409);
    assert_eq!(site.user(0).post("/api/unpin/cori/docker/app:1/", "").await.json["pinned"], json!(false));
    assert_eq!(rm(&site, 0, "app:1").await, (200, json!({ "removed": true, "holders": 0 })));
}

#[tokio::test]
async fn a_private_image_of_others_cannot_be_told_from_none() {
    let site = Site::new(Registry::open());
    site.registry.push("secret:1", "x", Needs::Password);
    site.user(0).with_passwords(&json!({ "default": "u:p" })).pull("secret:1", "").await;
    for verb in ["rm", "pin", "unpin"] {
        let (secret, none) = (format!("/api/{verb}/cori/docker/secret:1/"), format!("/api/{verb}/cori/docker/none:1/"));
        let (secret, none) = (site.user(1000).post(&secret, "").await, site.user(1000).post(&none, "").await);
        assert_eq!((secret.status, secret.error()), (404, "image not found"), "{verb}");
        assert_eq!((none.status, none.error()), (404, "image not found"), "{verb}");
    }
    for verb in ["inspect", "history"] {
        assert_eq!(site.user(1000).get(&format!("/api/{verb}/cori/docker/secret:1/")).await.status, 404, "{verb}");
    }
}

#[tokio::test]
async fn who_removes_a_private_image_leaves_it_to_those_who_pulled_it_too() {
    let site = Site::with(Registry::open(), |config| {
        config["Locations"]["docker.io"]["credential"] = json!("site:pw");
    });
    site.registry.push("secret:1", "x", Needs::Password);
    site.user(1000).pull("secret:1", r#"{"allowed_uids":"1005"}"#).await;
    site.user(1001).pull("secret:1", "").await;
    assert_eq!(rm(&site, 1000, "secret:1").await.1["holders"], json!(1));
    for (uid, status) in [(1000, 404), (1005, 404), (1001, 200)] {
        assert_eq!(site.user(uid).lookup("secret:1").await.status, status, "{uid}");
    }
}

#[tokio::test]
async fn nobody_without_a_name_removes_anything() {
    let site = Site::with(Registry::open(), |config| config["Compat"] = json!({ "anonymous": true }));
    site.registry.push("app:1", "x", Needs::Nothing);
    site.user(1000).pull("app:1", "").await;
    assert_eq!(site.stranger().post("/api/rm/cori/docker/app:1/", "").await.status, 403);
    assert_eq!(site.stranger().post("/api/pin/cori/docker/app:1/", "").await.status, 403);
    assert_eq!(site.stranger().get("/api/expire/cori/docker/app:1/").await.json["status"], json!(false));
    assert_eq!(site.stranger().post("/api/sweep/cori/", "").await.status, 403);
}
