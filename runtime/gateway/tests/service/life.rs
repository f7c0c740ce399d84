//! Images that come and go while the gateway is killed.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use serde_json::json;
use shifter_formats::index::list;

use super::daemon::Daemon;
use super::munged::Munged;
use super::{Site, layout, program, pull, wire};

/// So often the gateway is killed.
const KILLS: u32 = 20;
const TAGS: [&str; 3] = ["a", "b", "c"];

/// Every name leads to a file: those of the index, and those the gateway answers.
fn check_names(site: &Site) {
    let images = site.path("images");
    for file in std::fs::read_dir(images.join("index")).expect("an index").flatten() {
        let entries = list::read(std::fs::read(file.path()).expect("an entry")).expect("whole entries");
        for entry in entries {
            let image = images.join(format!("{}.{}", entry.id, entry.format));
            assert!(image.exists(), "{} leads to nothing\n{}", entry.tag, site.log());
        }
    }
    let listed = wire::unix(&site.path("socket"), "GET /api/list/cori/").json();
    for record in listed["list"].as_array().expect("records") {
        let image = images.join(format!("{}.squashfs", record["id"].as_str().expect("an id")));
        assert!(image.exists(), "{record}\n{}", site.log());
    }
}

/// What is asked for while the gateway is about to be killed. Nobody minds an answer that does not come.
fn ask(socket: &Path, request: &str) {
    use std::io::{Read, Write};
    let Ok(mut stream) = std::os::unix::net::UnixStream::connect(socket) else { return };
    let head = format!("{request} HTTP/1.1\r\nHost: gw\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.read_to_end(&mut Vec::new()));
}

/// A converter that was just being started holds the gateway's sockets for a moment longer than the gateway.
fn killed_after(daemon: &mut Daemon, time: Duration, socket: &Path) {
    std::thread::sleep(time);
    daemon.signal("KILL");
    daemon.wait();
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while std::os::unix::net::UnixStream::connect(socket).is_ok() {
        assert!(std::time::Instant::now() < deadline, "somebody listens still");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_gateway_killed_while_images_come_and_go_leaves_no_name_that_leads_to_nothing() {
    let munged = Munged::start();
    let mut site = Site::new(munged.socket());
    // Files go with their last tag, so that every step of a removal is within reach of a kill.
    site.config["Retention"] = json!({ "deleteGrace": "0:00:00:00" });
    for tag in TAGS {
        layout::write(&site.path("layouts"), tag, "1", &[("hello", tag.as_bytes())]);
    }
    let socket = site.path("socket");
    let mut random = 0x9e37_79b9_u32;
    for _ in 0..KILLS {
        let mut daemon = site.start(program());
        for tag in TAGS {
            assert_eq!(pull(&site, &format!("{tag}:1")).state(), "READY", "{}", site.log());
        }
        check_names(&site);
        random ^= random << 13;
        random ^= random >> 17;
        random ^= random << 5;
        let time = Duration::from_millis(u64::from(random % 120));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for tag in TAGS {
                    ask(&socket, &format!("POST /api/rm/cori/docker/{tag}:1/"));
                    ask(&socket, "GET /api/autoexpire/cori/");
                }
            });
            scope.spawn(|| ask(&socket, "POST /api/pull/cori/docker/a:1/"));
            killed_after(&mut daemon, time, &socket);
        });
        check_after(&site);
    }
}

/// A restart shows nothing that is not there, and nothing is left over once images have been deleted.
fn check_after(site: &Site) {
    let daemon = site.start(program());
    let queue =
        || wire::unix(&site.path("socket"), "GET /api/queue/cori/").json()["list"].as_array().map_or(0, Vec::len);
    while queue() > 0 {
        std::thread::sleep(Duration::from_millis(10));
    }
    check_names(site);
    assert_eq!(wire::unix(&site.path("socket"), "GET /api/autoexpire/cori/").status(), 200);
    check_names(site);
    let swept = wire::unix(&site.path("socket"), "POST /api/sweep/cori/").json();
    assert_eq!(swept, json!({ "removed": false, "files": [], "tags": [] }), "{}", site.log());
    drop(daemon);
}

