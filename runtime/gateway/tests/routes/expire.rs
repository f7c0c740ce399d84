//! `GET /api/expire/...` and `GET /api/autoexpire/...`

use std::fs::File;
use std::path::Path;

use serde_json::{Value, json};
use shifter_formats::image::ImageType;
use shifter_formats::index::entry_name;

use super::fake::{Needs, Registry};
use super::site::Site;

/// Ten days without use are enough.
fn site() -> Site {
    Site::with(Registry::open(), |config| config["Retention"] = json!({ "unused": "10:00:00:00" }))
}

async fn pull(site: &Site, tag: &str, content: &str) -> String {
    let id = site.registry.push(tag, content, Needs::Nothing);
    assert_eq!(site.user(1000).pull(tag, "").await.state(), "READY");
    id
}

fn by_tag(site: &Site, tag: &str) -> std::path::PathBuf {
    site.path("images/index").join(entry_name("cori", ImageType::Docker, tag))
}

fn mark(path: &Path, site: &Site) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    File::create(path).unwrap().set_modified(site.now()).unwrap();
}

#[tokio::test]
async fn an_administrator_lets_a_tag_expire_and_nobody_else_does() {
    let site = Site::new(Registry::open());
    let id = pull(&site, "app:1", "x").await;
    let expire = async |uid| site.user(uid).get("/api/expire/cori/docker/app:1/").await.json;
    assert_eq!(expire(1000).await, json!({ "status": false }));
    assert!(by_tag(&site, "app:1").exists());
    assert_eq!(expire(0).await, json!({ "status": true }));
    assert_eq!(expire(0).await, json!({ "status": null }));
    assert_eq!(site.user(1000).lookup("app:1").await.status, 404);
    assert!(!by_tag(&site, "app:1").exists());
    assert!(site.path(&format!("images/{id}.squashfs")).exists());
}

#[tokio::test]
async fn the_tag_goes_first_and_the_file_after_its_grace() {
    let site = site();
    let id = pull(&site, "app:1", "x").await;
    mark(&site.path(&format!("images/used/{id}")), &site);
    let by_id = site.path("images/index").join(entry_name("cori", ImageType::Id, &id));
    let [image, meta, used] = [format!("{id}.squashfs"), format!("{id}.meta"), format!("used/{id}")];
    let [image, meta, used] = [image, meta, used].map(|name| site.path("images").join(name));
    let all = [by_id, image, meta, used];
    site.after_days(9);
    assert_eq!(site.user(0).autoexpire().await, json!([]));
    site.after_days(1);
    assert_eq!(site.user(0).autoexpire().await, json!([id]));
    assert!(!by_tag(&site, "app:1").exists());
    site.after_days(13);
    assert_eq!(site.user(0).autoexpire().await, json!([]));
    // Jobs that wait were given the id.
    assert!(all.iter().all(|path| path.exists()));
    site.after_days(1);
    site.user(0).autoexpire().await;
    assert!(!all.iter().any(|path| path.exists()), "{all:?}");
}

#[tokio::test]
async fn a_pull_within_the_grace_takes_the_image_back() {
    let site = site();
    let id = pull(&site, "app:1", "x").await;
    site.after_days(11);
    assert_eq!(site.user(0).autoexpire().await, json!([id]));
    site.after_days(13);
    assert_eq!(pull(&site, "app:1", "x").await, id);
    site.after_days(2);
    assert_eq!(site.user(0).autoexpire().await, json!([]));
    assert!(site.path(&format!("images/{id}.squashfs")).exists());
    assert_eq!(site.user(1000).lookup("app:1").await.json["id"], json!(id));
}

#[tokio::test]
async fn what_is_used_pinned_or_kept_by_the_site_does_not_expire() {
    let site = Site::with(Registry::open(), |config| {
        config["Retention"] = json!({ "unused": "10:00:00:00", "keep": ["docker:site/*"] });
    });
    let (started, looked) = (pull(&site, "started:1", "s").await, pull(&site, "looked:1", "l").await);
    pull(&site, "site/base:1", "b").await;
    let pinned = pull(&site, "pinned:1", "p").await;
    let unused = pull(&site, "unused:1", "u").await;
    assert_eq!(site.user(1000).post("/api/pin/cori/docker/pinned:1/", "").await.status, 200);
    site.after_days(9);
    mark(&site.path(&format!("images/used/{started}")), &site);
    assert_eq!(site.user(1001).lookup("looked:1").await.json["id"], json!(looked));
    site.after_days(9);
    assert_eq!(site.user(0).autoexpire().await, json!([unused]));
    site.after_days(2);
    let gone = site.user(0).autoexpire().await;
    let mut gone: Vec<Value> = gone.as_array().unwrap().clone();
    let mut expected = vec![json!(started), json!(looked)];
    gone.sort_by_key(Value::to_string);
    expected.sort_by_key(Value::to_string);
    assert_eq!(gone, expected);
    site.after_days(4000);
    assert_eq!(site.user(0).autoexpire().await, json!([]));
    assert_eq!(site.user(1000).lookup("pinned:1").await.json["id"], json!(pinned));
}

