//! `GET /api/metrics/...`

use serde_json::json;

use super::fake::{Needs, Registry};
use super::site::Site;

#[tokio::test]
async fn administrators_see_the_last_lookups_where_the_site_counts_them() {
    let site = Site::with(Registry::open(), |config| config["Metrics"] = json!(true));
    let id = site.registry.push("app:1", "x", Needs::Nothing);
    site.user(1000).pull("app:1", "").await;
    for uid in [0, 4_000_000_000] {
        site.user(uid).lookup("app:1").await;
    }
    site.user(1000).lookup("none:1").await;
    let metrics = async |uid, query: &str| site.user(uid).get(&format!("/api/metrics/cori/{query}")).await;
    let rows = metrics(0, "").await.json;
    assert!(rows[0]["time"].is_f64());
    let row = |user: &str, uid: u32, time: &serde_json::Value| json!({ "user": user, "uid": uid, "system": "cori", "type": "docker", "tag": "app:1", "id": id, "time": time });
    assert_eq!(rows, json!([row("root", 0, &rows[0]["time"]), row("4000000000", 4_000_000_000, &rows[1]["time"])]));
    assert_eq!(metrics(0, "?limit=1").await.json, json!([rows[1]]));
    assert_eq!(metrics(0, "?limit=x").await.status, 400);
    assert_eq!(metrics(1000, "").await.json, json!([]));
}

#[tokio::test]
async fn nothing_is_counted_where_the_site_does_not_ask_for_it() {
    let site = Site::new(Registry::open());
    site.registry.push("app:1", "x", Needs::Nothing);
    site.user(1000).pull("app:1", "").await;
    site.user(1000).lookup("app:1").await;
    assert_eq!(site.user(0).get("/api/metrics/cori").await.json, json!([]));
}
