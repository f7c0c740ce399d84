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
