//! An image directory that is full, and one that cannot be written, on a file system of the gateway's own mount namespace.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use super::daemon::{Daemon, Site};
use super::kills::noise;
use super::munged::Munged;
use super::{layout, program, pull, wire};

/// A program that mounts a small file system on the image directory and becomes the gateway.
fn on(site: &Site, mount: &str) -> PathBuf {
    let (path, images) = (site.path("start"), site.path("images"));
    std::fs::create_dir(&images).expect("a directory");
    let script = format!(
        "#!/bin/sh\nexec unshare --mount sh -c 'mount -t tmpfs -o size=1m none \"$0\" && {mount} exec \"$@\"' {} {} \"$@\"\n",
        images.display(),
        program().display(),
    );
    std::fs::write(&path, script).expect("a script");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).expect("own file");
    path
}

/// What the gateway sees of its image directory.
fn names(site: &Site, daemon: &Daemon) -> Vec<String> {
    let images = site.path("images");
    let seen = format!("/proc/{}/root{}", daemon.child.id(), images.display());
    let entries = std::fs::read_dir(seen).expect("the gateway's directory").flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

fn reason(raw: &wire::Raw) -> String {
    assert_eq!(raw.state(), "FAILURE", "{raw:?}");
    raw.json()["status_message"].as_str().expect("a reason").to_owned()
}

#[test]
fn a_full_disk_fails_the_pull_by_its_name_leaves_nothing_and_serves_on() {
    let munged = Munged::start();
    let site = Site::new(munged.socket());
    let start = on(&site, "");
    layout::write(&site.path("layouts"), "large", "1", &[("noise", noise(4 << 20).as_slice())]);
    let id = layout::write(&site.path("layouts"), "hello", "1", &[("hello", b"hi\n")]);
    let daemon = site.start(&start);
    assert_eq!(pull(&site, "hello:1").state(), "READY", "{}", site.log());
    let why = reason(&pull(&site, "large:1"));
    assert!(why.contains("No space left on device"), "{why}");
    let mut left = names(&site, &daemon);
    left.sort();
    assert_eq!(left, [format!("{id}.meta"), format!("{id}.squashfs"), "index".to_owned()]);
    let found = wire::unix(&site.path("socket"), "GET /api/lookup/cori/docker/hello:1/");
    assert_eq!((found.status(), found.json()["id"].as_str()), (200, Some(id.as_str())));
}

#[test]
fn an_image_directory_that_cannot_be_written_fails_pulls_by_its_name_and_stops_nothing_else() {
    let munged = Munged::start();
    let site = Site::new(munged.socket());
    let start = on(&site, "mount -o remount,ro \"$0\" &&");
    layout::write(&site.path("layouts"), "hello", "1", &[("hello", b"hi\n")]);
    let daemon = site.start(&start);
    let why = reason(&pull(&site, "hello:1"));
    assert!(why.contains("Read-only file system") && why.contains("/images"), "{why}");
    assert_eq!(names(&site, &daemon), [""; 0]);
    assert_eq!(wire::unix(&site.path("socket"), "GET /api/list/cori/").status(), 200);
}
