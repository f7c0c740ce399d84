//! `POST /api/pin/...` and `POST /api/unpin/...`

use serde_json::json;

use super::fake::{Needs, Registry};
use super::site::Site;

const PIN: &str = "/api/pin/cori/docker/app:1/";

async fn site() -> Site {
    let site = Site::with(Registry::open(), |config| {
        config["Retention"] = json!({ "unused": "10:00:00:00", "pinMax": "100:00:00:00" });
    });
    site.registry.push("app:1", "x", Needs::Nothing);
    site.user(1000).pull("app:1", "").await;
    site
}

#[tokio::test]
async fn a_pin_ends_when_it_was_said_to() {
    let site = site().await;
    let body = json!({ "seconds": 30 * 86_400 }).to_string();
    let answer = site.user(1000).post(PIN, &body).await;
    assert_eq!(answer.json["pinned"], json!(true));
    site.after_days(29);
    assert_eq!(site.user(0).autoexpire().await, json!([]));
    site.after_days(2);
    assert_eq!(site.user(0).autoexpire().await.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn users_pin_for_as_long_as_the_site_lets_them_and_administrators_for_ever() {
    let site = site().await;
    let longer = json!({ "seconds": 101 * 86_400 }).to_string();
    let refused = site.user(1000).post(PIN, &longer).await;
    assert_eq!((refused.status, refused.error()), (400, "a pin may be for 100:00:00:00 at most, days first"));
    for wrong in [r#"{"seconds":0}"#, r#"{"seconds":-1}"#, r#"{"days":1}"#, "[]"] {
        assert_eq!(site.user(1000).post(PIN, wrong).await.status, 400, "{wrong}");
    }
    assert!(site.user(1000).post(PIN, "").await.json["until"].is_f64());
    assert_eq!(site.user(0).post(PIN, "").await.json, json!({ "pinned": true, "until": null }));
    // Each takes off what is his own.
    assert_eq!(site.user(1000).post("/api/unpin/cori/docker/app:1/", "").await.json["pinned"], json!(true));
    assert_eq!(site.user(0).post("/api/unpin/cori/docker/app:1/", "").await.json["pinned"], json!(false));
}

#[tokio::test]
async fn only_who_pulled_an_image_pins_it() {
    let site = site().await;
    let refused = site.user(1001).post(PIN, "").await;
    assert_eq!(refused.status, 403);
    assert_eq!(site.user(1001).pull("app:1", "").await.state(), "READY");
    assert_eq!(site.user(1001).post(PIN, "").await.status, 200);
}
