//! `GET /api/progress/...`

use serde_json::json;

use super::fake::{Needs, Registry};
use super::site::Site;

#[tokio::test]
async fn a_running_pull_shows_its_bytes_layer_by_layer_and_a_waiting_one_its_place() {
    let site = Site::with(Registry::closed(), |config| config["WorkerThreads"] = json!(1));
    site.registry.push("a:1", "x", Needs::Nothing);
    for (uid, image) in [(1000, "a:1"), (1001, "b:1"), (1002, "c:1")] {
        site.user(uid).post(&format!("/api/pull/cori/docker/{image}"), "").await;
    }
    let progress = async |image: &str| site.user(1003).get(&format!("/api/progress/cori/docker/{image}")).await.json;
    site.until(async || progress("a:1").await["done"] == json!(4)).await;
    let running = progress("a:1").await;
    assert_eq!(running["layers"], json!([{ "digest": "sha256:ab", "bytes": 10, "done": 4 }]));
    assert_eq!((&running["status"], &running["percent"]), (&json!("PULLING"), &json!(40)));
    assert_eq!((&running["place"], &running["message"]), (&json!(null), &json!("Pulling layer (4 of 10 bytes)")));
    site.until(async || progress("c:1").await["status"] == json!("PENDING")).await;
    let second = progress("c:1").await;
    assert_eq!((&second["status"], &second["place"], &second["layers"]), (&json!("PENDING"), &json!(2), &json!([])));
    assert_eq!(site.user(1003).get("/api/progress/cori/docker/d:1").await.status, 404);
    site.registry.gate.add_permits(3);
    assert_eq!(site.user(1000).pull("a:1", "").await.state(), "READY");
    assert_eq!(site.user(1000).get("/api/progress/cori/docker/a:1").await.status, 404);
}

#[tokio::test]
async fn a_pull_with_a_password_is_its_askers_alone() {
    let site = Site::new(Registry::closed());
    let root = site.user(0).with_passwords(&json!({ "docker.io": "u:p" }));
    root.post("/api/pull/cori/docker/a:1/", "").await;
    assert_eq!(site.user(1000).get("/api/progress/cori/docker/a:1").await.status, 404);
    assert_eq!(site.user(0).get("/api/progress/cori/docker/a:1").await.status, 200);
}
