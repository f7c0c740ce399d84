//! The real gateway under a registry that means harm in every way at once: each pull ends in a failure that names its cause,
//! soon, in little memory, and nothing outside the gateway's own directories is touched.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::builder::{Blob, Image, Item, What, directory, file, gzip, hard_link, index, symlink, tar, zstd};
use super::daemon::Site;
use super::server::{Answer, Asked, Server, image_answer};
use super::wire;

type Answering = Box<dyn Fn(&Asked, &[Asked]) -> Answer + Send + Sync>;

/// What every repository of the registry does, and what a pull of it must say; `None` for what is odd and no harm.
struct Evil(BTreeMap<&'static str, (Answering, Option<&'static str>)>);

impl Evil {
    fn answers(
        &mut self,
        name: &'static str,
        says: &'static str,
        answer: impl Fn(&Asked, &[Asked]) -> Answer + Send + Sync + 'static,
    ) {
        self.0.insert(name, (Box::new(answer), Some(says)));
    }

    /// A registry that behaves, with an image that does not.
    fn serves(&mut self, name: &'static str, says: impl Into<Option<&'static str>>, image: Image) {
        self.0.insert(name, (Box::new(move |asked, _| image_answer(&image, asked)), says.into()));
    }

    /// An image with this layer.
    fn layer(&mut self, name: &'static str, says: &'static str, items: &[Item]) {
        self.packed(name, says, gzip(&tar(items)));
    }

    fn packed(&mut self, name: &'static str, says: &'static str, bytes: Vec<u8>) {
        self.serves(name, says, of_layer("application/vnd.oci.image.layer.v1.tar+gzip", bytes));
    }

    /// A manifest of these bytes.
    fn manifest(&mut self, name: &'static str, says: &'static str, bytes: impl Into<Vec<u8>>) {
        let bytes = bytes.into();
        self.answers(name, says, move |_, _| Answer::ok(bytes.clone()));
    }

    /// A good image, of whose answers of one kind something is changed.
    fn changes(
        &mut self,
        name: &'static str,
        says: &'static str,
        kind: &'static str,
        change: impl Fn(Answer) -> Answer + Send + Sync + 'static,
    ) {
        let image = Image::of(&[vec![file("a", vec![7; 5000])]]);
        self.answers(name, says, move |asked, _| {
            let answer = image_answer(&image, asked);
            if asked.target.contains(kind) { change(answer) } else { answer }
        });
    }
}

fn of_layer(media_type: &str, bytes: Vec<u8>) -> Image {
    Image::assembled(vec![Blob::new(media_type, bytes)], &json!({}), "amd64")
}

fn endless(body: Vec<u8>) -> Answer {
    Answer { endless: true, ..Answer::ok(body) }
}

fn protocol(evil: &mut Evil) {
    evil.answers("refuses", "evil refuses ", |_, _| Answer::new(401).with("WWW-Authenticate", "Basic realm=\"again\""));
    evil.answers("circles", "it redirects more than 5 times", |asked, _| {
        Answer::new(307).with("Location", asked.target.clone())
    });
    evil.answers("elsewhere", "cannot be used", |_, _| Answer::new(307).with("Location", "ftp://127.0.0.1/x"));
    evil.answers("tokens", "a token has ", |asked, _| match asked.target.contains("/realm") {
        true => endless(vec![b' '; 2 << 20]),
        false => Answer::new(401).with("WWW-Authenticate", "Bearer realm=\"/realm\""),
    });
    evil.answers("heads", "cannot fetch http://", |_, _| Answer {
        headers: vec![("X-Long".to_owned(), "x".repeat(1 << 20))],
        ..Answer::ok("{}")
    });
    evil.changes("lies", "a manifest should be sha256:", "/manifests/", |mut answer| {
        answer.body.push(b' ');
        answer
    });
    evil.changes("flips", "a blob should be sha256:", "/blobs/", |mut answer| {
        answer.body[20] ^= 1;
        answer
    });
    evil.changes("short", "were announced", "/blobs/", |mut answer| {
        answer.body.pop();
        answer
    });
    evil.changes("long", "were announced", "/blobs/", |mut answer| {
        answer.body.extend_from_slice(&[0; 1 << 20]);
        Answer { endless: true, ..answer }
    });
    evil.changes("cut", "the connection ended", "/blobs/", |answer| Answer { endless: true, ..answer.cut_after(10) });
}

