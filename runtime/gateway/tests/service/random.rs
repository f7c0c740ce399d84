//! A gateway that is killed at any moment, again and again, under load: on each store.
//!
//! After each kill the gateway is started again. At the end every pull that was accepted has ended READY, every record has
//! its file, and every file its record.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::munged::Munged;
use super::postgres::Postgres;
use super::{Site, becomes_true, layout, program, report, wire};

/// Kills, where nothing else is wanted: `SHIFTER_KILLS`.
const KILLS: u32 = 20;
/// Images that are pulled meanwhile.
const IMAGES: usize = 40;

/// A small generator (xorshift), so that a failure can be seen again.
struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

fn images() -> impl Iterator<Item = String> {
    (0..IMAGES).map(|n| format!("image{n}:1"))
}

fn killed_again_and_again(store: &str, mut site: Site, seed: u64) {
    let kills = std::env::var("SHIFTER_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(KILLS);
    site.config["WorkerThreads"] = 4.into();
    for n in 0..IMAGES {
        let contents = vec![u8::try_from(n).expect("few images"); 300_000 + n];
        layout::write(&site.path("layouts"), &format!("image{n}"), "1", &[("file", &contents)]);
    }
    let socket = site.path("socket");
    let mut random = Random(seed);
    let (mut accepted, mut requests) = (BTreeSet::new(), 0);
    for _ in 0..kills {
        let mut daemon = site.start(program());
        let end = Instant::now() + Duration::from_millis(random.below(400));
        while Instant::now() < end {
            let image = format!("image{}:1", random.below(IMAGES as u64));
            // A removal now and then, so that there is something to pull.
            let route = if random.below(4) == 0 { "rm" } else { "pull" };
            let answer = wire::unix(&socket, &format!("POST /api/{route}/cori/docker/{image}/"));
            requests += u32::from(answer.status() == 200);
            if answer.status() == 200 && route == "pull" {
                accepted.insert(image);
            } else {
                accepted.remove(&image);
            }
        }
        daemon.signal("KILL");
        daemon.wait();
    }
    let _daemon = site.start(program());
    let waits = || wire::unix(&socket, "GET /api/queue/cori/").json()["list"] != serde_json::json!([]);
    assert!(becomes_true(|| !waits()), "{}", site.log());
    for image in &accepted {
        let lookup = wire::unix(&socket, &format!("GET /api/lookup/cori/docker/{image}/"));
        assert_eq!(lookup.status(), 200, "seed {seed}: {image} was accepted and is gone: {lookup:?}\n{}", site.log());
        let id = lookup.json()["id"].as_str().expect("an id").to_owned();
        assert!(site.path(&format!("images/{id}.squashfs")).exists(), "seed {seed}: {image} has no file");
        assert!(site.path(&format!("images/{id}.meta")).exists(), "seed {seed}: {image} has no description");
    }
    let swept = wire::unix(&socket, "POST /api/sweep/cori/").json();
    assert_eq!((&swept["files"], &swept["tags"]), (&serde_json::json!([]), &serde_json::json!([])), "seed {seed}");
    let begun = site.log().matches("pull begins").count();
    report(&format!("| {store} | {kills} | {begun} | {requests} | {} |", accepted.len()));
    assert!(images().any(|image| accepted.contains(&image)), "nothing was pulled");
}

#[test]
fn random_kills_lose_nothing_on_sqlite() {
    let munged = Munged::start();
    killed_again_and_again("SQLite", Site::new(munged.socket()), 0x5eed_0001);
}

#[test]
fn random_kills_lose_nothing_on_postgresql() {
    let (munged, server) = (Munged::start(), Postgres::start());
    let mut site = Site::new(munged.socket());
    site.config["Database"] = server.new_database().into();
    killed_again_and_again("PostgreSQL", site, 0x5eed_0002);
}
