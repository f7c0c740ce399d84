//! `GET /api/inspect/...` and `GET /api/history/...`

use serde_json::json;

use super::fake::{Needs, Registry};
use super::site::Site;

#[tokio::test]
async fn all_that_is_known_of_an_image_is_shown_beside_its_record() {
    let site = Site::with(Registry::open(), |config| config["Retention"] = json!({ "unused": "10:00:00:00" }));
    let id = site.registry.push("app:1", "12345", Needs::Nothing);
    for uid in [1001, 1000] {
        site.user(uid).pull("app:1", "").await;
    }
    let shown = site.user(1002).get("/api/inspect/cori/docker/app:1/").await.json;
    let record = site.user(1002).lookup("app:1").await.json;
    for (field, value) in record.as_object().unwrap() {
        assert_eq!(&shown[field], value, "{field}");
    }
    assert_eq!(shown["digest"], json!(format!("sha256:{id}")));
    assert_eq!(shown["platforms"], json!([{ "platform": "linux/amd64", "id": id, "format": "squashfs", "bytes": 5 }]));
    assert_eq!((&shown["report"]["modes"], &shown["report"]["mpi"]), (&json!("image"), &json!([])));
    assert_eq!(shown["holders"], json!([1000, 1001]));
    assert_eq!((&shown["pinned"], &shown["pinned_until"]), (&json!(false), &json!(null)));
    let (used, expires) = (shown["last_use"].as_f64().unwrap(), shown["expires"].as_f64().unwrap());
    assert!((expires - used - 864_000.0).abs() < 1.0);
    site.user(1000).post("/api/pin/cori/docker/app:1/", "").await;
    let pinned = site.user(1002).get("/api/inspect/cori/docker/app:1").await.json;
    assert_eq!((&pinned["pinned"], &pinned["expires"]), (&json!(true), &json!(null)));
}

#[tokio::test]
async fn a_history_says_what_a_tag_named_and_keeps_private_lines_from_others() {
    let site = Site::with(Registry::open(), |config| {
        config["Locations"]["docker.io"]["credential"] = json!("site:pw");
        config["PullUpdateTimeout"] = json!(1);
    });
    let first = site.registry.push("app:1", "x", Needs::Nothing);
    site.user(1000).pull("app:1", "").await;
    site.after_days(1);
    let second = site.registry.push("app:1", "y", Needs::Password);
    assert_eq!(site.user(1001).pull("app:1", "").await.state(), "READY");
    let lines = async |uid| {
        let history = site.user(uid).get("/api/history/cori/docker/app:1/").await.json;
        let list = history["list"].as_array().unwrap().clone();
        list.iter().map(|row| json!([row["event"], row["id"], row["uid"]])).collect::<Vec<_>>()
    };
    let all = [json!(["pulled", first, 1000]), json!(["pulled", second, 1001])];
    assert_eq!(lines(1001).await, all);
    assert_eq!(lines(1002).await, all[..1]);
    assert_eq!(site.user(1002).get("/api/history/cori/docker/none:1/").await.status, 404);
    site.user(0).get("/api/expire/cori/docker/app:1/").await;
    assert_eq!(lines(0).await[2], json!(["expired", second, 0]));
    assert_eq!(lines(1001).await, all);
}
