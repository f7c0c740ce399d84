//! `shifterimg load`.

use std::process::{Command, Stdio};

use super::layout;
use super::run::{Gateway, Ran, client, client_with_munge, conf, run};

/// An OCI archive with the image `site/app:1.0`, and the image's id.
fn archive(gateway: &Gateway, compressed: bool) -> (String, String) {
    let id = layout::write(&gateway.site.path("outside"), "app", "site/app:1.0", &[("hello", b"hi\n")]);
    let path = gateway.site.path(if compressed { "app.tar.gz" } else { "app.tar" });
    let mut tar = Command::new("tar");
    tar.arg("-C")
        .arg(gateway.site.path("outside/app"))
        .arg(if compressed { "-czf" } else { "-cf" })
        .arg(&path)
        .arg(".");
    assert!(tar.status().unwrap().success());
    (path.display().to_string(), id)
}

fn is_ready(ran: &Ran, image: &str) -> bool {
    ran.code == 0 && ran.out.trim_end().ends_with(&format!(" Loading Image: {image}, status: READY"))
}

#[test]
fn an_archive_is_loaded_under_its_own_name_or_under_another() {
    let gateway = Gateway::start();
    let (path, id) = archive(&gateway, false);
    let own = gateway.client(&["load", &path]);
    assert!(is_ready(&own, "custom:app:1.0"), "{own:?}");
    let other = gateway.client(&["load", &path, "--tag", "custom:mine"]);
    assert!(is_ready(&other, "custom:mine:latest"), "{other:?}");
    for image in ["custom:app:1.0", "custom:mine"] {
        assert_eq!(gateway.client(&["lookup", image]).out.trim_end(), id);
    }
    let json = gateway.client(&["--output", "json", "load", &path, "--tag", "secret:1", "-u", "5"]);
    let record: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((&record["status"], &record["id"]), (&serde_json::json!("READY"), &serde_json::json!(id)), "{json:?}");
    assert_eq!(gateway.admin(&["lookup", "custom:secret:1"]).code, 1, "this name of it is private");
}

#[test]
fn a_compressed_archive_comes_by_the_standard_input() {
    let gateway = Gateway::start();
    let (path, id) = archive(&gateway, true);
    let endpoint = format!("unix:{}", gateway.site.path("socket").display());
    let mut command = Command::new(env!("CARGO_BIN_EXE_shifterimg"));
    command.arg("--config").arg(gateway.conf(&endpoint)).args(["load", "-"]);
    command.stdin(Stdio::from(std::fs::File::open(path).unwrap()));
    let ran = run(command);
    assert!(is_ready(&ran, "custom:app:1.0"), "{ran:?}");
    assert_eq!(gateway.client(&["lookup", "custom:app:1.0"]).out.trim_end(), id);
}

#[test]
fn an_archive_goes_over_tcp_and_past_a_gateway_that_is_gone() {
    let gateway = Gateway::start();
    let (path, id) = archive(&gateway, false);
    let gateways = format!("http://127.0.0.1:1 http://{}", gateway.site.address());
    let ran = client_with_munge(&gateway.munged, &gateway.conf(&gateways), &["load", &path]);
    assert!(is_ready(&ran, "custom:app:1.0"), "{ran:?}");
    assert_eq!(gateway.client(&["lookup", "custom:app:1.0"]).out.trim_end(), id);
    let refused = gateway.admin(&["rm", "custom:app:1.0"]);
    assert_eq!(refused.code, 0);
}

#[test]
fn a_load_that_cannot_be_says_why_and_has_failed() {
    let gateway = Gateway::start();
    let (path, _) = archive(&gateway, false);
    assert_eq!(gateway.admin(&["load", &path]).code, 0);
    let taken = gateway.client(&["load", &path, "--tag", "app:1.0"]);
    let why = "shifterimg: `custom:app:1.0`: `custom:app:1.0` is somebody else's: choose another name\n";
    assert_eq!((taken.code, taken.err.as_str()), (1, why));
    let layer = gateway.site.path("layer.tar").display().to_string();
    std::fs::copy("/etc/hostname", gateway.site.path("hostname")).unwrap();
    let mut tar = Command::new("tar");
    assert!(tar.args(["-C", "/etc", "-cf", &layer, "hostname"]).status().unwrap().success());
    let no_image = gateway.client(&["load", &layer, "--tag", "app:2"]);
    assert_eq!(no_image.code, 1, "{no_image:?}");
    assert!(no_image.err.contains("the archive: it has no member `manifest.json`"), "{no_image:?}");
    for args in [
        &["load"][..],
        &["load", "/none.tar"],
        &["load", "/tmp"],
        &["load", &path, "--tag", "docker:app:1"],
        &["load", &path, "--tag", "me/app:1"],
        &["pull", "hello:1", "--tag", "x:1"],
    ] {
        let ran = gateway.client(args);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{args:?}: {ran:?}");
    }
    let gone = client(&conf(&gateway.site.path("gone.conf"), "http://127.0.0.1:1"), &["load", &path]);
    assert_eq!(gone.code, 3, "{gone:?}");
}
