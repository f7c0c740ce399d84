//! A registry and layers that mean harm: each ends in a failure that names its cause.

use serde_json::json;

use super::builder::{Blob, Image, Item, What, file, gzip, hard_link, symlink, tar, write_layout};
use super::puller::Puller;
use super::server::{Answer, Server, image_answer};
use super::stacks;

/// What a pull of an image with this one layer says; the digest of the layer is left out.
fn layer_refusal(items: &[Item]) -> String {
    archive_refusal(&tar(items))
}

fn archive_refusal(archive: &[u8]) -> String {
    let layer = Blob::new("application/vnd.oci.image.layer.v1.tar+gzip", gzip(archive));
    let image = Image::assembled(vec![layer], &json!({}), "amd64");
    let directory = tempfile::tempdir().unwrap();
    let layout = directory.path().join("image");
    write_layout(&layout, "latest", &image.manifest, image.blobs());
    let text = Puller::of_layout(&layout).refusal("image");
    let (_, what) = text.split_once(&image.layers[0].digest().hex()).expect("names its layer");
    what.trim_start_matches(": ").to_owned()
}

#[test]
fn names_that_lead_out_of_the_image_are_refused() {
    insta::assert_snapshot!(layer_refusal(&[file("a/../../etc/passwd", "x")]), @"entry `a/../../etc/passwd`: its path contains `..`");
    insta::assert_snapshot!(layer_refusal(&[hard_link("a", "../../etc/shadow")]), @"entry `a`: a hard link with `..` in its target");
    insta::assert_snapshot!(layer_refusal(&[file(".wh...", "")]), @"entry `.wh...`: a whiteout of no name");
    insta::assert_snapshot!(layer_refusal(&[hard_link("a", "etc/shadow")]), @"entry `a`: a hard link to a file that is not in the image");
    insta::assert_snapshot!(layer_refusal(&[symlink("a", "b"), symlink("b", "a"), file("a/x", "")]), @"entry `a/x`: too many symbolic links on its way");
    insta::assert_snapshot!(layer_refusal(&[symlink(".", "/etc")]), @"entry `.`: the root of an image is a directory");
}

#[test]
fn links_that_lead_out_stay_within() {
    let outside = tempfile::tempdir().unwrap();
    let victim = outside.path().display().to_string();
    let items = [
        symlink("abs", &victim),
        file("abs/planted", "x"),
        symlink("up", &format!("../../../../../../..{victim}")),
        file("up/planted-too", "x"),
        file("/absolute", "x"),
    ];
    let image = Image::of(&[items.to_vec()]);
    let directory = tempfile::tempdir().unwrap();
    let layout = directory.path().join("image");
    write_layout(&layout, "latest", &image.manifest, image.blobs());
    let puller = Puller::of_layout(&layout);
    let puller = puller.with_format(shifter_imagegw::pull::Format::Directory);
    let pulled = puller.pull("image").unwrap();
    assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 0);
    let tree = super::tree::read(pulled.product.path());
    let inside = victim.trim_start_matches('/');
    for name in [format!("{inside}/planted"), format!("{inside}/planted-too"), "absolute".into()] {
        assert!(tree.contains_key(&name), "{name} is missing: {:?}", tree.keys());
    }
}

#[test]
fn absurd_archives_are_refused() {
    let whole = tar(&[file("a", "text")]);
    insta::assert_snapshot!(archive_refusal(&whole[..600]), @"not a valid tar archive at byte 600: the archive ends in the middle of an entry");
    insta::assert_snapshot!(archive_refusal(&[b'x'; 1024]), @"not a valid tar archive at byte 0: the header's checksum is wrong");
    let long = "n".repeat(256);
    insta::assert_snapshot!(layer_refusal(&[file(&long, "")]), @"the length of a file name passes the limit of 255");
    let deep = "d/".repeat(2100);
    insta::assert_snapshot!(layer_refusal(&[file(&deep, "")]), @"the length of a path passes the limit of 4095");
    insta::assert_snapshot!(layer_refusal(&[file("s", "").pax("GNU.sparse.major", b"1")]), @"entry `s`: sparse files are not supported: write the layer without --sparse");
    insta::assert_snapshot!(layer_refusal(&[file("s", "").pax("size", b"9223372036854775807")]), @"not a valid tar archive at byte 2560: the archive ends in the middle of an entry");
    let huge = vec![b'x'; 2 << 20];
    insta::assert_snapshot!(layer_refusal(&[file("s", "").pax("comment", &huge)]), @"not a valid tar archive at byte 0: an extension header is larger than 1 MiB");
    insta::assert_snapshot!(layer_refusal(&[symlink("s", "")]), @"entry `s`: a symbolic link to nothing");
}

