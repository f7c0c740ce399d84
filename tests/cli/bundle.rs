//! `support-bundle`: what is in the archive, and what is not.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;

use flate2::read::GzDecoder;
use shifter_site::secret::{Forms, SecretValue};

use super::support::Site;

const PASSWORD: &str = "mongo@p:a/s%s-0123456789";
const ENCODED: &str = "mongo%40p%3Aa%2Fs%25s-0123456789";
const REDIS: &str = "redis@p:a/s%s-9876543210";
const HARBOR: &str = "harbor-p:a/s%s-1357924680";

/// A node with secrets in every place that has one, and in some that should not.
fn node() -> Site {
    let base64 = "bW9uZ29AcDphL3Mlcy0wMTIzNDU2Nzg5";
    Site::new()
        .with(
            "root/etc/shifter/udiRoot.conf",
            "system=tiny\nimageGateway=http://gw:5000\nsiteEnv=API_TOKEN=abc def\nsiteEnv=PLACE=there\n",
        )
        .with(
            "root/etc/shifter/imagemanager.json",
            &format!(
                "{{\"MongoDBURI\": \"mongodb://shifter:{ENCODED}@localhost/\", \"Broker\": \"redis://:{REDIS}@h/\",\n\
                 \"Locations\": {{\"r\": {{\"credential\": {{\"file\": \"/etc/shifter/secrets/harbor\"}}}}}}}}"
            ),
        )
        .with("root/etc/shifter/premount.sh", &format!("#!/bin/sh\n# {base64}\n"))
        .with("root/etc/shifter/secrets/harbor", &format!("{HARBOR}\n"))
        .with("root/etc/redis.conf", &format!("requirepass {REDIS}\n"))
        .with("root/etc/os-release", "NAME=\"Tiny Linux\"\n")
        .with(
            "root/var/log/shifter_imagegw/api.log",
            &format!(
                "connecting to mongodb://shifter:{PASSWORD}@localhost/\nauthorization: Bearer abcdefghij\nready\n"
            ),
        )
        .with("root/var/log/shifter_imagegw/worker.log", &format!("login {HARBOR} refused\n"))
        .with("root/etc/shifter/deny", "everything maintenance\n")
        .with(
            "root/var/log/auth.log",
            "Nov 22 12:00:00 n1 sshd[1]: session opened\n\
             Nov 22 12:00:01 n1 shifter[2]: @cee: {\"at\":1,\"outcome\":\"refused\",\"uid\":7,\"error\":\"no image\"}\n",
        )
        .with(
            "root/var/lib/shifter-site/generations/1/generation.json",
            "{\"number\": 1, \"config_id\": \"0123456789abcdef\"}",
        )
}

fn unpacked(bytes: &[u8]) -> BTreeMap<String, String> {
    let mut archive = tar::Archive::new(GzDecoder::new(bytes));
    let mut entries = BTreeMap::new();
    for entry in archive.entries().expect("an archive") {
        let mut entry = entry.expect("an entry");
        let name = entry.path().expect("a name").display().to_string();
        let mut text = String::new();
        entry.read_to_string(&mut text).expect("UTF-8");
        entries.insert(name.trim_start_matches("shifter-support/").to_owned(), text);
    }
    entries
}

#[test]
fn the_archive_has_what_a_supporter_needs_and_no_secret() {
    let site = node();
    let ran = site.run(&["support-bundle", "--root", "root", "--output", "a.tar.gz"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let bytes = std::fs::read(site.path().join("a.tar.gz")).expect("written");
    let entries = unpacked(&bytes);
    for secret in [PASSWORD, ENCODED, REDIS, HARBOR, "Bearer abcdefghij", "abc def"] {
        let forms = Forms::of(&SecretValue::new(secret)).expect("long enough");
        for (name, text) in &entries {
            assert_eq!(forms.found_in(text.as_bytes()), None, "{name}: {text}");
        }
        assert_eq!(forms.found_in(ran.out.as_bytes()), None);
    }
    let shows = |name: &str, text: &str| {
        let entry = entries.get(name).unwrap_or_else(|| panic!("no {name} in {:?}", entries.keys()));
        assert!(entry.contains(text), "{name}: {entry}");
    };
    shows("etc/shifter/udiRoot.conf", "imageGateway=http://gw:5000\nsiteEnv=API_TOKEN=***\nsiteEnv=PLACE=there\n");
    shows("etc/shifter/imagemanager.json", "mongodb://***@localhost/");
    shows("etc/shifter/imagemanager.json", "/etc/shifter/secrets/harbor");
    shows("etc/shifter/premount.sh", "left out: a secret of this node stands in it");
    shows("var/log/shifter_imagegw/api.log", "mongodb://***@localhost/\nauthorization:***\nready\n");
    shows("var/log/shifter_imagegw/worker.log", "left out");
    shows("var/lib/shifter-site/generations/1/generation.json", "0123456789abcdef");
    shows("etc/shifter/deny", "everything maintenance\n");
    shows("versions.txt", "Tiny Linux");
    let record = "{\"at\":1,\"outcome\":\"refused\",\"uid\":7,\"error\":\"no image\"}\n";
    assert_eq!(entries.get("records.jsonl").map(String::as_str), Some(record));
    shows("facts.json", "\"root\": \"root\"");
    shows("verify.json", "cannot read the manifest");
    shows("not-there.txt", "/etc/shifter/manifest.json: ");
    let mode = std::fs::metadata(site.path().join("a.tar.gz")).expect("written").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn the_same_node_gives_the_same_bytes_and_no_archive_is_replaced() {
    let site = node();
    for name in ["a.tar.gz", "b.tar.gz"] {
        assert_eq!(site.run(&["support-bundle", "--root", "root", "--output", name, "--class", "x"]).code, 0);
    }
    let read = |name: &str| std::fs::read(site.path().join(name)).expect("written");
    assert_eq!(read("a.tar.gz"), read("b.tar.gz"));
    let ran = site.run(&["support-bundle", "--root", "root", "--output", "a.tar.gz"]);
    assert!(ran.code == 74 && ran.err.contains("a.tar.gz"), "{ran:?}");
}

#[test]
fn a_root_that_is_not_there_is_no_node_without_files() {
    let site = Site::new();
    let ran = site.run(&["support-bundle", "--root", "nosuch", "--output", "b.tar.gz"]);
    assert_eq!(
        (ran.code, ran.err.as_str()),
        (74, "shifter-site: cannot read `nosuch`: No such file or directory (os error 2)\n")
    );
    assert!(!site.path().join("b.tar.gz").exists());
}
