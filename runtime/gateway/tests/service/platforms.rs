//! A tag with an image for each of several architectures, pulled for a system that has nodes of two.

use std::os::unix::fs::MetadataExt;

use shifter_formats::acl::Access;
use shifter_formats::image::ImageType;
use shifter_formats::index::{IndexEntry, entry_name, list};

use super::daemon::Site;
use super::munged::Munged;
use super::{layout, program, pull};

const FILES: &[(&str, &[u8])] = &[("hello", b"hi\n")];

fn entries(site: &Site, tag: &str) -> Vec<IndexEntry> {
    let file = site.path("images/index").join(entry_name("cori", ImageType::Docker, tag));
    list::read(std::fs::read(file).expect("an index file")).expect("entries")
}

fn platforms(site: &Site, tag: &str) -> Vec<(String, String)> {
    entries(site, tag).into_iter().map(|entry| (entry.platform, entry.id.to_string())).collect()
}

fn of(platform: &str, id: &str) -> (String, String) {
    (platform.to_owned(), id.to_owned())
}

#[test]
fn a_system_with_two_platforms_gets_both_images_of_a_tag() {
    let munged = Munged::start();
    let mut site = Site::new(munged.socket());
    site.config["Platforms"]["cori"]["platforms"] = serde_json::json!(["linux/arm64", "linux/amd64", "linux/s390x"]);
    let layouts = site.path("layouts");
    let ids = layout::write_for(&layouts, "multi", "1", &["amd64", "arm64", "ppc64le"], FILES);
    let alone = layout::write(&layouts, "alone", "1", FILES);
    let _daemon = site.start(program());

    assert_eq!(pull(&site, "multi:1").state(), "READY", "{}", site.log());
    assert_eq!(platforms(&site, "multi:1"), [of("linux/amd64", &ids[0]), of("linux/arm64", &ids[1])]);
    for id in &ids[..2] {
        let by_id = site.path("images/index").join(entry_name("cori", ImageType::Id, id));
        assert_eq!(list::read(std::fs::read(by_id).unwrap()).unwrap()[0].id.as_str(), id);
        for ending in ["squashfs", "meta"] {
            let file = site.path(&format!("images/{id}.{ending}"));
            assert_eq!(file.metadata().unwrap().mode() & 0o7777, 0o600, "{}", file.display());
        }
    }
    // All are one digest's, that of the list.
    assert_eq!(entries(&site, "multi:1")[0].digest, entries(&site, "multi:1")[1].digest);
    assert!(entries(&site, "multi:1").iter().all(|entry| entry.access == Access::Public));

    // A tag with an image for one of them is that image; so the first of the list need not be there.
    assert_eq!(pull(&site, "alone:1").state(), "READY", "{}", site.log());
    assert_eq!(platforms(&site, "alone:1"), [of("linux/amd64", &alone)]);
}

#[test]
fn a_tag_that_moved_is_pulled_for_every_platform_and_so_is_one_that_lost_a_file() {
    let munged = Munged::start();
    let mut site = Site::new(munged.socket());
    site.config["Platforms"]["cori"]["platforms"] = serde_json::json!(["linux/amd64", "linux/arm64"]);
    site.config["PullUpdateTimeout"] = 1.into();
    let layouts = site.path("layouts");
    let write = |files: &[(&str, &[u8])]| layout::write_for(&layouts, "multi", "1", &["amd64", "arm64"], files);
    let before = write(FILES);
    let _daemon = site.start(program());
    let expected = |ids: &[String]| vec![of("linux/amd64", &ids[0]), of("linux/arm64", &ids[1])];
    assert_eq!(pull(&site, "multi:1").state(), "READY", "{}", site.log());
    assert_eq!(platforms(&site, "multi:1"), expected(&before));

    let after = write(&[("hello", b"moved\n")]);
    assert!(after.iter().all(|id| !before.contains(id)));
    let is_moved = || pull(&site, "multi:1").json()["id"] == after[0].as_str();
    assert!(super::becomes_true(is_moved), "{}", site.log());
    assert_eq!(platforms(&site, "multi:1"), expected(&after));

    // The second platform's file alone is gone: the nodes of that platform could start nothing.
    let file = site.path(&format!("images/{}.squashfs", after[1]));
    std::fs::remove_file(&file).unwrap();
    assert_eq!(pull(&site, "multi:1").state(), "READY", "{}", site.log());
    assert!(file.exists(), "{}", site.log());
    assert_eq!(platforms(&site, "multi:1"), expected(&after));
}

#[test]
fn a_tag_without_any_of_the_systems_platforms_is_refused() {
    let munged = Munged::start();
    let mut site = Site::new(munged.socket());
    site.config["Platforms"]["cori"]["platforms"] = serde_json::json!(["linux/riscv64", "linux/s390x"]);
    layout::write_for(&site.path("layouts"), "multi", "1", &["amd64", "arm64"], FILES);
    let _daemon = site.start(program());
    let raw = pull(&site, "multi:1");
    assert_eq!(raw.state(), "FAILURE");
    let reason = raw.json()["status_message"].as_str().unwrap().to_owned();
    assert!(reason.contains("is not made for linux/riscv64, only for linux/amd64, linux/arm64"), "{reason}");
}
