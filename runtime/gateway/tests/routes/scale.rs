//! Many images, and many pulls at once.

use std::collections::BTreeSet;

use serde_json::json;

use super::fake::Registry;
use super::site::Site;

const IMAGES: usize = 10_000;
const PULLS: usize = 1000;

fn id(number: usize) -> String {
    format!("{number:064x}")
}

/// As so many pulls would have left it, without their time.
fn fill(site: &Site) {
    let mut db = rusqlite::Connection::open(site.path("gateway.db")).unwrap();
    let rows = db.transaction().unwrap();
    for number in 0..IMAGES {
        let image = "INSERT INTO image (system, id, format, digest, platform, bytes, env, workdir, user, labels, volumes)
                     VALUES ('cori', ?1, 'squashfs', 'sha256:' || ?1, 'linux/amd64', 3, '[\"A=b\"]', '', '', '{}', '[]')";
        rows.execute(image, [id(number)]).unwrap();
        let tag =
            "INSERT INTO tag (system, itype, tag, id, private, last_pull) VALUES ('cori', 'docker', ?2, ?1, 0, 1.5)";
        rows.execute(tag, [id(number), format!("site/app{number}:1")]).unwrap();
        std::fs::write(site.path("images").join(format!("{}.squashfs", id(number))), "old").unwrap();
    }
    rows.commit().unwrap();
}

#[tokio::test]
async fn ten_thousand_images_are_listed_looked_up_and_swept() {
    let site = Site::new(Registry::open());
    fill(&site);
    let list = site.user(1000).get("/api/list/cori/").await.json;
    let tags: BTreeSet<&str> =
        list["list"].as_array().unwrap().iter().map(|record| record["tag"][0].as_str().unwrap()).collect();
    assert_eq!((tags.len(), tags.contains("site/app9999:1")), (IMAGES, true));
    for number in (0..IMAGES).step_by(997) {
        let found = site.user(1000).lookup(&format!("site/app{number}:1")).await;
        assert_eq!(found.json["id"], json!(id(number)));
    }
    let images = site.path("images");
    std::fs::remove_file(images.join(format!("{}.squashfs", id(77)))).unwrap();
    std::fs::write(images.join(format!("{}.squashfs", id(IMAGES))), "old").unwrap();
    let swept = site.user(0).post("/api/sweep/cori/", r#"{"remove":true}"#).await.json;
    let stray = json!([{ "path": format!("{}.squashfs", id(IMAGES)), "bytes": 3 }]);
    let lost = json!([{ "itype": "docker", "tag": "site/app77:1", "id": id(77) }]);
    assert_eq!((&swept["files"], &swept["tags"]), (&stray, &lost));
    assert_eq!(site.user(1000).lookup("site/app77:1").await.status, 404);
    assert_eq!(
        std::fs::read_dir(images).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_file()).count(),
        IMAGES - 1
    );
}

#[tokio::test]
async fn a_thousand_pulls_wait_in_order_and_all_come_to_an_end() {
    let site = Site::with(Registry::closed(), |config| config["WorkerThreads"] = json!(4));
    let pull = async |number: usize| {
        let path = format!("/api/pull/cori/docker/app{number}:1/");
        site.user(1000 + u32::try_from(number).unwrap()).post(&path, "").await
    };
    for number in 0..PULLS {
        assert_eq!(pull(number).await.status, 200, "{number}");
    }
    let refused = pull(PULLS).await;
    assert_eq!((refused.status, refused.retry_after.as_deref()), (429, Some("10")));
    let queue = site.user(1000).get("/api/queue/cori/").await.json;
    let images: Vec<&str> =
        queue["list"].as_array().unwrap().iter().map(|item| item["image"].as_str().unwrap()).collect();
    assert_eq!((images.len(), images[0], images[PULLS - 1]), (PULLS, "app0:1", "app999:1"));
    // All but the four that run wait for a worker.
    site.until(async || site.registry.pulls() == 4).await;
    let last = site.user(1000).get("/api/progress/cori/docker/app999:1/").await.json;
    assert_eq!(last["place"], json!(PULLS - 4));
    site.registry.gate.add_permits(PULLS);
    let waiting = async || site.user(1000).get("/api/queue/cori/").await.json["list"].as_array().unwrap().len();
    site.until(async || waiting().await == 0).await;
    assert_eq!(site.registry.pulls(), PULLS);
    assert_eq!(pull(PULLS - 1).await.state(), "FAILURE");
}
