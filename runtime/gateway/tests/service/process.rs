//! Start, reload, stop.

use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::{Duration, Instant};

use super::munged::Munged;
use super::{program, site_with_hello, wire};

#[test]
fn a_gateway_that_is_asked_to_stop_does_so_and_leaves_no_socket() {
    let munged = Munged::start();
    let (site, _) = site_with_hello(&munged);
    let mut daemon = site.start(program());
    daemon.signal("TERM");
    assert!(daemon.wait().success());
    assert!(!site.path("socket").exists());
}

#[test]
fn a_wrong_configuration_leaves_the_old_one_in_force() {
    let munged = Munged::start();
    let (mut site, _) = site_with_hello(&munged);
    let daemon = site.start(program());
    site.config["WorkerThread"] = 8.into();
    site.write_config();
    daemon.signal("HUP");
    let deadline = Instant::now() + Duration::from_secs(20);
    while !site.log().contains("did you mean `WorkerThreads`?") {
        assert!(Instant::now() < deadline, "{}", site.log());
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(wire::unix(&site.path("socket"), "GET /api/list/cori/").status(), 200);
}

#[test]
fn a_new_configuration_is_in_force_after_a_hang_up() {
    let munged = Munged::start();
    let (mut site, _) = site_with_hello(&munged);
    let daemon = site.start(program());
    site.config["Platforms"]["edison"] = site.config["Platforms"]["cori"].clone();
    site.write_config();
    daemon.signal("HUP");
    let deadline = Instant::now() + Duration::from_secs(20);
    while wire::unix(&site.path("socket"), "GET /api/list/edison/").status() != 200 {
        assert!(Instant::now() < deadline, "{}", site.log());
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn the_service_manager_is_told_when_the_gateway_is_ready() {
    let munged = Munged::start();
    let (site, _) = site_with_hello(&munged);
    let socket = site.path("notify");
    let manager = UnixDatagram::bind(&socket).unwrap();
    manager.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut gateway = Command::new(program());
    gateway.arg("--config").arg(site.write_config()).env("NOTIFY_SOCKET", &socket);
    let mut child = gateway.spawn().unwrap();
    let mut text = [0; 32];
    let length = manager.recv(&mut text);
    let answer = wire::unix(&site.path("socket"), "GET /");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(&text[..length.unwrap()], b"READY=1");
    assert_eq!(answer.body, "{lookup,pull,expire,list}");
}

#[test]
fn a_configuration_that_cannot_be_honoured_stops_the_start_by_its_key() {
    let munged = Munged::start();
    let refusal = |change: fn(&mut serde_json::Value)| {
        let mut site = super::Site::new(munged.socket());
        change(&mut site.config);
        let output = Command::new(program()).arg("--check").arg("--config").arg(site.write_config()).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    };
    let placeholder = refusal(|config| config["MongoDBURI"] = "mongodb://u:@SECRET:mongo@@h/".into());
    insta::assert_snapshot!(placeholder, @"shifter-imagegw: `MongoDBURI` holds the placeholder of the secret `mongo`: render with the secrets");
    let mock = refusal(|config| config["Authentication"] = "mock".into());
    insta::assert_snapshot!(mock, @"shifter-imagegw: `Authentication` cannot be honoured: `mock` lets anybody be anybody; write `munge`");
    let examiner = refusal(|config| config["examiner"] = "bin/scan".into());
    insta::assert_snapshot!(examiner, @"shifter-imagegw: `examiner` cannot be honoured: it is not absolute");
    let default = refusal(|config| config["DefaultImageLocation"] = "docker.io".into());
    insta::assert_snapshot!(default, @"shifter-imagegw: `DefaultImageLocation` cannot be honoured: `docker.io` is not among the `Locations`");
}
