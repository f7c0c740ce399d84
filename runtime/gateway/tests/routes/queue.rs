//! `GET /api/queue/...`

use serde_json::json;

use super::fake::Registry;
use super::site::Site;

#[tokio::test]
async fn pulls_are_shown_in_order_and_those_with_a_password_to_their_user_alone() {
    let site = Site::new(Registry::closed());
    site.user(1000).post("/api/pull/cori/docker/b:1", "").await;
    let root = site.user(0).with_passwords(&json!({ "docker.io": "u:p" }));
    root.post("/api/pull/cori/docker/a:1", "").await;
    let images = async |uid: u32| {
        let queue = site.user(uid).get("/api/queue/cori/").await.json;
        let list = queue["list"].as_array().unwrap().clone();
        list.iter().map(|item| item["image"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(images(1000).await, ["b:1"]);
    assert_eq!(images(0).await, ["b:1", "a:1"]);
}
