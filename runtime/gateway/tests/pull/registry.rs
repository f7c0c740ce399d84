//! Pulls from Debian's docker-registry, filled by skopeo, beside `umoci unpack`.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use shifter_imagegw::pull::Ownership;
use tempfile::TempDir;

use super::builder::{Blob, Image, gzip, index, write_layout, zstd};
use super::puller::Puller;
use super::stacks;
use super::tree::{Kind, assert_same, read, read_squashfs, run};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Tls {
    Off,
    SelfSigned,
}

/// A certificate for 127.0.0.1 that vouches for itself, and its key.
fn certificate(directory: &Path) -> [String; 2] {
    let paths = ["certificate.pem", "key.pem"].map(|name| directory.join(name).display().to_string());
    run("openssl", "openssl", |command| {
        let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30"];
        let name = ["-subj", "/CN=registry", "-addext", "subjectAltName=IP:127.0.0.1"];
        // An end-entity certificate: rustls refuses an authority in that place.
        let extensions = ["-addext", "basicConstraints=critical,CA:FALSE"];
        command
            .args(["req", "-x509"])
            .args(curve)
            .args(name)
            .args(extensions)
            .args(["-out", &paths[0], "-keyout", &paths[1]])
    });
    paths
}

/// A running docker-registry with its own storage; it ends with the test.
struct Registry {
    child: Child,
    port: u16,
    directory: TempDir,
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Registry {
    fn start() -> Self {
        // Another process may take the port between its choice and the start: then another is tried.
        (0..5).find_map(|_| Self::try_start(Tls::Off)).expect("docker-registry does not start")
    }

    /// A registry that speaks https, and the file of its authority.
    fn start_with_tls() -> (Self, PathBuf) {
        let registry = (0..5).find_map(|_| Self::try_start(Tls::SelfSigned)).expect("docker-registry does not start");
        let certificate = registry.directory.path().join("certificate.pem");
        (registry, certificate)
    }

    fn try_start(tls: Tls) -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let storage = directory.path().join("storage").display().to_string();
        let mut config = format!(
            "version: 0.1\nlog: {{level: error}}\nstorage:\n  filesystem: \
             {{rootdirectory: {storage}}}\nhttp:\n  addr: 127.0.0.1:{port}\n"
        );
        if tls == Tls::SelfSigned {
            let [certificate, key] = certificate(directory.path());
            config += &format!("  tls: {{certificate: {certificate}, key: {key}}}\n");
        }
        let path = directory.path().join("config.yml");
        std::fs::write(&path, config).unwrap();
        let mut child = Command::new("docker-registry")
            .arg("serve")
            .arg(&path)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("cannot start docker-registry: {error}; install the package docker-registry")
            });
        let deadline = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "docker-registry does not listen");
            if child.try_wait().unwrap().is_some() {
                return None;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(Self { child, port, directory })
    }

    fn layout(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Pushes what `top` names as `name:latest`.
    fn push<'a>(&self, name: &str, top: &'a Blob, blobs: impl Iterator<Item = &'a Blob>) {
        let layout = self.layout(name);
        write_layout(&layout, "latest", top, blobs);
        let source = format!("oci:{}:latest", layout.display());
        let target = format!("docker://127.0.0.1:{}/{name}:latest", self.port);
        run("skopeo", "skopeo", |command| {
            let options = ["--insecure-policy", "copy", "--all", "--preserve-digests"];
            let plain = "--dest-tls-verify=false";
            command.args(options).args([plain, &source, &target])
        });
    }

    fn push_image(&self, name: &str, image: &Image) {
        self.push(name, &image.manifest, image.blobs());
    }

    fn puller(&self) -> Puller {
        Puller::of_registry(&format!("http://127.0.0.1:{}", self.port)).with_tar2sqfs()
    }

    /// A second gateway with the conversion of the first.
    fn puller_like(&self, other: &Puller) -> Puller {
        let mut puller = self.puller();
        puller.conversion = other.conversion.clone();
        puller
    }

    /// The stored file of a blob.
    fn stored(&self, blob: &Blob) -> PathBuf {
        let hex = blob.digest().hex();
        let blobs = self.directory.path().join("storage/docker/registry/v2/blobs/sha256");
        blobs.join(&hex[..2]).join(&hex).join("data")
    }
}

fn unpacked(layout: &Path) -> super::tree::Tree {
    let bundle = layout.with_extension("bundle");
    let image = format!("{}:latest", layout.display());
    run("umoci", "umoci", |command| command.args(["unpack", "--image", &image]).arg(&bundle));
    read(&bundle.join("rootfs"))
}

