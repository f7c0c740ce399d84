//! What a pull leaves in the image directory, read as the runtime reads it.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use shifter_formats::acl::Access;
use shifter_formats::image::ImageType;
use shifter_formats::index::{IndexEntry, entry_name};
use shifter_formats::meta::{ImageFormat, Meta};

use super::munged::Munged;
use super::{layout, program, pull, site_with_hello};

fn mode(path: &Path) -> u32 {
    path.symlink_metadata().expect("a file").mode() & 0o7777
}

fn names(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).expect("a directory").flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn the_runtime_finds_the_image_by_its_tag_and_by_its_id() {
    let munged = Munged::start();
    let (site, id) = site_with_hello(&munged);
    let _daemon = site.start(program());
    assert_eq!(pull(&site, "hello:1").state(), "READY");

    let index = site.path("images/index");
    let (by_tag, by_id) = (entry_name("cori", ImageType::Docker, "hello:1"), entry_name("cori", ImageType::Id, &id));
    let mut expected = vec![by_tag.clone(), by_id.clone()];
    expected.sort();
    assert_eq!(names(&index), expected);
    let entry = IndexEntry::parse(std::fs::read(index.join(by_tag)).unwrap()).unwrap();
    assert_eq!(entry.id.as_str(), id);
    assert_eq!(entry.access, Access::Public);
    assert_eq!(entry.platform, "linux/amd64");
    assert_eq!(entry.entry.as_deref().unwrap(), ["/bin/sh", "-c"]);
    assert_eq!(entry.cmd.as_deref().unwrap(), ["it's"]);
    assert_eq!(entry.workdir.as_deref(), Some("/work"));
    let env: Vec<String> = entry.env.iter().map(ToString::to_string).collect();
    assert_eq!(env, ["PATH=/bin", "A=b=c d", "EMPTY="]);
    assert_eq!(IndexEntry::parse(std::fs::read(index.join(by_id)).unwrap()).unwrap(), entry.by_id());

    let meta = Meta::read_native(std::fs::read(site.path(&format!("images/{id}.meta"))).unwrap()).unwrap();
    assert_eq!(meta, entry.to_meta());
    assert_eq!(meta.format, Some(ImageFormat::Squashfs));
    let image = std::fs::read(site.path(&format!("images/{id}.squashfs"))).unwrap();
    assert_eq!(&image[..4], b"hsqs");
}

#[test]
fn files_are_closed_to_everybody_but_their_owner() {
    let munged = Munged::start();
    let (mut site, id) = site_with_hello(&munged);
    site.config["Platforms"]["cori"]["imageOwner"] = "12345".into();
    let _daemon = site.start(program());
    assert_eq!(pull(&site, "hello:1").state(), "READY", "{}", site.log());
    let images = site.path("images");
    assert_eq!(mode(&images.join("index")), 0o700);
    assert_eq!(names(&images), [format!("{id}.meta"), format!("{id}.squashfs"), "index".to_owned()]);
    let index: Vec<_> = names(&images.join("index")).iter().map(|name| images.join("index").join(name)).collect();
    for file in index.iter().chain([&images.join(format!("{id}.meta")), &images.join(format!("{id}.squashfs"))]) {
        assert_eq!((mode(file), file.metadata().unwrap().uid()), (0o600, 12345), "{}", file.display());
    }
    assert_eq!(images.join("index").metadata().unwrap().uid(), 12345);
}

#[test]
fn public_images_are_readable_by_all_where_the_site_says_so() {
    let munged = Munged::start();
    let (mut site, id) = site_with_hello(&munged);
    site.config["Policy"] = serde_json::json!({ "readableBy": "world" });
    let _daemon = site.start(program());
    assert_eq!(pull(&site, "hello:1").state(), "READY");
    assert_eq!(mode(&site.path(&format!("images/{id}.squashfs"))), 0o644);
    assert_eq!(mode(&site.path("images/index")), 0o700);
}

#[test]
fn two_tags_of_one_image_are_one_file_and_three_entries() {
    let munged = Munged::start();
    let (site, id) = site_with_hello(&munged);
    assert_eq!(layout::write(&site.path("layouts"), "other/hello", "2", &[("hello", b"hi\n")]), id);
    let _daemon = site.start(program());
    pull(&site, "hello:1");
    let record = pull(&site, "other%2Fhello%3A2").json();
    assert_eq!(record["tag"], serde_json::json!(["hello:1", "other/hello:2"]));
    assert_eq!(names(&site.path("images")).len(), 3);
    assert_eq!(names(&site.path("images/index")).len(), 3);
}

