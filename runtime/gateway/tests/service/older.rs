//! Files written for 16.08 to 18.03 start this gateway as they are.

use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::daemon::{Daemon, Site, address_of_ones_own};
use super::munged::Munged;
use super::{layout, program, until_it_ends, wire};

/// A file as the toolkit renders it for an older release.
fn rendered(site: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../tests/golden/{site}/imagemanager.json"));
    std::fs::read_to_string(path).expect("a golden file")
}

fn written(dir: &Path, text: &str) -> PathBuf {
    let path = dir.join("imagemanager.json");
    std::fs::write(&path, text).expect("the configuration");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).expect("own file");
    path
}

#[test]
fn what_is_rendered_for_older_releases_is_accepted() {
    let dir = tempfile::tempdir().expect("a directory");
    for site in ["bluewaters", "centos7", "greina"] {
        let text = rendered(site);
        assert!(text.contains("MongoDBURI") && !text.contains("Database\""), "{site} is not for an older release");
        let mut check = Command::new(program());
        check.arg("--check").arg("--config").arg(written(dir.path(), &text));
        let output = check.output().expect("the gateway runs");
        assert!(output.status.success(), "{site}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// A `docker-registry` without passwords on a port of its own.
struct Registry {
    child: Child,
    address: SocketAddr,
}

impl Registry {
    fn start(dir: &Path) -> Self {
        let address = address_of_ones_own();
        let config = json!({
            "version": "0.1",
            "storage": { "filesystem": { "rootdirectory": dir.join("registry") } },
            "http": { "addr": address }
        });
        std::fs::write(dir.join("registry.yml"), config.to_string()).expect("a configuration");
        let mut serve = Command::new("docker-registry");
        serve.arg("serve").arg(dir.join("registry.yml")).stdout(Stdio::null()).stderr(Stdio::null());
        let registry = Self { child: serve.spawn().expect("docker-registry is installed"), address };
        let deadline = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(registry.address).is_err() {
            assert!(Instant::now() < deadline, "the registry does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        registry
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_file_of_blue_waters_serves_a_pull() {
    let munged = Munged::start();
    let site = Site::new(munged.socket());
    let root = site.path("scratch");
    std::fs::create_dir(&root).expect("a directory");
    layout::write(&site.path("layouts"), "hello", "1", &[("hello", b"hi\n")]);
    let registry = Registry::start(&root);
    let source = format!("oci:{}:1", site.path("layouts/hello").display());
    let target = format!("docker://{}/hello:1", registry.address);
    let mut copy = Command::new("skopeo");
    copy.args(["copy", "--insecure-policy", "--dest-tls-verify=false", &source, &target]);
    assert!(copy.output().expect("skopeo is installed").status.success());

    // Paths and addresses are the test's own; the keys stay as they are.
    let text = rendered("bluewaters").replace("/mnt/c/scratch/system/shifter", &root.display().to_string());
    let mut config: Value = serde_json::from_str(&text).expect("JSON");
    config["Platforms"]["bluewaters"]["mungeSocketPath"] = json!(munged.socket());
    config["Locations"]["registry-1.docker.io"]["url"] = json!(format!("http://{}", registry.address));
    let log = std::fs::File::create(site.path("log")).expect("a log");
    let mut start = Command::new(program());
    start.arg("--config").arg(written(&root, &config.to_string()));
    start.arg("--listen").arg(format!("tcp:{}", site.address())).env("STATE_DIRECTORY", root.join("state"));
    let child = start.stdin(Stdio::null()).stderr(log).spawn().expect("the gateway starts");
    let mut daemon = Daemon { child };
    let deadline = Instant::now() + Duration::from_secs(30);
    while TcpStream::connect(site.address()).is_err() {
        let ended = daemon.child.try_wait().expect("a child");
        assert!(ended.is_none() && Instant::now() < deadline, "{}", site.log());
        std::thread::sleep(Duration::from_millis(20));
    }

    const PULL: &str = "POST /api/pull/bluewaters/docker/hello%3A1/";
    let record = until_it_ends(|| wire::tcp(&site.address(), PULL, Some(&wire::credential(0, munged.socket()))), &site);
    assert_eq!(record.state(), "READY", "{record:?}\n{}", site.log());
    let id = record.json()["id"].as_str().expect("an id").to_owned();
    assert!(root.join(format!("images/{id}.squashfs")).is_file());
    let database = root.join("state/gateway.db").metadata().expect("a database");
    assert_eq!(database.permissions().mode() & 0o777, 0o600);
    assert!(!site.log().contains("mongo%40p") && !site.log().contains("redis%40p"), "{}", site.log());
}
