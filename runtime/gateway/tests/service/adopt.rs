//! `shifter-imagegw adopt` and `rebuild`: images that were there before the gateway's records.

use std::process::{Command, Output};

use serde_json::json;

use super::munged::Munged;
use super::{Site, program, pull, site_with_hello, wire};

const NOBODY: u32 = 65534;

/// Runs the program with these words, on the site's configuration.
fn run(site: &Site, words: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(program());
    let Output { status, stdout, stderr } =
        command.args(words).arg("--config").arg(site.write_config()).output().expect("the gateway runs");
    (status.code(), format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr)))
}

fn lookup(uid: u32, site: &Site, image: &str) -> wire::Raw {
    wire::unix_as(uid, &site.path("socket"), &format!("GET /api/lookup/cori/docker/{image}/"))
}

fn id(digit: char) -> String {
    digit.to_string().repeat(64)
}

/// An image as an original gateway left it.
fn put(site: &Site, digit: char) {
    let id = id(digit);
    std::fs::create_dir_all(site.path("images")).expect("a directory");
    std::fs::write(site.path(&format!("images/{id}.squashfs")), "hsqs").expect("an image");
    let meta = "FORMAT: squashfs\nCMD: ['run', 'me']\nWORKDIR: /w\nENV: A=b\n";
    std::fs::write(site.path(&format!("images/{id}.meta")), meta).expect("its description");
}

fn mode(site: &Site, digit: char) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    let file = std::fs::metadata(site.path(&format!("images/{}.squashfs", id(digit)))).expect("an image");
    file.permissions().mode() & 0o777
}

/// What mongoexport writes of a database of the original.
fn export(site: &Site) {
    let record = |digit: char, tags: serde_json::Value, rest: serde_json::Value| {
        let mut record = json!({
            "_id": { "$oid": "5f5e1000" }, "format": "squashfs", "arch": "amd64", "os": "linux", "location": "",
            "remotetype": "dockerv2", "ostcount": "0", "replication": "1", "system": "cori", "itype": "docker",
            "pulltag": "x", "status": "READY", "tag": tags, "id": id(digit), "ENV": ["A=b"], "ENTRY": null,
            "WORKDIR": "/w", "last_pull": { "$numberDouble": "1500000000.25" }, "userACL": [], "groupACL": [],
            "private": false, "status_message": "Transferring image", "last_heartbeat": 1_500_000_001.5
        });
        record.as_object_mut().expect("an object").extend(rest.as_object().expect("an object").clone());
        format!("{record}\n")
    };
    let text = [
        record('a', json!(["tools:1", "tools:latest"]), json!({})),
        record('b', json!(["secret:1"]), json!({ "private": true, "userACL": [{ "$numberInt": "65534" }] })),
        // The latest record of a tag counts.
        record('a', json!(["secret:1"]), json!({ "last_pull": 1_400_000_000 })),
        record('c', json!(["lost:1"]), json!({})),
        record('a', json!(["failed:1"]), json!({ "status": "FAILURE" })),
        record('a', json!(["other:1"]), json!({ "system": "edison" })),
        "not a record\n".to_owned(),
    ];
    std::fs::write(site.path("export"), text.concat()).expect("an export");
}

#[test]
fn the_images_of_an_original_gateway_are_found_without_a_pull() {
    let munged = Munged::start();
    let (site, _) = site_with_hello(&munged);
    for digit in ['a', 'b', 'd'] {
        put(&site, digit);
    }
    export(&site);
    let from = site.path("export").display().to_string();
    let (status, dry) = run(&site, &["adopt", &from, "--dry-run"]);
    assert!(!site.path("images/index").exists(), "a dry run changes nothing");
    let (again, told) = run(&site, &["adopt", &from]);
    assert_eq!((status, again), (Some(1), Some(1)), "{dry}{told}");
    let images = site.path("images").display().to_string();
    let expected = [
        format!("adopted   cori docker:tools:1  {}", id('a')),
        format!("adopted   cori docker:secret:1  {}", id('b')),
        format!("left out  cori docker:lost:1 ({0}): there is no {images}/{0}.squashfs", id('c')),
        format!("left out  cori docker:failed:1 ({}): its status is FAILURE", id('a')),
        format!("left out  edison docker:other:1 ({}): the system `edison` is not served here", id('a')),
        "left out  record 7: no JSON: ".to_owned(),
        format!("no record {images}/{}.squashfs", id('d')),
        "known     cori docker:secret:1".to_owned(),
        "3 adopted, 1 known before, 4 left out, 1 files without record".to_owned(),
    ];
    for line in expected {
        assert!(told.contains(&line), "{line}\n{told}");
    }

    let _daemon = site.start(program());
    assert_eq!(lookup(NOBODY, &site, "tools:latest").json()["id"], id('a'));
    let record = lookup(NOBODY, &site, "tools:1").json();
    assert_eq!((&record["ENV"], &record["WORKDIR"]), (&json!(["A=b"]), &json!("/w")));
    assert_eq!(record["last_pull"], json!(1_500_000_000.25));
    // Who was in a list still is, and nobody else.
    assert_eq!(lookup(NOBODY, &site, "secret:1").json()["id"], id('b'));
    assert_eq!(lookup(1000, &site, "secret:1").status(), 404);
    assert_eq!((mode(&site, 'b'), lookup(NOBODY, &site, "lost:1").status()), (0o600, 404));
    let meta = std::fs::read_to_string(site.path(&format!("images/{}.meta", id('b')))).expect("a description");
    assert!(meta.contains("65534") && meta.contains("run"), "{meta}");
}

#[test]
fn adopting_twice_changes_nothing_and_a_gateway_that_serves_is_not_disturbed() {
    let munged = Munged::start();
    let (site, _) = site_with_hello(&munged);
    for digit in ['a', 'b'] {
        put(&site, digit);
    }
    export(&site);
    let from = site.path("export").display().to_string();
    run(&site, &["adopt", &from]);
    let (_, told) = run(&site, &["adopt", &from]);
    assert!(told.contains("0 adopted, 4 known before"), "{told}");
    let _daemon = site.start(program());
    let (status, told) = run(&site, &["adopt", &from]);
    assert!(status == Some(1) && told.contains("in use by another gateway"), "{told}");
}

#[test]
fn a_lost_database_is_made_again_from_the_image_directory() {
    let munged = Munged::start();
    let (site, hello) = site_with_hello(&munged);
    let daemon = site.start(program());
    assert_eq!(pull(&site, "hello:1").state(), "READY");
    drop(daemon);
    put(&site, 'a');
    for file in ["gateway.db", "gateway.db-wal", "gateway.db-shm"] {
        let _ = std::fs::remove_file(site.path(file));
    }
    let (status, told) = run(&site, &["rebuild"]);
    assert_eq!(status, Some(0), "{told}");
    assert!(told.contains(&format!("adopted   cori docker:hello:1  {hello}")), "{told}");
    assert!(told.contains(&format!("adopted   cori id:{0}  {0}", id('a'))), "{told}");
    let _daemon = site.start(program());
    let record = lookup(0, &site, "hello:1").json();
    assert_eq!((&record["id"], &record["ENTRY"]), (&json!(hello), &json!(["/bin/sh", "-c"])));
    assert_eq!(record["ENV"], json!(["PATH=/bin", "A=b=c d", "EMPTY="]));
    // A pull finds that nothing has changed.
    pull(&site, "hello:1");
    assert_eq!(site.log().matches("pull begins").count(), 1, "{}", site.log());
}