#[test]
fn a_tag_that_is_not_there_fails_with_its_reason() {
    let munged = Munged::start();
    let (site, _) = site_with_hello(&munged);
    let _daemon = site.start(program());
    let raw = pull(&site, "hello:9");
    assert_eq!(raw.state(), "FAILURE");
    let reason = raw.json()["status_message"].as_str().unwrap().to_owned();
    assert!(reason.contains("hello:9"), "{reason}");
    assert_eq!(names(&site.path("images")), [""; 0]);
}

#[test]
fn the_cache_keeps_as_many_bytes_of_layers_as_the_site_says() {
    let munged = Munged::start();
    let (mut site, _) = site_with_hello(&munged);
    layout::write(&site.path("layouts"), "other", "1", &[("other", b"other\n")]);
    let blobs = site.path("cache/blobs/sha256");
    // What a killed download left long ago goes without any budget.
    std::fs::create_dir_all(&blobs).unwrap();
    let abandoned = std::fs::File::create(blobs.join(".left.partial")).unwrap();
    abandoned.set_modified(std::time::UNIX_EPOCH).unwrap();
    let daemon = site.start(program());
    assert_eq!(pull(&site, "hello:1").state(), "READY");
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while blobs.join(".left.partial").exists() {
        assert!(std::time::Instant::now() < deadline, "{}", site.log());
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let before = names(&blobs);
    assert!(before.len() >= 2, "{before:?}");
    drop(daemon);
    site.config["Limits"] = serde_json::json!({ "cacheBytes": 0 });
    let _daemon = site.start(program());
    assert_eq!(pull(&site, "other:1").state(), "READY");
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while !names(&blobs).is_empty() {
        assert!(std::time::Instant::now() < deadline, "{:?}\n{}", names(&blobs), site.log());
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert!(site.log().contains("made room in the cache"), "{}", site.log());
    assert_eq!(pull(&site, "hello:1").state(), "READY");
}

#[test]
fn a_link_in_place_of_an_image_gives_nobody_the_file_it_leads_to() {
    let munged = Munged::start();
    let (mut site, id) = site_with_hello(&munged);
    site.config["Platforms"]["cori"]["imageOwner"] = "12345".into();
    let (images, victim) = (site.path("images"), site.path("victim"));
    std::fs::create_dir(&images).unwrap();
    std::fs::write(&victim, "secret").unwrap();
    let image = images.join(format!("{id}.squashfs"));
    std::os::unix::fs::symlink(&victim, &image).unwrap();
    let _daemon = site.start(program());
    // The link is no image: the real one replaces it.
    assert_eq!(pull(&site, "hello:1").state(), "READY", "{}", site.log());
    assert!(image.symlink_metadata().unwrap().is_file());
    assert_eq!(victim.metadata().unwrap().uid(), 0);
    // A second name of somebody else's file is not given away either.
    std::fs::remove_file(&image).unwrap();
    std::fs::hard_link(&victim, &image).unwrap();
    layout::write(&site.path("layouts"), "other", "1", &[("hello", b"hi\n")]);
    let refused = pull(&site, "other:1");
    assert_eq!(refused.state(), "FAILURE");
    assert!(refused.body.contains("another name of a file of somebody else"), "{}", refused.body);
    assert_eq!((victim.metadata().unwrap().uid(), std::fs::read(&victim).unwrap()), (0, b"secret".to_vec()));
}

#[test]
fn an_index_that_somebody_else_could_write_is_refused() {
    let munged = Munged::start();
    let (site, _) = site_with_hello(&munged);
    std::fs::create_dir_all(site.path("images")).unwrap();
    std::fs::create_dir(site.path("elsewhere")).unwrap();
    std::os::unix::fs::symlink(site.path("elsewhere"), site.path("images/index")).unwrap();
    let _daemon = site.start(program());
    let refused = pull(&site, "hello:1");
    assert_eq!(refused.state(), "FAILURE");
    assert!(refused.body.contains("it must be a directory of uid 0"), "{}", refused.body);
    assert_eq!(names(&site.path("elsewhere")), [""; 0]);
}
