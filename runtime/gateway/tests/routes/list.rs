//! `GET /api/list/...`

use serde_json::json;

use super::fake::{Needs, Registry};
use super::site::Site;

#[tokio::test]
async fn everybody_sees_what_they_may_use() {
    let site = Site::with(Registry::open(), |config| {
        config["Locations"]["docker.io"]["credential"] = json!("site:pw");
    });
    site.registry.push("open:1", "x", Needs::Nothing);
    site.registry.push("secret:1", "y", Needs::Password);
    site.user(1000).pull("open:1", "").await;
    assert_eq!(site.user(1000).pull("secret:1", "").await.state(), "READY");
    let tags = async |uid: u32| {
        let list = site.user(uid).get("/api/list/cori").await.json;
        let records = list["list"].as_array().unwrap().clone();
        let mut tags: Vec<String> =
            records.iter().map(|record| record["tag"][0].as_str().unwrap().to_owned()).collect();
        tags.sort();
        tags
    };
    assert_eq!(tags(1000).await, ["open:1", "secret:1"]);
    assert_eq!(tags(1001).await, ["open:1"]);
    assert_eq!(tags(0).await, ["open:1"]);
}

#[tokio::test]
async fn a_group_that_was_granted_an_image_sees_it() {
    let site = Site::with(Registry::open(), |config| {
        config["Locations"]["docker.io"]["credential"] = json!("site:pw");
    });
    site.registry.push("secret:1", "y", Needs::Password);
    let body = r#"{"allowed_uids":"1001","allowed_gids":"77"}"#;
    let record = site.user(1000).pull("secret:1", body).await.json;
    assert_eq!((&record["userACL"], &record["groupACL"]), (&json!([1000, 1001]), &json!([77])));
    assert_eq!(site.user(1002).in_group(77).lookup("secret:1").await.status, 200);
    assert_eq!(site.user(1001).lookup("secret:1").await.status, 200);
    assert_eq!(site.user(1002).lookup("secret:1").await.status, 404);
}

#[tokio::test]
async fn an_anonymous_caller_sees_public_images_where_the_site_lets_them_in() {
    let site = Site::with(Registry::open(), |config| {
        config["Compat"] = json!({ "anonymous": true });
        config["Locations"]["docker.io"]["credential"] = json!("site:pw");
    });
    site.registry.push("open:1", "x", Needs::Nothing);
    site.registry.push("secret:1", "y", Needs::Password);
    site.user(1000).pull("open:1", "").await;
    site.user(1000).pull("secret:1", "").await;
    let list = site.stranger().get("/api/list/cori/").await.json;
    assert_eq!(list["list"].as_array().unwrap().len(), 1);
    let refused = site.stranger().pull("secret:1", "").await;
    assert_eq!(refused.state(), "FAILURE");
}
