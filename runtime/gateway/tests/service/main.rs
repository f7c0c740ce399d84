//! The real program, with a real `munged` and a real database, on TCP and on a Unix socket.

#[path = "../support/daemon.rs"]
mod daemon;
#[path = "../support/layout.rs"]
mod layout;
#[path = "../../../munge/tests/support/munged.rs"]
mod munged;
#[path = "../support/postgres.rs"]
mod postgres;
#[path = "../support/wire.rs"]
mod wire;

mod adopt;
mod callers;
mod connections;
mod cut;
mod disk;
mod files;
mod kills;
mod life;
mod load;
mod older;
mod openapi;
mod platforms;
mod private;
mod process;
mod proxies;
mod random;
mod signals;
mod status;
mod two;

use std::path::Path;
use std::time::{Duration, Instant};

use daemon::Site;
use munged::Munged;

/// The program under test.
fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_shifter-imagegw"))
}

/// A site with one small image, `hello:1`, and the id of that image.
fn site_with_hello(munged: &Munged) -> (Site, String) {
    let site = Site::new(munged.socket());
    let id = layout::write(&site.path("layouts"), "hello", "1", &[("hello", b"hi\n")]);
    (site, id)
}

/// Pulls over the Unix socket, as this process, until the pull ends; gives the last record back.
fn pull(site: &Site, image: &str) -> wire::Raw {
    until_it_ends(|| wire::unix(&site.path("socket"), &format!("POST /api/pull/cori/docker/{image}/")), site)
}

fn until_it_ends(ask: impl Fn() -> wire::Raw, site: &Site) -> wire::Raw {
    let deadline = Instant::now() + Duration::from_secs(120);
    loop {
        let raw = ask();
        assert_eq!(raw.status(), 200, "{raw:?}");
        if matches!(raw.state().as_str(), "READY" | "FAILURE") {
            return raw;
        }
        assert!(Instant::now() < deadline, "{raw:?}\n{}", site.log());
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Adds a line to the report of `cargo xtask soak gateway`.
fn report(line: &str) {
    println!("{line}");
    let Some(path) = std::env::var_os("SHIFTER_SOAK_REPORT") else { return };
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).expect("a report");
    std::io::Write::write_all(&mut file, format!("{line}\n").as_bytes()).expect("a line");
}

/// Asks until something holds.
fn becomes_true(is_true: impl Fn() -> bool) -> bool {
    let deadline = Instant::now() + Duration::from_secs(60);
    while Instant::now() < deadline {
        if is_true() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    false
}
