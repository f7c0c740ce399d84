//! `GET /api/queue/...`

use serde_json::json;

use super::fake::{Needs, Registry};
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

#[tokio::test]
async fn as_many_pulls_run_at_once_as_the_site_says() {
    let site = Site::with(Registry::closed(), |config| config["WorkerThreads"] = json!(2));
    for image in ["a:1", "b:1", "c:1"] {
        site.registry.push(image, image, Needs::Nothing);
        site.user(1000).post(&format!("/api/pull/cori/docker/{image}/"), "").await;
    }
    while site.registry.pulls() < 2 {
        tokio::task::yield_now().await;
    }
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(site.registry.pulls(), 2, "the third waits");
    site.registry.gate.add_permits(3);
    for image in ["a:1", "b:1", "c:1"] {
        assert_eq!(site.user(1000).pull(image, "").await.state(), "READY");
    }
    assert_eq!(site.registry.pulls(), 3);
}
