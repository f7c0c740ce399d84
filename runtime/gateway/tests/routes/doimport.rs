//! `POST /api/doimport/...`

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::json;
use shifter_formats::sha256::hex_digest;

use super::fake::{Needs, Registry};
use super::site::{Answer, Site};

/// A site where root may import, with a file that looks like a squashfs.
fn site() -> (Site, PathBuf) {
    let allowed = tempfile::tempdir().unwrap().keep();
    let file = allowed.join("app.squashfs");
    std::fs::write(&file, b"hsqs and the rest").unwrap();
    let site = Site::with(Registry::open(), |config| {
        config["ImportUsers"] = json!(["root"]);
        config["ImportDirectories"] = json!([allowed]);
    });
    (site, file)
}

async fn import(site: &Site, uid: u32, tag: &str, file: &std::path::Path, format: &str) -> Answer {
    let body = json!({ "filepath": file, "format": format }).to_string();
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let answer = site.user(uid).post(&format!("/api/doimport/cori/{tag}/"), &body).await;
        if answer.status != 200 || matches!(answer.state(), "READY" | "FAILURE") {
            return answer;
        }
        assert!(Instant::now() < deadline, "{answer:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_file_becomes_an_image_under_the_identity_of_the_original() {
    let (site, file) = site();
    let imported = import(&site, 0, "custom/app:1", &file, "squashfs").await;
    let id = hex_digest(b"hsqs and the rest");
    assert_eq!((imported.state(), &imported.json["id"]), ("READY", &json!(id)), "{imported:?}");
    let found = site.user(1000).get("/api/lookup/cori/custom/app:1/").await;
    assert_eq!((found.status, &found.json["itype"]), (200, &json!("custom")));
    assert_eq!(std::fs::read(site.path(&format!("images/{id}.squashfs"))).unwrap(), b"hsqs and the rest");
    let meta = std::fs::read_to_string(site.path(&format!("images/{id}.meta"))).unwrap();
    assert_eq!(meta, "FORMAT: squashfs\n");
    let history = site.user(1000).get("/api/history/cori/custom/app:1/").await;
    assert_eq!(history.json["list"][0]["uid"], json!(0), "who imported it");
    assert_eq!(import(&site, 0, "custom/again", &file, "squashfs").await.json["id"], json!(id), "it is there already");
    std::fs::remove_dir_all(file.parent().unwrap()).unwrap();
}

#[tokio::test]
async fn who_is_not_named_imports_nothing() {
    let (site, file) = site();
    let refused = import(&site, 1000, "custom/app:1", &file, "squashfs").await;
    let why = "the site does not let you import images; `shifterimg load` converts archives";
    assert_eq!((refused.status, refused.error()), (403, why));
    let none = Site::new(Registry::open());
    assert_eq!(import(&none, 0, "custom/app:1", &file, "squashfs").await.status, 403, "nobody where none are named");
    std::fs::remove_dir_all(file.parent().unwrap()).unwrap();
}

#[tokio::test]
async fn an_import_that_cannot_be_says_why() {
    let (site, file) = site();
    let failed = async |file: &std::path::Path, format: &str| {
        let answer = import(&site, 0, "custom/app:1", file, format).await;
        assert_eq!(answer.state(), "FAILURE", "{answer:?}");
        answer.json["status_message"].as_str().unwrap().to_owned()
    };
    let other = failed(&file, "ext4").await;
    assert_eq!(other, "the file is no image of format `ext4`, but of format `squashfs`");
    let outside = failed(&site.path("gateway.db"), "squashfs").await;
    assert!(outside.ends_with("is not below a directory that images may be imported from"), "{outside}");
    let missing = failed(&file.with_file_name("none"), "squashfs").await;
    assert!(missing.starts_with("cannot read `"), "{missing}");
    std::fs::remove_dir_all(file.parent().unwrap()).unwrap();
}

#[tokio::test]
async fn an_import_takes_no_name_of_another_type_and_nobody_elses() {
    let (site, file) = site();
    let id = site.registry.push("app:1", "x", Needs::Nothing);
    assert_eq!(site.user(1000).pull("app:1", "").await.state(), "READY");
    assert_eq!(import(&site, 0, "docker/app:1", &file, "squashfs").await.status, 400);
    assert_eq!(import(&site, 0, "custom/app:1", &file, "squashfs").await.state(), "READY");
    assert_eq!(site.user(1000).lookup("app:1").await.json["id"], json!(id));
    for body in ["", "{}", r#"{"filepath":"a","format":"squashfs"}"#, r#"{"filepath":"/a","format":"VFS"}"#] {
        assert_eq!(site.user(0).post("/api/doimport/cori/custom/app:1/", body).await.status, 400, "{body}");
    }
    std::fs::remove_dir_all(file.parent().unwrap()).unwrap();
}
