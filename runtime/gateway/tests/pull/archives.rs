//! Pulls from the tar files that image tools write: skopeo's own, and such as Docker and mistaken programs make.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;
use shifter_imagegw::pull::Source;

use super::builder::{Image, Item, file, gzip, hard_link, index, symlink, tar, write_layout, zstd};
use super::puller::Puller;
use super::stacks;
use super::tree::{assert_same, read_squashfs, run};

/// A directory with an OCI layout in it, and room for archives of it.
struct Bench {
    directory: tempfile::TempDir,
}

impl Bench {
    fn of(image: &Image) -> Self {
        let bench = Self { directory: tempfile::tempdir().unwrap() };
        write_layout(&bench.at("layout"), "latest", &image.manifest, image.blobs());
        bench
    }

    fn at(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The archive that skopeo makes, for a transport of containers-transports(5).
    fn skopeo(&self, transport: &str, name: &str) -> PathBuf {
        let archive = self.at(&format!("{transport}.tar"));
        let source = format!("oci:{}:latest", self.at("layout").display());
        let target = format!("{transport}:{}:{name}", archive.display());
        run("skopeo", "skopeo", |command| command.args(["--insecure-policy", "copy", "-q", &source, &target]));
        archive
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        fs::write(self.at(name), bytes).unwrap();
        self.at(name)
    }
}

fn puller(archive: &Path) -> Puller {
    Puller::new(Source::Archive(archive.to_owned()))
}

/// The members of an archive as `docker save` arranges them, with layers that are compressed by `compress`.
fn saved(image: &Image, tags: &[&str], compress: impl Fn(&[u8]) -> Vec<u8>) -> Vec<Item> {
    let mut items = vec![file("config.json", &image.config.bytes)];
    let mut layers = Vec::new();
    for (number, layer) in image.layers.iter().enumerate() {
        items.push(file(&format!("{number}/layer.tar"), compress(&layer.bytes)));
        layers.push(format!("{number}/layer.tar"));
    }
    let list = json!([{"Config": "config.json", "RepoTags": tags, "Layers": layers}]);
    items.push(file("manifest.json", list.to_string()));
    items
}

fn plain(layers: &[Vec<Item>]) -> Image {
    Image::with(layers, "amd64", |_, archive| (archive.to_vec(), "tar"))
}

#[test]
fn an_archive_gives_what_its_layout_gives() {
    let image = Image::of(&stacks::awkward_for_the_library());
    let bench = Bench::of(&image);
    let layout = Puller::of_layout(&bench.at("layout"));
    let from_layout = layout.pull("layout").unwrap();
    let expected = read_squashfs(from_layout.product.path());

    let oci = puller(&bench.skopeo("oci-archive", "site/app:1.0"));
    let pulled = oci.pull("site/app:1.0").unwrap();
    assert_eq!(pulled.id, image.id(), "an OCI archive keeps the image's identity");
    assert_same(&read_squashfs(pulled.product.path()), &expected);

    let docker = puller(&bench.skopeo("docker-archive", "site/app:1.0"));
    let pulled = docker.pull("site/app:1.0").unwrap();
    assert_same(&read_squashfs(pulled.product.path()), &expected);
    assert_eq!(pulled.config, from_layout.config);
    let again = puller(&bench.at("docker-archive.tar")).pull("docker.io/site/app:1.0");
    assert_eq!(again.unwrap().id, pulled.id, "the identity is the archive's own");
}

#[test]
fn a_compressed_archive_is_one() {
    let bench = Bench::of(&Image::of(&[vec![file("a", "b")]]));
    let archive = fs::read(bench.skopeo("oci-archive", "app:1")).unwrap();
    for (name, bytes) in [("gz", gzip(&archive)), ("zst", zstd(&archive))] {
        puller(&bench.write(name, &bytes)).pull("app:1").unwrap();
    }
    let refusal = puller(&bench.write("xz", b"\xfd7zXZ\0")).refusal("app:1");
    assert!(
        refusal.ends_with("xz: cannot be read: it is compressed with xz; gzip, zstd and none are known"),
        "{refusal}"
    );
    let mut small = puller(&bench.at("gz"));
    small.limits.unpacked_bytes = 1000;
    let refusal = small.refusal("app:1");
    assert!(refusal.ends_with("the uncompressed size of the layers passes the limit of 1000"), "{refusal}");
}

#[test]
fn layers_may_be_compressed_and_linked_in_dockers_archive() {
    let layers = [vec![file("a", "1")], vec![file("b", "2")]];
    let image = plain(&layers);
    let bench = Bench::of(&image);
    let pull = |name: &str, items: &[Item]| {
        let puller = puller(&bench.write(name, &tar(items)));
        read_squashfs(puller.pull("app:1").unwrap().product.path())
    };
    let expected = pull("plain.tar", &saved(&image, &["app:1"], <[u8]>::to_vec));
    assert_eq!(expected.keys().collect::<Vec<_>>(), ["", "a", "b"]);
    assert_same(&pull("gzip.tar", &saved(&image, &["app:1"], gzip)), &expected);

    // Docker links a layer that is another's equal; `layer.tar` of the second directory is the first's.
    let twice = plain(&[layers[0].clone(), layers[0].clone(), layers[0].clone()]);
    let mut items = saved(&twice, &["app:1"], <[u8]>::to_vec);
    for item in &mut items {
        match item.path.as_str() {
            "1/layer.tar" => *item = symlink("1/layer.tar", "../0/layer.tar"),
            "2/layer.tar" => *item = hard_link("2/layer.tar", "./1/layer.tar"),
            _ => {}
        }
    }
    let linked = pull("linked.tar", &items);
    assert_eq!(linked.keys().collect::<Vec<_>>(), ["", "a"]);
}

#[test]
fn names_are_found_as_tools_write_them() {
    let image = plain(&[vec![file("a", "1")]]);
    let bench = Bench::of(&image);
    for (number, (written, asked)) in [
        ("docker.io/library/busybox:latest", "busybox"),
        ("localhost/app:2", "app:2"),
        ("app:2", "localhost/app:2"),
        ("quay.io/a/b:c", "quay.io/a/b:c"),
    ]
    .into_iter()
    .enumerate()
    {
        let archive =
            bench.write(&format!("{number}.tar"), &tar(&saved(&image, &["other:1", written], <[u8]>::to_vec)));
        puller(&archive).pull(asked).unwrap();
        assert_eq!(puller(&archive).refusal("app:other"), "test has no image app:other");
    }
    // One image without a name is what a bare name means; of two it would be a guess.
    let unnamed = bench.write("unnamed.tar", &tar(&saved(&image, &[], <[u8]>::to_vec)));
    puller(&unnamed).pull("whatever").unwrap();
    assert_eq!(puller(&unnamed).refusal("whatever:1"), "test has no image whatever:1");
    // A directory holds an archive for each repository.
    fs::create_dir(bench.at("many")).unwrap();
    fs::copy(&unnamed, bench.at("many/app.tar")).unwrap();
    puller(&bench.at("many")).pull("app").unwrap();
    assert!(puller(&bench.at("many")).refusal("none").ends_with("none.tar: No such file or directory (os error 2)"));
}

#[test]
fn an_archive_of_docker_25_keeps_the_registrys_identity() {
    // It is an OCI layout and has `manifest.json` beside; an index names an attestation as well.
    let image = Image::of(&[vec![file("a", "1")]]);
    let top = index(std::slice::from_ref(&image));
    let mut entry = top.descriptor();
    entry["annotations"] = json!({
        "io.containerd.image.name": "docker.io/library/app:1",
        "org.opencontainers.image.ref.name": "1",
    });
    let mut items: Vec<Item> = image
        .blobs()
        .chain([&top])
        .map(|blob| file(&format!("blobs/sha256/{}", blob.digest().hex()), &blob.bytes))
        .collect();
    let names = |image: &Image| -> Vec<String> {
        image.layers.iter().map(|layer| format!("blobs/sha256/{}", layer.digest().hex())).collect()
    };
    let config = format!("blobs/sha256/{}", image.config.digest().hex());
    items.extend([
        file("index.json", json!({"schemaVersion": 2, "manifests": [entry]}).to_string()),
        file("oci-layout", r#"{"imageLayoutVersion":"1.0.0"}"#),
        file("manifest.json", json!([{"Config": config, "RepoTags": ["app:1"], "Layers": names(&image)}]).to_string()),
    ]);
    let directory = tempfile::tempdir().unwrap();
    let archive = directory.path().join("app.tar");
    fs::write(&archive, tar(&items)).unwrap();
    assert_eq!(puller(&archive).pull("app:1").unwrap().id, image.id());
}

#[test]
fn what_is_no_archive_of_an_image_is_refused_with_its_cause() {
    let image = plain(&[vec![file("a", "1")]]);
    let bench = Bench::of(&image);
    let whole = saved(&image, &["app:1"], <[u8]>::to_vec);
    let refusal = |items: &[Item]| {
        let text = puller(&bench.write("x.tar", &tar(items))).refusal("app:1");
        text.replace(bench.directory.path().to_str().unwrap(), "")
    };
    let without = |name: &str| whole.iter().filter(|item| item.path != name).cloned().collect::<Vec<_>>();
    let with = |item: Item| [without(&item.path), vec![item]].concat();
    insta::assert_snapshot!(refusal(&without("manifest.json")), @"location test: /x.tar: it has no member `manifest.json`");
    insta::assert_snapshot!(refusal(&without("0/layer.tar")), @"location test: /x.tar: it has no member `0/layer.tar`");
    insta::assert_snapshot!(refusal(&with(file("manifest.json", "{}"))), @"location test: /x.tar: `manifest.json` is no list of images: invalid type: map, expected a sequence at line 1 column 0");
    insta::assert_snapshot!(refusal(&with(file("config.json", "{}"))), @"location test: /x.tar: `config.json` is no image configuration: missing field `rootfs` at line 1 column 2");
    insta::assert_snapshot!(refusal(&with(symlink("0/layer.tar", "layer.tar"))), @"location test: /x.tar: it has no member `0/layer.tar`");
    let other = refusal(&with(file("0/layer.tar", "no layer")));
    assert!(other.contains("a blob should be sha256:") || other.contains("bytes where"), "{other}");
    let none = puller(&bench.write("none", b"no archive at all")).refusal("app:1");
    assert!(none.contains("not a valid tar archive at byte 0"), "{none}");
    let whole = tar(&whole);
    let cut = puller(&bench.write("cut", &whole[..whole.len() / 2])).refusal("app:1");
    assert!(cut.contains("the archive ends in the middle of an entry"), "{cut}");
}