#[test]
fn pulled_images_are_what_umoci_unpacks() {
    let registry = Registry::start();
    let stacks = [("group/awkward", stacks::awkward()), ("many", stacks::many(24))];
    for (name, layers) in stacks {
        let image = Image::of(&layers);
        registry.push_image(name, &image);
        let mut puller = registry.puller();
        puller.conversion.policy.ownership = Ownership::Image;
        let pulled = puller.pull(name).unwrap();
        assert_eq!(pulled.id, image.id());
        let mut found = read_squashfs(pulled.product.path());
        let mut expected = unpacked(&registry.layout(name));
        if name == "many" {
            // No layer describes the root: umoci leaves the time of its own mkdir there.
            for tree in [&mut found, &mut expected] {
                tree.get_mut("").unwrap().time = 0;
            }
        }
        assert_same(&found, &expected);
        let bytes = std::fs::read(pulled.product.path()).unwrap();
        let second = registry.puller_like(&puller);
        let again = second.pull(name).unwrap();
        assert!(bytes == std::fs::read(again.product.path()).unwrap(), "the bytes differ");
    }
}

#[test]
fn layers_of_every_compression_are_pulled() {
    let registry = Registry::start();
    let layers = stacks::awkward();
    let image = Image::with(&layers, "amd64", |number, archive| match number {
        0 => (zstd(archive), "tar+zstd"),
        1 => (archive.to_vec(), "tar"),
        _ => (gzip(archive), "tar+gzip"),
    });
    registry.push_image("mixed", &image);
    let puller = registry.puller();
    let mixed = puller.pull("mixed").unwrap();
    let plain = Image::of(&layers);
    registry.push_image("plain", &plain);
    let plain = puller.pull("plain").unwrap();
    let bytes = |path: &Path| std::fs::read(path).unwrap();
    assert!(bytes(mixed.product.path()) == bytes(plain.product.path()));
}

#[test]
fn one_platform_of_an_index_is_pulled() {
    let registry = Registry::start();
    let images = ["arm64", "amd64"].map(|architecture| {
        let layer = vec![super::builder::file("arch", architecture)];
        Image::with(&[layer], architecture, |_, archive| (gzip(archive), "tar+gzip"))
    });
    let top = index(&images);
    registry.push("multi", &top, images.iter().flat_map(Image::blobs));
    let mut puller = registry.puller();
    for image in &images {
        puller.platform.architecture.clone_from(&image.architecture);
        let pulled = puller.pull("multi").unwrap();
        assert_eq!((&pulled.id, pulled.digest), (&image.id(), top.digest()));
        let tree = read_squashfs(pulled.product.path());
        let text = image.architecture.clone().into_bytes();
        assert_eq!(tree["arch"].kind, Kind::File(text));
        drop(pulled);
        let by_digest = puller.pull(&format!("multi@sha256:{}", image.id())).unwrap();
        assert_eq!(by_digest.id, image.id());
    }
}

#[test]
fn a_blob_that_is_damaged_in_the_registry_is_refused() {
    let registry = Registry::start();
    let image = Image::of(&stacks::many(2));
    registry.push_image("damaged", &image);
    let stored = registry.stored(&image.layers[1]);
    let mut bytes = std::fs::read(&stored).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&stored, &bytes).unwrap();
    let text = registry.puller().refusal("damaged");
    assert!(text.starts_with("a blob should be sha256:"), "{text}");
    std::fs::write(&stored, &bytes[..middle]).unwrap();
    let text = registry.puller().refusal("damaged");
    assert!(text.contains("were announced"), "{text}");
}

#[test]
fn an_image_that_is_not_there_is_said_so() {
    let registry = Registry::start();
    insta::assert_snapshot!(registry.puller().refusal("no/such"), @"test has no image no/such:latest");
}

#[test]
fn only_the_locations_own_authority_is_trusted() {
    let (registry, certificate) = Registry::start_with_tls();
    let image = Image::of(&stacks::many(2));
    registry.push_image("secure", &image);
    let mut puller = registry.puller();
    puller.registry().url = format!("https://127.0.0.1:{}", registry.port).parse().unwrap();
    let text = puller.refusal("secure");
    assert!(text.contains("certificate"), "{text}");
    puller.registry().ca_certificate = Some(certificate.clone());
    assert_eq!(puller.pull("secure").unwrap().id, image.id());
    puller.registry().url = format!("https://localhost:{}", registry.port).parse().unwrap();
    let text = puller.refusal("secure");
    assert!(text.contains("certificate"), "{text}");
    puller.registry().ca_certificate = Some(certificate.with_extension("missing"));
    let text = puller.refusal("secure");
    assert!(text.starts_with("location test: cannot read "), "{text}");
}

#[test]
fn images_in_dockers_own_format_are_pulled() {
    let registry = Registry::start();
    let image = Image::of(&stacks::awkward());
    registry.push_image("oci", &image);
    let docker = |name: &str| format!("docker://127.0.0.1:{}/{name}:latest", registry.port);
    run("skopeo", "skopeo", |command| {
        let options = ["--insecure-policy", "copy", "--format", "v2s2"];
        let plain = ["--src-tls-verify=false", "--dest-tls-verify=false"];
        command.args(options).args(plain).args([docker("oci"), docker("docker")])
    });
    let puller = registry.puller();
    let [oci, docker] = ["oci", "docker"].map(|name| puller.pull(name).unwrap());
    assert_ne!(oci.id, docker.id);
    assert_eq!(oci.config, docker.config);
    let bytes = |path: &Path| std::fs::read(path).unwrap();
    assert!(bytes(oci.product.path()) == bytes(docker.product.path()));
}