#[test]
fn every_platform_of_a_removed_tag_goes_and_comes_back_with_a_pull() {
    let munged = Munged::start();
    let mut site = Site::new(munged.socket());
    site.config["Retention"] = json!({ "deleteGrace": "0:00:00:00" });
    site.config["Platforms"]["cori"]["platforms"] = json!(["linux/amd64", "linux/arm64"]);
    let ids = layout::write_for(&site.path("layouts"), "multi", "1", &["amd64", "arm64"], &[("hello", b"hi\n")]);
    let _daemon = site.start(program());
    let names = || {
        let files = std::fs::read_dir(site.path("images")).expect("images").flatten();
        files.map(|file| file.file_name().to_string_lossy().into_owned()).collect::<BTreeSet<_>>()
    };
    let of = |ids: &[String]| {
        let both = ids.iter().flat_map(|id| [format!("{id}.meta"), format!("{id}.squashfs")]);
        both.chain(["index".to_owned()]).collect::<BTreeSet<_>>()
    };
    let socket = site.path("socket");
    for _ in 0..2 {
        assert_eq!(pull(&site, "multi:1").state(), "READY", "{}", site.log());
        assert_eq!(names(), of(&ids));
        let removed = wire::unix(&socket, "POST /api/rm/cori/docker/multi:1/").json();
        assert_eq!(removed, json!({ "removed": true, "holders": 0 }));
        assert_eq!(names(), of(&ids));
        // What a pull has just ended with may be its own for a moment more.
        let deadline = std::time::Instant::now() + Duration::from_secs(20);
        while names() != of(&[]) {
            assert!(std::time::Instant::now() < deadline, "{:?}\n{}", names(), site.log());
            wire::unix(&socket, "GET /api/autoexpire/cori/");
        }
        assert_eq!(std::fs::read_dir(site.path("images/index")).expect("an index").count(), 0);
    }
}

#[test]
fn monitoring_needs_no_credential_and_is_told_no_names() {
    let munged = Munged::start();
    let (site, _) = super::site_with_hello(&munged);
    let _daemon = site.start(program());
    pull(&site, "hello:1");
    wire::unix(&site.path("socket"), "GET /api/lookup/cori/docker/hello:1/");
    let health = wire::tcp(&site.address(), "GET /health", None);
    assert_eq!((health.status(), health.json()), (200, json!({ "status": "ok" })));
    let figures = wire::tcp(&site.address(), "GET /metrics", None);
    let kind = "Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert!(figures.head.split("\r\n").any(|header| header == kind), "{}", figures.head);
    let value = |name: &str| figures.body.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    assert!(value("shifter_image_bytes{system=\"cori\",state=\"named\"}").is_some_and(|bytes| bytes != "0"));
    assert_eq!(value("shifter_image_bytes{system=\"cori\",state=\"expired\"}"), Some("0"));
    assert_eq!(value("shifter_tags{system=\"cori\"}"), Some("1"));
    assert_eq!(value("shifter_pulls_in_flight{system=\"cori\"}"), Some("0"));
    assert_eq!(value("shifter_lookups_total"), Some("1"));
    assert!(figures.body.ends_with("# EOF\n") && !figures.body.contains("hello"), "{}", figures.body);
}

#[test]
fn a_system_that_gets_nodes_of_another_kind_gets_their_images_with_the_next_pull() {
    let munged = Munged::start();
    let mut site = Site::new(munged.socket());
    let ids = layout::write_for(&site.path("layouts"), "multi", "1", &["amd64", "arm64"], &[("hello", b"hi\n")]);
    let daemon = site.start(program());
    assert_eq!(pull(&site, "multi:1").state(), "READY");
    assert!(!site.path(&format!("images/{}.squashfs", ids[1])).exists());
    drop(daemon);
    site.config["Platforms"]["cori"]["platforms"] = json!(["linux/amd64", "linux/arm64"]);
    let _daemon = site.start(program());
    assert_eq!(pull(&site, "multi:1").state(), "READY");
    let inspected = wire::unix(&site.path("socket"), "GET /api/inspect/cori/docker/multi:1/").json();
    let platforms: Vec<&str> =
        inspected["platforms"].as_array().expect("platforms").iter().filter_map(|image| image["id"].as_str()).collect();
    assert_eq!(platforms, ids);
    // One of them is purged: the next pull brings it back.
    let purged = site.path(&format!("images/{}.squashfs", ids[1]));
    std::fs::remove_file(&purged).expect("a file");
    assert_eq!(pull(&site, "multi:1").state(), "READY");
    assert!(purged.exists());
}
