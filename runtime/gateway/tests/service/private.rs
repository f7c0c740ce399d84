//! Private images of a real registry, with a password, over TLS.

use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use shifter_formats::acl::Access;
use shifter_formats::image::ImageType;
use shifter_formats::index::{IndexEntry, entry_name};

use super::daemon::address_of_ones_own;
use super::munged::Munged;
use super::{Site, program, site_with_hello, until_it_ends, wire};

const OWNER: u32 = 65534;
const OTHER: u32 = 12345;
/// `U*U`, as bcrypt's published test vectors have it.
const HTPASSWD: &str = "test:$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW\n";

/// A `docker-registry` that shows nothing without the password, with `hello:1` in it.
struct Registry {
    child: Child,
    address: SocketAddr,
}

impl Registry {
    fn start(site: &Site) -> Self {
        let address = address_of_ones_own();
        let at = |name: &str| site.path(name).display().to_string();
        succeed(Command::new("openssl").args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650"]).args(
            [
                "-subj",
                "/CN=registry",
                "-addext",
                &format!("subjectAltName=IP:{}", address.ip()),
                "-addext",
                "basicConstraints=critical,CA:FALSE",
                "-keyout",
                &at("tls.key"),
                "-out",
                &at("tls.pem"),
            ],
        ));
        std::fs::write(at("htpasswd"), HTPASSWD).expect("a password file");
        let config = json!({
            "version": "0.1",
            "storage": { "filesystem": { "rootdirectory": at("registry") } },
            "http": { "addr": address, "tls": { "certificate": at("tls.pem"), "key": at("tls.key") } },
            "auth": { "htpasswd": { "realm": "test", "path": at("htpasswd") } }
        });
        std::fs::write(at("registry.yml"), config.to_string()).expect("a configuration");
        let mut serve = Command::new("docker-registry");
        serve.args(["serve", &at("registry.yml")]).stdout(Stdio::null()).stderr(Stdio::null());
        let registry = Self { child: serve.spawn().expect("docker-registry is installed"), address };
        let deadline = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(registry.address).is_err() {
            assert!(Instant::now() < deadline, "the registry does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        let source = format!("oci:{}:1", at("layouts/hello"));
        let target = format!("docker://{}/hello:1", registry.address);
        let copy = ["copy", "--insecure-policy", "--dest-tls-verify=false", "--dest-creds", "test:U*U"];
        succeed(Command::new("skopeo").args(copy).args([source, target]));
        registry
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn succeed(command: &mut Command) {
    let output = command.output().expect("the program is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A credential with a password in it, as `munge(1)` mints it for a user.
fn credential(uid: u32, munged: &Path, passwords: &serde_json::Value) -> String {
    let payload = json!({ "authorized_locations": passwords }).to_string();
    let mut munge = Command::new("munge");
    munge.args(["--string", &payload, "--socket"]).arg(munged).uid(uid).gid(uid);
    let output = munge.output().expect("munge runs");
    String::from_utf8(output.stdout).expect("text").trim().to_owned()
}

#[test]
fn a_private_image_is_its_pullers_alone_and_its_password_is_nowhere() {
    let munged = Munged::start();
    let (mut site, _) = site_with_hello(&munged);
    let registry = Registry::start(&site);
    site.config["Locations"]["harbor"] = json!({
        "remotetype": "dockerv2",
        "url": format!("https://{}", registry.address),
        "sslcacert": site.path("tls.pem")
    });
    let daemon = site.start(program());
    const PULL: &str = "POST /api/pull/cori/docker/harbor%2Fhello%3A1/";
    const LOOKUP: &str = "GET /api/lookup/cori/docker/harbor%2Fhello%3A1/";
    let pull = |uid, passwords| {
        let ask = || wire::tcp(&site.address(), PULL, Some(&credential(uid, munged.socket(), &passwords)));
        until_it_ends(ask, &site)
    };

    let owners = pull(OWNER, json!({ "harbor": "test:U*U" }));
    assert_eq!(owners.state(), "READY", "{owners:?}\n{}", site.log());
    assert_eq!(owners.json()["userACL"], json!([OWNER]));
    // Not the id of the layout's image: the layer was compressed on its way to the registry.
    let id = owners.json()["id"].as_str().expect("an id").to_owned();
    for passwords in [json!({}), json!({ "default": "test:U*U" }), json!({ "harbor": "test:wrong" })] {
        let others = pull(OTHER, passwords);
        assert_eq!((others.state().as_str(), &others.json()["id"]), ("FAILURE", &json!("MISSING")), "{others:?}");
    }
    let status = |uid| wire::unix_as(uid, &site.path("socket"), LOOKUP).status();
    assert_eq!((status(OWNER), status(OTHER), status(0)), (200, 404, 404));

    let access = Access::restricted(vec![OWNER], vec![]);
    let index = |kind, tag: &str| site.path("images/index").join(entry_name("cori", kind, tag));
    for entry in [index(ImageType::Docker, "harbor/hello:1"), index(ImageType::Id, &id)] {
        assert_eq!(IndexEntry::parse(std::fs::read(entry).expect("an entry")).expect("whole").access, access);
    }
    let meta = std::fs::read_to_string(site.path(&format!("images/{id}.meta"))).expect("a meta file");
    assert!(meta.contains(&format!("USERACL: {OWNER}\n")), "{meta}");

    drop(daemon);
    for file in ["gateway.db", "gateway.db-wal", "log"] {
        let bytes = std::fs::read(site.path(file)).unwrap_or_default();
        assert!(!bytes.windows(3).any(|three| three == b"U*U"), "{file}");
    }
}
