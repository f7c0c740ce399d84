//! `POST /api/sweep/...`

use serde_json::{Value, json};

use super::fake::{Needs, Registry};
use super::site::Site;

async fn sweep(site: &Site, remove: bool) -> Value {
    let answer = site.user(0).post("/api/sweep/cori/", &json!({ "remove": remove }).to_string()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json
}

/// A site with two tags, one of them with its file taken away, and files that nobody knows.
async fn untidy() -> (Site, String) {
    let site = Site::new(Registry::open());
    for (tag, content) in [("app:1", "x"), ("lost:1", "y")] {
        site.registry.push(tag, content, Needs::Nothing);
        site.user(1000).pull(tag, "").await;
    }
    let lost = shifter_imagegw::reference::Digest::of(b"y").hex();
    std::fs::remove_file(site.path(&format!("images/{lost}.squashfs"))).unwrap();
    let stray = "a".repeat(64);
    std::fs::create_dir(site.path("images/used")).unwrap();
    for name in [format!("{stray}.squashfs"), format!("{stray}.meta"), format!("used/{stray}"), "notes.txt".to_owned()]
    {
        std::fs::write(site.path("images").join(name), "old").unwrap();
    }
    (site, lost)
}

#[tokio::test]
async fn what_lost_each_other_is_shown_and_removed_on_an_administrators_word() {
    let (site, lost) = untidy().await;
    let stray = "a".repeat(64);
    let file = |path: String| json!({ "path": path, "bytes": 3 });
    let files =
        json!([file(format!("{stray}.meta")), file(format!("{stray}.squashfs")), file(format!("used/{stray}"))]);
    let tags = json!([{ "itype": "docker", "tag": "lost:1", "id": lost }]);
    for _ in 0..2 {
        assert_eq!(sweep(&site, false).await, json!({ "removed": false, "files": files, "tags": tags }));
    }
    assert_eq!(sweep(&site, true).await, json!({ "removed": true, "files": files, "tags": tags }));
    assert_eq!(sweep(&site, false).await, json!({ "removed": false, "files": [], "tags": [] }));
    assert!(site.path("images/notes.txt").exists());
    assert_eq!(site.user(1000).lookup("lost:1").await.status, 404);
    assert_eq!(site.user(1000).lookup("app:1").await.status, 200);
    for wrong in [r#"{"remove":1}"#, r#"{"delete":true}"#, "x"] {
        assert_eq!(site.user(0).post("/api/sweep/cori", wrong).await.status, 400, "{wrong}");
    }
    assert_eq!(site.user(1000).post("/api/sweep/cori/", "").await.status, 403);
}

#[tokio::test]
async fn a_lost_database_takes_no_image_with_it() {
    let (site, _) = untidy().await;
    let db = rusqlite::Connection::open(site.path("gateway.db")).unwrap();
    db.execute_batch("DELETE FROM tag; DELETE FROM image; DELETE FROM expired").unwrap();
    let id = shifter_imagegw::reference::Digest::of(b"x").hex();
    let named = |kind, tag: &str| {
        let name = shifter_formats::index::entry_name("cori", kind, tag);
        site.path("images/index").join(name).exists()
    };
    // What a pull has just ended with may be its own for a moment more.
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while named(shifter_formats::image::ImageType::Docker, "lost:1") {
        assert!(std::time::Instant::now() < deadline);
        sweep(&site, true).await;
    }
    // The runtime starts the other by its name in the index still.
    assert!(site.path(&format!("images/{id}.squashfs")).exists());
    assert!(named(shifter_formats::image::ImageType::Docker, "app:1"));
    assert!(named(shifter_formats::image::ImageType::Id, &id));
}

#[tokio::test]
async fn a_file_system_that_is_not_mounted_is_not_swept() {
    let (site, _) = untidy().await;
    std::fs::rename(site.path("images"), site.path("elsewhere")).unwrap();
    std::fs::create_dir(site.path("images")).unwrap();
    let answer = site.user(0).post("/api/sweep/cori/", r#"{"remove":true}"#).await;
    assert_eq!(answer.status, 409);
    assert!(answer.error().contains("is its file system mounted?"), "{}", answer.error());
    assert_eq!(site.user(1000).lookup("app:1").await.status, 200);
}
