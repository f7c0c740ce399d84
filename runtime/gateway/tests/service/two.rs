//! Two gateways on one PostgreSQL and one image directory.

use std::time::{Duration, Instant};

use super::kills::{slow_site_of, wait_for};
use super::munged::Munged;
use super::postgres::Postgres;
use super::{Site, becomes_true, layout, program, pull, wire};

/// Two gateways' sites, whose pulls take seconds in the first one, and the id of the image `big:1`.
pub(super) fn two_sites(munged: &Munged, database: &str) -> (Site, Site, String) {
    let (mut ours, id) = slow_site_of(munged, 12 << 20);
    layout::write(&ours.path("layouts"), "hello", "1", &[("hello", b"hi\n")]);
    ours.config["Database"] = database.into();
    let mut theirs = Site::new(munged.socket());
    theirs.config["Database"] = database.into();
    theirs.config["Locations"] = ours.config["Locations"].clone();
    theirs.config["Platforms"] = ours.config["Platforms"].clone();
    (ours, theirs, id)
}

pub(super) fn begun(site: &Site) -> usize {
    site.log().matches("pull begins").count()
}

pub(super) fn lookup(site: &Site, image: &str) -> wire::Raw {
    wire::unix(&site.path("socket"), &format!("GET /api/lookup/cori/docker/{image}/"))
}

/// How long the database is away: some seconds, or as many as `SHIFTER_AWAY` says.
fn time_away() -> Duration {
    let seconds = std::env::var("SHIFTER_AWAY").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(seconds.unwrap_or(4))
}

#[test]
fn the_pull_of_a_gateway_that_was_killed_is_ended_by_another() {
    let (munged, server) = (Munged::start(), Postgres::start());
    let (ours, theirs, id) = two_sites(&munged, &server.new_database());
    let mut first = ours.start(program());
    let _second = theirs.start(program());
    let ask = "POST /api/pull/cori/docker/big:1/";
    assert_eq!(wire::unix(&ours.path("socket"), ask).state(), "INIT");
    wait_for(&ours, "CONVERSION");
    // Who asks the other one joins the same pull.
    assert!(matches!(wire::unix(&theirs.path("socket"), ask).state().as_str(), "CONVERSION" | "PULLING"));
    first.signal("KILL");
    first.wait();
    assert!(becomes_true(|| lookup(&theirs, "big:1").status() == 200), "{}", theirs.log());
    assert_eq!(lookup(&theirs, "big:1").json()["id"], id);
    assert!(ours.path(&format!("images/{id}.squashfs")).exists());
    assert_eq!((begun(&ours), begun(&theirs)), (1, 1));

    // Back again, it finds the image that the other one made.
    let _first = ours.start(program());
    assert_eq!(pull(&ours, "big:1").json()["id"], id);
    assert_eq!(begun(&ours), 1);
}

#[test]
fn a_start_leaves_alone_what_another_gateway_is_writing() {
    let (munged, server) = (Munged::start(), Postgres::start());
    let (ours, theirs, id) = two_sites(&munged, &server.new_database());
    let _first = ours.start(program());
    wire::unix(&ours.path("socket"), "POST /api/pull/cori/docker/big:1/");
    wait_for(&ours, "CONVERSION");
    let _second = theirs.start(program());
    assert_eq!(pull(&theirs, "big:1").json()["id"], id);
    assert_eq!((begun(&ours), begun(&theirs)), (1, 0));
}

#[test]
fn a_database_that_goes_away_for_seconds_loses_no_pull_and_known_images_are_found() {
    let (munged, mut server) = (Munged::start(), Postgres::start());
    let (ours, theirs, id) = two_sites(&munged, &server.new_database());
    let (_first, _second) = (ours.start(program()), theirs.start(program()));
    pull(&ours, "hello:1");
    for site in [&ours, &theirs] {
        assert_eq!(lookup(site, "hello:1").status(), 200);
    }
    wire::unix(&ours.path("socket"), "POST /api/pull/cori/docker/big:1/");
    wait_for(&ours, "CONVERSION");
    server.stop();
    let away = Instant::now();
    while away.elapsed() < time_away() {
        for site in [&ours, &theirs] {
            assert_eq!(lookup(site, "hello:1").status(), 200);
            let refused = wire::unix(&site.path("socket"), "POST /api/pull/cori/docker/other:1/");
            assert_eq!(refused.status(), 503, "{refused:?}");
            assert!(refused.head.to_lowercase().contains("\r\nretry-after: 5"), "{refused:?}");
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    server.start_again();
    assert!(becomes_true(|| lookup(&theirs, "big:1").status() == 200), "{}\n{}", ours.log(), theirs.log());
    assert_eq!(lookup(&ours, "big:1").json()["id"], id);
    // `hello:1` and `big:1`, once each.
    assert_eq!((begun(&ours), begun(&theirs)), (2, 0));
}