#[test]
fn limits_are_named() {
    let layers = stacks::many(3);
    let image = Image::of(&layers);
    let directory = tempfile::tempdir().unwrap();
    let layout = directory.path().join("image");
    write_layout(&layout, "latest", &image.manifest, image.blobs());
    let refusal = |limit: &dyn Fn(&mut shifter_imagegw::pull::Limits)| {
        let mut puller = Puller::of_layout(&layout);
        limit(&mut puller.limits);
        let text = puller.refusal("image");
        let text = text.rsplit(": ").next().unwrap_or_default().to_owned();
        text.split_whitespace().filter(|word| !word.contains("sha256")).collect::<Vec<_>>().join(" ")
    };
    insta::assert_snapshot!(refusal(&|limits| limits.entries = 30), @"the number of entries passes the limit of 30");
    insta::assert_snapshot!(refusal(&|limits| limits.unpacked_bytes = 50_000), @"the uncompressed size of the layers passes the limit of 50000");
    insta::assert_snapshot!(refusal(&|limits| limits.layers = 2), @"the image has 3 layers, the limit is 2");
    insta::assert_snapshot!(refusal(&|limits| limits.path_bytes = 10), @"the length of a path passes the limit of 10");
    let layer = refusal(&|limits| limits.layer_bytes = 100);
    assert!(layer.ends_with("the limit is 100"), "{layer}");
    let manifest = refusal(&|limits| limits.manifest_bytes = 100);
    assert!(manifest.ends_with("the limit is 100"), "{manifest}");
}

#[test]
fn a_bomb_is_stopped() {
    let zeros = file("zeros", vec![0; 96 << 20]);
    let image = Image::of(&[vec![zeros]]);
    let directory = tempfile::tempdir().unwrap();
    let layout = directory.path().join("image");
    write_layout(&layout, "latest", &image.manifest, image.blobs());
    let mut puller = Puller::of_layout(&layout);
    puller.limits.ratio = 100;
    let text = puller.refusal("image");
    assert!(text.ends_with("its compression ratio passes the limit of 100"), "{text}");
}

/// A registry whose answers about one kind of thing are changed.
fn tampered(kind: &'static str, change: impl Fn(Answer) -> Answer + Send + Sync + 'static) -> Puller {
    let image = Image::of(&stacks::many(2));
    let server = Server::start(move |asked, _| {
        let answer = image_answer(&image, asked);
        if asked.target.contains(kind) { change(answer) } else { answer }
    });
    Puller::of_registry(&server.url())
}

#[test]
fn bytes_that_are_not_those_announced_are_refused() {
    let flipped = |mut answer: Answer| {
        answer.body[5] ^= 1;
        answer
    };
    let text = tampered("/manifests/", flipped).refusal("a/b");
    assert!(text.starts_with("a manifest should be sha256:"), "{text}");
    let text = tampered("/blobs/", flipped).refusal("a/b");
    assert!(text.starts_with("a blob should be sha256:"), "{text}");
    let longer = |mut answer: Answer| {
        answer.body.push(b'x');
        answer
    };
    let text = tampered("/blobs/", longer).refusal("a/b");
    assert!(text.contains("were announced"), "{text}");
    let endless = |mut answer: Answer| {
        answer.body.extend_from_slice(&[0; 1 << 20]);
        answer.endless = true;
        answer
    };
    let text = tampered("/blobs/", endless).refusal("a/b");
    assert!(text.contains("were announced"), "{text}");
    let text = tampered("/manifests/", |mut answer| {
        answer.body = vec![b' '; 5 << 20];
        answer.endless = true;
        answer
    });
    let text = text.refusal("a/b");
    assert!(text.ends_with("the limit is 4194304"), "{text}");
}

#[test]
fn a_digest_reference_is_held_to_its_digest() {
    let image = Image::of(&stacks::many(2));
    let server = Server::start(move |asked, _| {
        let mut asked = asked.clone();
        asked.target = asked.target.replace(&"0".repeat(64), &image.id());
        image_answer(&image, &asked)
    });
    let puller = Puller::of_registry(&server.url());
    let text = puller.refusal(&format!("a/b@sha256:{}", "0".repeat(64)));
    assert!(text.starts_with("a manifest should be sha256:0000"), "{text}");
}

#[test]
fn an_index_of_itself_without_end_is_refused() {
    // A fixed point of SHA-256 cannot be made: a chain of indexes longer than the depth serves.
    let image = Image::of(&stacks::many(1));
    let mut chain = vec![image.manifest.clone()];
    for _ in 0..6 {
        let mut entry = chain.last().unwrap().descriptor();
        entry["platform"] = json!({"os": "linux", "architecture": "amd64"});
        let media_type = "application/vnd.oci.image.index.v1+json";
        let index = json!({"schemaVersion": 2, "mediaType": media_type, "manifests": [entry]});
        chain.push(Blob::new(media_type, serde_json::to_vec(&index).unwrap()));
    }
    let directory = tempfile::tempdir().unwrap();
    let layout = directory.path().join("image");
    let blobs = image.blobs().chain(&chain);
    write_layout(&layout, "latest", chain.last().unwrap(), blobs);
    let text = Puller::of_layout(&layout).refusal("image");
    assert!(text.ends_with("indexes are nested more than 3 deep"), "{text}");
}

#[test]
fn devices_and_fifos_are_never_made() {
    let items =
        vec![Item::new("null", What::CharacterDevice), Item::new("fifo", What::Fifo), hard_link("fifo2", "fifo")];
    let image = Image::of(&[items]);
    let directory = tempfile::tempdir().unwrap();
    let layout = directory.path().join("image");
    write_layout(&layout, "latest", &image.manifest, image.blobs());
    let puller = Puller::of_layout(&layout);
    let puller = puller.with_format(shifter_imagegw::pull::Format::Directory);
    let pulled = puller.pull("image").unwrap();
    assert_eq!(super::tree::read(pulled.product.path()).len(), 1);
    assert_eq!(pulled.report.dropped_special.count, 3);
}