fn documents(evil: &mut Evil) {
    const OCI: &str = "application/vnd.oci.image.manifest.v1+json";
    evil.answers("swells", "the limit is 4194304", |_, _| endless(vec![b' '; 5 << 20]));
    evil.manifest("prose", "it is not a manifest", "this is no JSON");
    evil.manifest("nests", "recursion limit", [&br#"{"schemaVersion":2,"fsLayers":"#[..], &[b'['; 100_000]].concat());
    evil.manifest("binary", "it is not a manifest", [0xff; 64]);
    let digest = format!("sha256:{}", "0".repeat(64));
    let of_size = |size: &str, layers: usize| {
        let kind = "application/vnd.oci.image.layer.v1.tar";
        let layer = format!(r#"{{"mediaType":"{kind}","digest":"{digest}","size":{size}}}"#);
        let config =
            format!(r#"{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{digest}","size":2}}"#);
        let layers = vec![layer; layers].join(",");
        format!(r#"{{"schemaVersion":2,"mediaType":"{OCI}","config":{config},"layers":[{layers}]}}"#)
    };
    evil.manifest("giant", "has 18446744073709551615 bytes, the limit is", of_size("18446744073709551615", 1));
    evil.manifest("minus", "it is not a manifest", of_size("-1", 1));
    evil.manifest("tower", "the image has 600 layers, the limit is 512", of_size("1", 600));
    evil.manifest("empty", "it has no layers", of_size("1", 0));
    evil.manifest(
        "both",
        "an index and an image at once",
        r#"{"schemaVersion":2,"manifests":[],"layers":[],"config":{"digest":"x","size":1}}"#,
    );
    let config = json!({ "config": { "Env": ["A=\u{0}"] } });
    let layer = Blob::new("application/vnd.oci.image.layer.v1.tar", tar(&[file("a", "x")]));
    evil.serves("config", "the image configuration sha256:", Image::assembled(vec![layer.clone()], &config, "amd64"));
    let foreign = Blob { media_type: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip".to_owned(), ..layer };
    evil.serves("foreign", "is not distributed by registries", Image::assembled(vec![foreign], &json!({}), "amd64"));
    // Indexes in indexes, deeper than anything real.
    let image = Image::of(&[vec![file("a", "x")]]);
    let mut chain = vec![index(std::slice::from_ref(&image))];
    for _ in 0..6 {
        let mut entry = chain.last().unwrap().descriptor();
        entry["platform"] = json!({ "os": "linux", "architecture": "amd64" });
        let document = json!({ "schemaVersion": 2, "mediaType": chain[0].media_type, "manifests": [entry] });
        chain.push(Blob::new(&chain[0].media_type, serde_json::to_vec(&document).unwrap()));
    }
    evil.answers("matryoshka", "indexes are nested more than 3 deep", move |asked, _| {
        let found = chain.iter().find(|blob| asked.target.contains(&blob.digest().hex()));
        let blob = found.unwrap_or_else(|| chain.last().unwrap());
        Answer::ok(blob.bytes.clone()).with("Content-Type", blob.media_type.clone())
    });
}

fn layers(evil: &mut Evil, victim: &Path) {
    evil.layer("dots", "its path contains `..`", &[file("a/../../x", "x")]);
    evil.layer("linked", "a hard link with `..` in its target", &[hard_link("a", "../../etc/shadow")]);
    evil.layer(
        "absent",
        "a hard link to a file that is not in the image",
        &[hard_link("a", &victim.display().to_string())],
    );
    evil.layer("ring", "too many symbolic links", &[symlink("a", "b"), symlink("b", "a"), file("a/x", "")]);
    evil.layer("sparse", "sparse files are not supported", &[file("s", "").pax("GNU.sparse.major", b"1")]);
    evil.layer(
        "huge",
        "the archive ends in the middle of an entry",
        &[file("s", "").pax("size", b"9223372036854775807")],
    );
    evil.layer("absurd", "not a valid tar archive", &[file("s", "").pax("size", b"18446744073709551615")]);
    evil.layer("names", "the length of a file name passes the limit of 255", &[file(&"n".repeat(256), "")]);
    evil.layer("deep", "the length of a path passes the limit", &[file(&"d/".repeat(2100), "")]);
    evil.layer("speaks", r"entry `a\n\u{1b}[2J/../b`", &[file("a\n\u{1b}[2J/../b", "x")]);
    evil.packed(
        "torn",
        "the archive ends in the middle of an entry",
        gzip(&tar(&[file("a", vec![1; 4000])]))[..60].to_vec(),
    );
    evil.packed("noise", "the header's checksum is wrong", gzip(&[b'x'; 1024]));
    evil.packed("bzip2", "it is compressed with bzip2", b"BZh91AY&SY".to_vec());
    let zeros = tar(&[file("zeros", vec![0; 96 << 20])]);
    evil.packed("bomb", "its compression ratio passes the limit of 100", gzip(&zeros));
    evil.packed("zstd-bomb", "its compression ratio passes the limit of 100", zstd(&zeros));
    // A frame that wants a window of 2 GiB (RFC 8878, 3.1.1.1.2).
    evil.packed(
        "window",
        "Frame requires too much memory",
        [&[0x28, 0xb5, 0x2f, 0xfd, 0, 21 << 3][..], &[1, 0, 0]].concat(),
    );
    let many: Vec<Item> = (0..3000).map(|number| file(&format!("{number}"), "")).collect();
    evil.layer("many", "the number of entries passes the limit of 2000", &many);

    // What is odd, and legal: nothing of it leads out of the image.
    let outside = victim.display().to_string();
    let odd = vec![
        symlink("out", &outside),
        file("out/planted", "x"),
        file(&format!("{outside}/planted"), "x"),
        directory("twice").mode(0o700),
        file("twice", "now a file"),
        file("twice", "and again"),
        file("new\nline", "x"),
        file("x", "x").pax("path", b"not\xffutf8\n"),
        Item::new("dev/sda", What::CharacterDevice),
        Item::new("pipe", What::Fifo),
        file("set", "x").mode(0o6777),
    ];
    evil.serves("odd", None, Image::of(&[odd]));
}

/// The most memory that a process ever had, in kB (proc_pid_status(5)).
fn peak(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_registry_that_means_harm_does_none() {
    let mut site = Site::new(Path::new("/nonexistent/munge"));
    let victim = site.path("victim");
    std::fs::create_dir(&victim).unwrap();
    std::fs::write(victim.join("file"), "untouched").unwrap();
    let mut evil = Evil(BTreeMap::new());
    protocol(&mut evil);
    documents(&mut evil);
    layers(&mut evil, &victim);
    let expected: BTreeMap<_, _> = evil.0.iter().map(|(name, (_, says))| (*name, *says)).collect();
    let server = Server::start(move |asked, so_far| {
        let name = asked.target.strip_prefix("/v2/").and_then(|rest| rest.split('/').next()).unwrap_or("tokens");
        evil.0[name.split('?').next().unwrap()].0(asked, so_far)
    });
    site.config["Locations"] = json!({ "evil": { "remotetype": "dockerv2", "url": server.url() } });
    site.config["DefaultImageLocation"] = "evil".into();
    site.config["WorkerThreads"] = 4.into();
    site.config["Limits"] = json!({ "ratio": 100, "entries": 2000 });
    let before = names(&std::env::temp_dir());
    let daemon = site.start(Path::new(env!("CARGO_BIN_EXE_shifter-imagegw")));

    let began = Instant::now();
    let ask = |name: &str| wire::unix(&site.path("socket"), &format!("POST /api/pull/cori/docker/{name}:1/")).json();
    expected.keys().for_each(|name| drop(ask(name)));
    for (name, says) in &expected {
        let mut record: Value = ask(name);
        while !matches!(record["status"].as_str(), Some("READY" | "FAILURE")) {
            assert!(began.elapsed() < Duration::from_secs(150), "{name}: {record}");
            std::thread::sleep(Duration::from_millis(50));
            record = ask(name);
        }
        let (state, message) = (record["status"].as_str().unwrap(), record["status_message"].as_str().unwrap());
        match says {
            Some(says) => assert!(state == "FAILURE" && message.contains(says), "{name}: {state} {message}"),
            None => assert_eq!(state, "READY", "{name}: {message}"),
        }
        assert!(message.len() < 2000 && !message.contains(char::is_control), "{name}: {message:?}");
    }

    let used = peak(daemon.child.id());
    assert!(used < 200_000, "{used} kB");
    assert_eq!(names(&victim), ["file"]);
    assert_eq!(std::fs::read(victim.join("file")).unwrap(), b"untouched");
    // Only the odd image is there, and nothing half done of the others.
    let images = names(&site.path("images"));
    assert!(images.len() == 3 && images[2] == "index", "{images:?}");
    let blobs = names(&site.path("cache/blobs/sha256"));
    assert!(blobs.iter().all(|name| name.len() == 64), "{blobs:?}");
    let is_new = |name: &String| !before.contains(name) && name.contains("shifter-imagegw");
    assert_eq!(names(&std::env::temp_dir()).into_iter().filter(is_new).count(), 0);
}
