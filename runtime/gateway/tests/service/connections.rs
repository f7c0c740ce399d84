//! Clients that open connections and say nothing, or say it slowly.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use super::munged::Munged;
use super::{program, pull, site_with_hello, wire};

/// More than a gateway with so few descriptors has room for.
const DESCRIPTORS: usize = 240;
const HELD: usize = 400;

#[test]
fn silent_connections_make_room_for_those_who_ask() {
    let munged = Munged::start();
    let (site, id) = site_with_hello(&munged);
    let start = site.path("start");
    let script = format!("#!/bin/sh\nulimit -n {DESCRIPTORS} && exec {} \"$@\"\n", program().display());
    std::fs::write(&start, script).expect("a script");
    std::fs::set_permissions(&start, std::fs::Permissions::from_mode(0o700)).expect("own file");
    let _daemon = site.start(&start);
    assert_eq!(pull(&site, "hello:1").state(), "READY", "{}", site.log());

    let held: Vec<TcpStream> = (0..HELD)
        .map(|number| {
            let mut stream = TcpStream::connect(site.address()).expect("the gateway listens");
            if number % 2 == 0 {
                stream.write_all(b"GET /api/lookup/cori/docker/hello:1/ HTTP/1.1\r\nHost: g").expect("sent");
            }
            stream
        })
        .collect();
    for _ in 0..20 {
        let found = wire::unix(&site.path("socket"), "GET /api/lookup/cori/docker/hello:1/");
        assert_eq!(found.json()["id"].as_str(), Some(id.as_str()), "{}", site.log());
    }
    assert_eq!(wire::tcp(&site.address(), "GET /health", None).status(), 200);
    // The first that came and said nothing are those that went.
    let mut first = &held[1];
    first.set_read_timeout(Some(Duration::from_secs(60))).expect("a time-out");
    assert!(matches!(first.read(&mut [0; 1]), Ok(0) | Err(_)));
}
