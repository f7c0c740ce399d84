//! `POST /api/load/...`

use std::time::{Duration, Instant};

use serde_json::json;

use super::fake::{Needs, Registry};
use super::site::{Answer, Site};

async fn load(site: &Site, uid: u32, path: &str) -> Answer {
    let user = site.user(uid);
    let first = user.post(&format!("/api/load/cori/custom/{path}"), "an archive").await;
    if first.status != 200 {
        return first;
    }
    let tag = path.split('/').next().unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let answer = user.get(&format!("/api/load/cori/custom/{tag}/")).await;
        if answer.status != 200 || matches!(answer.state(), "READY" | "FAILURE") {
            return answer;
        }
        assert!(Instant::now() < deadline, "{answer:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// An archive goes a moment after its job.
async fn are_gone(site: &Site) -> bool {
    let deadline = Instant::now() + Duration::from_secs(30);
    while std::fs::read_dir(site.path("cache/uploads")).map_or(0, Iterator::count) > 0 {
        if Instant::now() > deadline {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    true
}

#[tokio::test]
async fn an_archive_becomes_an_image_of_type_custom_that_everybody_finds() {
    let site = Site::new(Registry::open());
    let id = site.registry.push("app:1", "x", Needs::Nothing);
    let loaded = load(&site, 1000, "app:1/").await;
    assert_eq!((loaded.state(), &loaded.json["id"], &loaded.json["itype"]), ("READY", &json!(id), &json!("custom")));
    let found = site.user(1001).get("/api/lookup/cori/custom/app:1/").await;
    assert_eq!((found.status, &found.json["userACL"]), (200, &json!([])));
    let shown = site.user(1001).get("/api/inspect/cori/custom/app:1/").await;
    assert_eq!(shown.json["holders"], json!([1000]));
    let history = site.user(1001).get("/api/history/cori/custom/app:1/").await;
    assert_eq!(history.json["list"][0]["uid"], json!(1000));
    assert_eq!(site.user(1000).lookup("app:1").await.status, 404, "it takes no name of another type");
    assert!(are_gone(&site).await);
}

#[tokio::test]
async fn nobody_but_its_holder_and_administrators_moves_a_tag() {
    let site = Site::new(Registry::open());
    site.registry.push("app:latest", "x", Needs::Nothing);
    assert_eq!(load(&site, 1000, "app/").await.state(), "READY");
    let id = site.registry.push("app:latest", "y", Needs::Nothing);
    let refused = load(&site, 1001, "app/").await;
    assert_eq!((refused.status, refused.error()), (403, "`custom:app:latest` is somebody else's: choose another name"));
    assert_eq!(load(&site, 1000, "app/").await.json["id"], json!(id));
    let id = site.registry.push("app:latest", "z", Needs::Nothing);
    assert_eq!(load(&site, 0, "app/").await.json["id"], json!(id));
    assert_eq!(site.user(1000).post("/api/rm/cori/custom/app/", "").await.status, 200);
}

#[tokio::test]
async fn of_two_who_load_a_new_tag_at_once_one_has_it() {
    let site = Site::new(Registry::closed());
    site.registry.push("app:1", "x", Needs::Nothing);
    for uid in [1000, 1001] {
        assert_eq!(site.user(uid).post("/api/load/cori/custom/app:1/", "an archive").await.state(), "INIT");
    }
    let again = site.user(1000).post("/api/load/cori/custom/app:1/", "another").await;
    assert_eq!((again.status, again.error()), (409, "you are loading `custom:app:1` already; wait for its end"));
    site.registry.gate.add_permits(2);
    let mut ends = Vec::new();
    for uid in [1000, 1001] {
        let deadline = Instant::now() + Duration::from_secs(30);
        ends.push(loop {
            let answer = site.user(uid).get("/api/load/cori/custom/app:1/").await;
            if matches!(answer.state(), "READY" | "FAILURE") {
                break answer.json;
            }
            assert!(Instant::now() < deadline);
            tokio::time::sleep(Duration::from_millis(10)).await;
        });
    }
    ends.sort_by_key(|end| end["status"].to_string());
    assert_eq!((&ends[0]["status"], &ends[1]["status"]), (&json!("FAILURE"), &json!("READY")));
    assert_eq!(ends[0]["status_message"], json!("`custom:app:1` is somebody else's: choose another name"));
}

#[tokio::test]
async fn lists_make_a_loaded_image_private_and_it_stays_so() {
    let site = Site::new(Registry::open());
    site.registry.push("app:1", "x", Needs::Nothing);
    let loaded = load(&site, 1000, "app:1/?allowed_uids=1001&allowed_gids=77").await;
    assert_eq!((&loaded.json["userACL"], &loaded.json["groupACL"]), (&json!([1000, 1001]), &json!([77])));
    let lookup = async |uid| site.user(uid).get("/api/lookup/cori/custom/app:1/").await.status;
    assert_eq!((lookup(1001).await, lookup(1002).await), (200, 404));
    site.registry.push("app:1", "y", Needs::Nothing);
    assert_eq!(load(&site, 1000, "app:1/").await.state(), "READY");
    assert_eq!((lookup(1001).await, lookup(1002).await), (200, 404));
}

#[tokio::test]
async fn a_failed_load_says_why_until_the_next_one() {
    let site = Site::new(Registry::open());
    let failed = load(&site, 1000, "app:1/").await;
    assert_eq!(failed.state(), "FAILURE");
    assert!(failed.json["status_message"].as_str().unwrap().ends_with("no such image"), "{failed:?}");
    assert!(are_gone(&site).await, "the archive goes with its job");
    site.registry.push("app:1", "x", Needs::Nothing);
    assert_eq!(load(&site, 1000, "app:1/").await.state(), "READY");
    assert_eq!(site.user(1001).get("/api/load/cori/custom/none:1/").await.status, 404);
}

#[tokio::test]
async fn what_may_not_be_loaded_is_refused_with_the_reason() {
    let site = Site::with(Registry::open(), |config| {
        config["Limits"] = json!({ "uploadBytes": 12, "uploads": 1 });
        config["Quota"] = json!({ "userBytes": 1 });
        config["Compat"] = json!({ "anonymous": true });
    });
    let ask = async |path: &str, body: &str| {
        let answer = site.user(1000).post(&format!("/api/load/cori/{path}"), body).await;
        (answer.status, answer.error().to_owned())
    };
    let docker = ask("docker/app:1/", "x").await;
    assert_eq!(docker, (400, "images of type `docker` cannot be loaded; write `custom`".to_owned()));
    assert_eq!(ask("custom/me%2Fapp:1/", "x").await.0, 400);
    assert_eq!(ask("custom/App:1/", "x").await.0, 400);
    assert_eq!(ask("custom/app:1/?allowed_uids=me", "x").await.0, 400);
    assert_eq!(ask("custom/app:1/?uids=1", "x").await.0, 400);
    assert_eq!(ask("custom/", "no archive").await.0, 400);
    let large = ask("custom/app:1/", "thirteen byte").await;
    assert_eq!(large, (413, "the archive has more than 12 bytes".to_owned()));
    assert_eq!(site.stranger().post("/api/load/cori/custom/app:1/", "x").await.status, 403);
    site.registry.push("app:1", "x", Needs::Nothing);
    assert_eq!(load(&site, 1000, "app:1/").await.state(), "READY");
    let full = ask("custom/more:1/", "x").await;
    assert_eq!((full.0, full.1.starts_with("you hold 1 bytes")), (409, true), "{full:?}");
    assert!(are_gone(&site).await);
}

#[tokio::test]
async fn so_many_archives_are_taken_at_once_and_none_where_the_site_wants_none() {
    let closed = Site::with(Registry::closed(), |config| config["Limits"] = json!({ "uploads": 4 }));
    assert_eq!(load_once(&closed, 1000, "a:1").await, 200);
    assert_eq!(load_once(&closed, 1000, "b:1").await, 429, "a quarter for each user");
    assert_eq!(load_once(&closed, 1001, "b:1").await, 200);
    let off = Site::with(Registry::open(), |config| config["Limits"] = json!({ "uploads": 0 }));
    assert_eq!(load_once(&off, 1000, "a:1").await, 403);
}

async fn load_once(site: &Site, uid: u32, tag: &str) -> u16 {
    site.user(uid).post(&format!("/api/load/cori/custom/{tag}/"), "an archive").await.status
}
