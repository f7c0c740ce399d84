//! The network between a gateway and the database is cut, by network namespaces (ip-netns(8)).
//!
//! It takes a minute and needs root: `cargo xtask soak gateway` runs it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::kills::wait_for;
use super::munged::Munged;
use super::postgres::Postgres;
use super::two::{begun, lookup, two_sites};
use super::{becomes_true, program, pull, report, wire};

/// A network namespace with a cable to this one; gone at the end.
struct Net {
    name: String,
    cable: String,
    address: String,
}

impl Net {
    fn new() -> Self {
        let [_, _, a, b] = std::process::id().to_be_bytes();
        let (name, cable) = (format!("shgw{}", std::process::id()), format!("shgw{a}x{b}"));
        let (here, there) = (format!("10.{}.{b}.1", a | 0x80), format!("10.{}.{b}.2", a | 0x80));
        let net = Self { name: name.clone(), cable: cable.clone(), address: here.clone() };
        ip(&["netns", "add", &name]);
        ip(&["link", "add", &cable, "type", "veth", "peer", "name", "eth0", "netns", &name]);
        ip(&["addr", "add", &format!("{here}/30"), "dev", &cable]);
        ip(&["link", "set", &cable, "up"]);
        ip(&["-n", &name, "addr", "add", &format!("{there}/30"), "dev", "eth0"]);
        ip(&["-n", &name, "link", "set", "eth0", "up"]);
        ip(&["-n", &name, "link", "set", "lo", "up"]);
        net
    }

    /// A program that runs the gateway within it.
    fn program(&self, dir: &Path) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let path = dir.join("within");
        let text = format!("#!/bin/sh\nexec ip netns exec {} {} \"$@\"\n", self.name, program().display());
        std::fs::write(&path, text).expect("a script");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("own file");
        path
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["netns", "del", &self.name]).status();
    }
}

fn ip(words: &[&str]) {
    let done = Command::new("ip").args(words).output().expect("iproute2 is installed");
    assert!(done.status.success(), "ip {}: {}", words.join(" "), String::from_utf8_lossy(&done.stderr));
}

#[test]
#[ignore = "takes a minute and makes network namespaces: cargo xtask soak gateway"]
fn a_gateway_that_is_cut_off_answers_lookups_and_its_pull_is_ended_once_by_another() {
    let (munged, net) = (Munged::start(), Net::new());
    let server = Postgres::with_port(5432, &["-c", &format!("listen_addresses={}", net.address)]);
    let (mut cut, near, id) = two_sites(&munged, &server.new_database());
    let name = cut.config["Database"].as_str().expect("a URL").split(['/', '?']).nth(3).expect("a name").to_owned();
    cut.config["Database"] = format!("postgresql://postgres@{}/{name}", net.address).into();
    let within = net.program(&cut.path(""));
    let (_cut, _near) = (cut.start(&within), near.start(program()));
    pull(&cut, "hello:1");
    assert_eq!(lookup(&cut, "hello:1").status(), 200);
    wire::unix(&cut.path("socket"), "POST /api/pull/cori/docker/big:1/");
    wait_for(&cut, "CONVERSION");
    ip(&["link", "set", &net.cable, "down"]);
    let (since, mut slowest) = (Instant::now(), Duration::ZERO);
    while lookup(&near, "big:1").status() != 200 {
        let asked = Instant::now();
        assert_eq!(lookup(&cut, "hello:1").status(), 200, "{}", cut.log());
        slowest = slowest.max(asked.elapsed());
        assert!(since.elapsed() < Duration::from_secs(120), "{}\n{}", near.log(), cut.log());
        std::thread::sleep(Duration::from_millis(200));
    }
    let taken = since.elapsed();
    ip(&["link", "set", &net.cable, "up"]);
    assert!(becomes_true(|| lookup(&cut, "big:1").status() == 200), "{}", cut.log());
    assert_eq!(lookup(&cut, "big:1").json()["id"], id);
    assert_eq!((begun(&cut), begun(&near)), (2, 1));
    let history = wire::unix(&near.path("socket"), "GET /api/history/cori/docker/big:1/").json();
    assert_eq!(history["list"].as_array().expect("a list").len(), 1, "{history}");
    let (taken, slowest) = (taken.as_secs_f64(), slowest.as_secs_f64());
    report(&format!(
        "The pull of the gateway that was cut off was ended by the other one after {taken:.0} s, and is in the history once. \
         Lookups of known images at the one that was cut off took {slowest:.1} s at most."
    ));
}
