//! Archives that users send to the real program.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::munged::Munged;
use super::{Site, becomes_true, layout, program, until_it_ends, wire};

/// An OCI archive with the image `site/app:1.0`, and the image's id.
fn archive(site: &Site) -> String {
    let id = layout::write(&site.path("outside"), "app", "site/app:1.0", &[("hello", b"hi\n")]);
    let mut tar = Command::new("tar");
    tar.arg("-C").arg(site.path("outside/app")).arg("-cf").arg(site.path("app.tar")).arg(".");
    assert!(tar.status().expect("tar runs").success());
    id
}

fn send(site: &Site, path: &str) -> Value {
    let data = format!("@{}", site.path("app.tar").display());
    let mut curl = Command::new("curl");
    curl.args(["-s", "--data-binary", &data, &format!("http://gw{path}"), "--unix-socket"]).arg(site.path("socket"));
    let output = curl.output().expect("curl runs");
    serde_json::from_slice(&output.stdout).expect("an answer")
}

fn uploads(site: &Site) -> Vec<String> {
    let Ok(all) = std::fs::read_dir(site.path("cache/uploads")) else { return Vec::new() };
    all.map(|entry| entry.expect("an entry").file_name().into_string().expect("text")).collect()
}

/// An examiner that waits for a file.
fn wait_in_examiner(site: &mut Site) {
    let script = site.path("examiner");
    std::fs::write(&script, format!("#!/bin/sh\nuntil [ -e {} ]; do sleep 0.05; done\n", site.path("go").display()))
        .expect("a script");
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).expect("own file");
    site.config["examiner"] = json!(script);
}

fn wait_for(site: &Site, state: &str) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while wire::unix(&site.path("socket"), "GET /api/load/cori/custom/app:1.0/").state() != state {
        assert!(Instant::now() < deadline, "{}", site.log());
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn end(site: &Site) -> Value {
    until_it_ends(|| wire::unix(&site.path("socket"), "GET /api/load/cori/custom/app:1.0/"), site).json()
}

#[test]
fn a_load_that_was_killed_goes_on_with_its_archive() {
    let munged = Munged::start();
    let mut site = Site::new(munged.socket());
    let id = archive(&site);
    wait_in_examiner(&mut site);
    let mut daemon = site.start(program());
    assert_eq!(send(&site, "/api/load/cori/custom/")["tag"], json!(["app:1.0"]), "the name in the archive counts");
    wait_for(&site, "EXAMINATION");
    daemon.signal("KILL");
    daemon.wait();
    assert_eq!(uploads(&site), ["1.archive"]);
    let at = |name: &str| site.path("cache/uploads").join(name);
    std::fs::write(at("99.archive"), "of no job").unwrap();
    std::fs::write(site.path("go"), "").unwrap();
    let _daemon = site.start(program());
    let ended = end(&site);
    assert_eq!((&ended["status"], &ended["id"]), (&json!("READY"), &json!(id)), "{}", site.log());
    assert!(becomes_true(|| uploads(&site).is_empty()), "{:?}", uploads(&site));
    assert!(site.path(&format!("images/{id}.squashfs")).exists());
}

#[test]
fn a_load_whose_archive_is_lost_fails_and_says_so() {
    let munged = Munged::start();
    let mut site = Site::new(munged.socket());
    archive(&site);
    wait_in_examiner(&mut site);
    let mut daemon = site.start(program());
    send(&site, "/api/load/cori/custom/app:1.0/");
    wait_for(&site, "EXAMINATION");
    daemon.signal("KILL");
    daemon.wait();
    std::fs::remove_file(site.path("cache/uploads/1.archive")).unwrap();
    let _daemon = site.start(program());
    let ended = end(&site);
    let why = "the archive was lost with the gateway that took it in: load it again";
    assert_eq!((&ended["status"], &ended["status_message"]), (&json!("FAILURE"), &json!(why)));
}

#[test]
fn an_upload_that_breaks_off_leaves_nothing() {
    let munged = Munged::start();
    let site = Site::new(munged.socket());
    let _daemon = site.start(program());
    {
        let mut stream = UnixStream::connect(site.path("socket")).unwrap();
        let head = "POST /api/load/cori/custom/app:1/ HTTP/1.1\r\nHost: gw\r\nContent-Length: 1000\r\n\r\nbegun";
        stream.write_all(head.as_bytes()).unwrap();
        assert!(becomes_true(|| uploads(&site).len() == 1), "{}", site.log());
    }
    assert!(becomes_true(|| uploads(&site).is_empty()), "{}", site.log());
    assert_eq!(wire::unix(&site.path("socket"), "GET /api/queue/cori/").json(), json!({ "list": [] }));
    assert!(Path::new(&site.path("cache/uploads")).exists());
}
