//! A gateway that is killed while it pulls.

use std::time::{Duration, Instant};

use super::munged::Munged;
use super::{Site, layout, program, pull, until_it_ends, wire};

const NOBODY: u32 = 65534;

/// A site with an image whose conversion takes seconds.
fn slow_site(munged: &Munged) -> (Site, String) {
    slow_site_of(munged, 48 << 20)
}

/// A site with an image of so many bytes that do not compress, and a format that takes long to find that out.
pub(super) fn slow_site_of(munged: &Munged, bytes: usize) -> (Site, String) {
    let mut site = Site::new(munged.socket());
    let id = layout::write(&site.path("layouts"), "big", "1", &[("big", &noise(bytes))]);
    site.config["ConverterOptions"] = serde_json::json!({ "squashfs": ["-comp", "xz", "-processors", "1"] });
    (site, id)
}

/// Bytes that do not compress, always the same.
pub(super) fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    (0..bytes.div_ceil(8)).flat_map(|_| next()).take(bytes).collect()
}

pub(super) fn wait_for(site: &Site, state: &str) {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let queue = wire::unix(&site.path("socket"), "GET /api/queue/cori/").json();
        if queue["list"][0]["status"] == state {
            return;
        }
        assert!(Instant::now() < deadline, "{queue}\n{}", site.log());
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_pull_that_was_killed_goes_on_by_itself_and_shows_nothing_half_done() {
    let munged = Munged::start();
    let (mut site, id) = slow_site(&munged);
    let mut daemon = site.start(program());
    let socket = site.path("socket");
    assert_eq!(wire::unix(&socket, "POST /api/pull/cori/docker/big:1/").state(), "INIT");
    wait_for(&site, "CONVERSION");
    daemon.signal("KILL");
    daemon.wait();
    for visible in [format!("images/{id}.squashfs"), format!("images/{id}.meta")] {
        assert!(!site.path(&visible).exists(), "{visible}");
    }
    let entries = std::fs::read_dir(site.path("images/index")).map_or(0, Iterator::count);
    assert_eq!(entries, 0);
    let images = site.path("images");
    let leftovers = || {
        let all = std::fs::read_dir(&images).unwrap().map(|entry| entry.unwrap().file_name());
        all.filter(|name| name.to_string_lossy().ends_with(".partial")).count()
    };
    assert_eq!(leftovers(), 1);

    site.config["ConverterOptions"] = serde_json::json!({ "squashfs": ["-comp", "zstd"] });
    let _daemon = site.start(program());
    let lookup = || wire::unix(&socket, "GET /api/lookup/cori/docker/big:1/");
    let deadline = Instant::now() + Duration::from_secs(60);
    while lookup().status() != 200 {
        assert!(Instant::now() < deadline, "{}", site.log());
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(lookup().json()["id"], id);
    let image = std::fs::metadata(site.path(&format!("images/{id}.squashfs"))).unwrap();
    assert!(image.len() > 40 << 20);
    assert_eq!(leftovers(), 0);
}

#[test]
fn two_users_who_pull_one_tag_start_one_pull() {
    let munged = Munged::start();
    let (site, _) = slow_site(&munged);
    let daemon = site.start(program());
    let socket = site.path("socket");
    let both = std::thread::scope(|scope| {
        let request = "POST /api/pull/cori/docker/big%3A1/";
        let other = scope.spawn(|| wire::unix_as(NOBODY, &socket, request));
        (wire::unix(&socket, request), other.join().unwrap())
    });
    assert_eq!((both.0.status(), both.1.status()), (200, 200));
    let queue = wire::unix(&socket, "GET /api/queue/cori/").json();
    assert_eq!(queue["list"].as_array().unwrap().len(), 1, "{queue}");
    assert_eq!(queue["list"][0]["image"], "big:1");
    // A lookup is answered while the pull runs.
    assert_eq!(wire::unix(&socket, "GET /api/lookup/cori/docker/big:1/").status(), 404);
    drop(daemon);
    assert_eq!(site.log().matches("pull begins").count(), 1, "{}", site.log());
}

#[test]
fn a_restart_remembers_images() {
    let munged = Munged::start();
    let (site, id) = super::site_with_hello(&munged);
    let mut daemon = site.start(program());
    pull(&site, "hello:1");
    daemon.signal("KILL");
    daemon.wait();
    let _daemon = site.start(program());
    let ask = || wire::unix(&site.path("socket"), "POST /api/pull/cori/docker/hello:1");
    assert_eq!(until_it_ends(ask, &site).json()["id"], id);
    assert_eq!(site.log().matches("pull begins").count(), 1);
}