#[tokio::test]
async fn the_time_of_the_original_counts_where_the_site_sets_no_other() {
    let site = Site::with(Registry::open(), |config| config["ImageExpirationTimeout"] = json!("5:00:00:00"));
    let id = pull(&site, "app:1", "x").await;
    assert_eq!(site.user(1000).autoexpire().await, json!(false));
    site.after_days(6);
    assert_eq!(site.user(0).autoexpire().await, json!([id]));
    let never = Site::new(Registry::open());
    pull(&never, "app:1", "x").await;
    never.after_days(10_000);
    assert_eq!(never.user(0).autoexpire().await, json!([]));
}

#[tokio::test]
async fn an_image_stays_for_its_other_tags_and_those_they_let_in() {
    let site = Site::with(Registry::open(), |config| config["Policy"] = json!({ "readableBy": "world" }));
    site.registry.push("open:1", "x", Needs::Nothing);
    site.registry.push("secret:1", "x", Needs::Password);
    assert_eq!(site.user(1000).pull("open:1", "").await.state(), "READY");
    let root = site.user(0).with_passwords(&json!({ "docker.io": "u:p" }));
    let id = root.pull("secret:1", "").await.json["id"].as_str().unwrap().to_owned();
    let image = site.path(&format!("images/{id}.squashfs"));
    let mode = || std::os::unix::fs::PermissionsExt::mode(&image.metadata().unwrap().permissions()) & 0o777;
    let by_id = || {
        let file = site.path("images/index").join(entry_name("cori", ImageType::Id, &id));
        shifter_formats::index::list::read(std::fs::read(file).unwrap()).unwrap()[0].access.clone()
    };
    assert_eq!((mode(), by_id()), (0o644, shifter_formats::acl::Access::Public));
    assert_eq!(site.user(0).get("/api/expire/cori/docker/open:1/").await.json["status"], json!(true));
    assert_eq!((mode(), by_id()), (0o600, shifter_formats::acl::Access::restricted(vec![0], vec![])));
    assert_eq!(site.user(0).autoexpire().await, json!([]));
    site.after_days(15);
    site.user(0).autoexpire().await;
    assert!(image.exists());
}

#[tokio::test]
async fn a_tag_that_moves_lets_its_old_image_go() {
    let site = Site::with(Registry::open(), |config| config["PullUpdateTimeout"] = json!(1));
    let old = pull(&site, "app:1", "x").await;
    site.after_days(1);
    let new = pull(&site, "app:1", "newer").await;
    site.after_days(14);
    site.user(0).autoexpire().await;
    assert!(!site.path(&format!("images/{old}.squashfs")).exists());
    assert!(site.path(&format!("images/{new}.squashfs")).exists());
}

#[tokio::test]
async fn the_longest_unused_make_room_and_what_is_fresh_does_not() {
    let site = Site::with(Registry::open(), |config| {
        config["Quota"] = json!({ "totalBytes": 1000, "startExpiryAt": 50 });
    });
    let content = |letter: &str| letter.repeat(200);
    let first = pull(&site, "a:1", &content("a")).await;
    site.after_days(1);
    let second = pull(&site, "b:1", &content("b")).await;
    site.after_days(3);
    pull(&site, "c:1", &content("c")).await;
    // 600 of 1000 bytes are more than half; one of 200 less is not.
    assert_eq!(site.user(0).autoexpire().await, json!([first]));
    pull(&site, "d:1", &content("d")).await;
    assert_eq!(site.user(0).autoexpire().await, json!([second]));
    pull(&site, "e:1", &content("e")).await;
    assert_eq!(site.user(0).autoexpire().await, json!([]));
}

#[tokio::test]
async fn a_file_that_a_running_pull_has_found_is_not_deleted() {
    let site = Site::with(Registry::open(), |config| {
        config["Retention"] = json!({ "deleteGrace": "0:00:00:00" });
        config["Platforms"]["cori"]["platforms"] = json!(["linux/amd64", "linux/arm64"]);
    });
    // Both platforms are pulled; the first has its file in place while the second waits.
    site.registry.push("app:1", "x", Needs::Nothing);
    let closed = site.registry.gate.forget_permits(usize::MAX >> 4);
    assert!(closed > 0);
    assert_eq!(site.user(1000).post("/api/pull/cori/docker/app:1/", "").await.state(), "INIT");
    site.registry.gate.add_permits(1);
    let id = shifter_imagegw::reference::Digest::of(b"x").hex();
    let image = site.path(&format!("images/{id}.squashfs"));
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while !image.exists() {
        assert!(std::time::Instant::now() < deadline, "no file came");
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    site.after_days(30);
    site.user(0).autoexpire().await;
    assert!(image.exists());
    site.registry.gate.add_permits(10);
    assert_eq!(site.user(1000).pull("app:1", "").await.state(), "READY");
    site.user(0).autoexpire().await;
    assert!(image.exists());
}
