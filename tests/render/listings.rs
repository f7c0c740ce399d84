//! Blue Waters as rendered against Blue Waters as published (CUG 2018, Listings 17 to 20): equal but for what was wrong
//! there, and each of those is named here.

use crate::support::{MONGO, REDIS, plan, repository, text};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

fn listing(name: &str) -> String {
    std::fs::read_to_string(repository(&format!("tests/data/listings/{name}"))).unwrap()
}

/// A value of a JSON document by its pointer, for every leaf.
fn leaves(value: &Value, path: &str, found: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| leaves(value, &format!("{path}/{key}"), found)),
        leaf => drop(found.insert(path.to_owned(), leaf.clone())),
    }
}

fn leaves_of(text: &str) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    leaves(&serde_json::from_str(text).unwrap(), "", &mut found);
    found
}

/// `key: (published, rendered)` for every key that differs; an absent one is null or empty.
type Differences<T> = BTreeMap<String, (Option<T>, Option<T>)>;

fn differences<T: Clone + PartialEq>(
    published: &BTreeMap<String, T>,
    rendered: &BTreeMap<String, T>,
) -> Differences<T> {
    let keys: BTreeSet<&String> = published.keys().chain(rendered.keys()).collect();
    keys.into_iter()
        .filter(|key| published.get(*key) != rendered.get(*key))
        .map(|key| (key.clone(), (published.get(key).cloned(), rendered.get(key).cloned())))
        .collect()
}

#[test]
fn imagemanager_json_is_listing_17_without_its_mistakes() {
    let published = leaves_of(&listing("l17-imagemanager.json"));
    let rendered = leaves_of(&text(&plan("bluewaters"), "imagemanager.json"));
    let mut expected: Differences<Value> = BTreeMap::new();
    let mut differ = |key: &str, old: Value, new: Value| {
        let some = |value: Value| (!value.is_null()).then_some(value);
        expected.insert(key.to_owned(), (some(old), some(new)));
    };
    // The platform is called `bluewater`, the system `bluewaters`: every pull is refused.
    for (key, value) in [
        ("mungeSocketPath", json!("/var/run/munge/munge.socket.2")),
        ("accesstype", json!("local")),
        ("admins", json!(["root"])),
        ("usergroupService", json!("local")),
        ("local/imageDir", json!("/mnt/c/scratch/system/shifter/images")),
    ] {
        differ(&format!("/Platforms/bluewater/{key}"), value.clone(), Value::Null);
        differ(&format!("/Platforms/bluewaters/{key}"), Value::Null, value);
    }
    // A raw `@` in a password makes the URI invalid; and two services share one password.
    let mongo =
        |login: &str| json!(format!("mongodb://shifteradmin:{login}@localhost/Shifter?authMechanism=SCRAM-SHA-1"));
    differ("/MongoDBURI", mongo("<P@55w0rd>"), mongo("mongo%40p%3Aa%2Fs%25s-0123456789"));
    differ(
        "/Broker",
        json!("redis://:<P@55w0rd>@localhost/"),
        json!("redis://:redis%40p%3Aa%2Fs%25s-0123456789@localhost/"),
    );
    // A trailing slash.
    for (key, dir) in [("/CacheDirectory", "cache"), ("/ExpandDirectory", "expand")] {
        let path = format!("/mnt/c/scratch/system/shifter/images/{dir}");
        differ(key, json!(format!("{path}/")), json!(path));
    }
    // Without this key the software does not read PullUpdateTimeout.
    differ("/PullUpdateTime", Value::Null, json!(300));
    assert_eq!(differences(&published, &rendered), expected);
}

/// `key=value` lines, continuations joined.
fn keys(text: &str) -> BTreeMap<String, String> {
    let joined = text.replace("\\\n", "");
    let lines = joined.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| (key.to_owned(), value.replace("    ", "")))
        .collect()
}

#[test]
fn udiroot_conf_is_listing_18_in_all_but_three_keys() {
    let published = keys(&listing("l18-udiRoot.conf"));
    let rendered = keys(&text(&plan("bluewaters"), "udiRoot.conf"));
    assert_eq!(published.len(), 27);
    let some = |text: &str| Some(text.to_owned());
    let expected: Differences<String> = [
        // The misspelt key is unknown, and the runtime refuses the whole file.
        ("allowLibcPwdsCalls", (some("1"), None)),
        ("allowLibcPwdCalls", (None, some("1"))),
        // Images are written to one directory and looked for in another.
        ("imagePath", (some("/mnt/abc/scratch/system/shifter/images"), some("/mnt/c/scratch/system/shifter/images"))),
        // What the hook mounted is mounted by the runtime: nosuid, nodev, private.
        (
            "siteFs",
            (
                some("/home:/home"),
                some(
                    "/home:/home;/mnt/a:/mnt/a;/mnt/b:/mnt/b;/mnt/c:/mnt/c;/ufs:/ufs;\
                     /var/opt/cray/alps:/var/opt/cray/alps;/dsl/opt:/dsl/opt",
                ),
            ),
        ),
    ]
    .into_iter()
    .map(|(key, values)| (key.to_owned(), values))
    .collect();
    assert_eq!(differences(&published, &rendered), expected);
}

/// What a script mounts and links, and which directories it makes.
fn script_effects(text: &str) -> (BTreeSet<String>, BTreeSet<(String, String)>, BTreeSet<String>) {
    let (mut binds, mut links, mut made) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for line in text.lines() {
        match line.split_whitespace().collect::<Vec<_>>()[..] {
            ["mount", "--bind", from, to] => {
                assert_eq!(from, format!("/{to}"));
                binds.insert(from.to_owned());
            }
            ["ln", "-s", target, name] | ["link", target, name] if !target.starts_with('"') => {
                links.insert((target.to_owned(), name.to_owned()));
            }
            ["mkdir", "-p", dir] => drop(made.insert(dir.to_owned())),
            _ => {}
        }
    }
    (binds, links, made)
}

#[test]
fn containers_see_what_listings_18_and_19_show_them() {
    let (published_binds, published_links, _) = script_effects(&listing("l19-premount.sh"));
    let plan = plan("bluewaters");
    let (binds, links, made) = script_effects(&text(&plan, "premount.sh"));
    assert_eq!(published_links.len(), 5);
    assert_eq!(links, published_links);

    let in_site_fs: BTreeSet<String> = keys(&text(&plan, "udiRoot.conf"))["siteFs"]
        .split(';')
        .map(|entry| {
            let (from, to) = entry.split_once(':').unwrap();
            assert_eq!(from, to);
            from.to_owned()
        })
        .collect();
    let mut published = published_binds;
    published.insert("/home".to_owned());
    assert_eq!(published.len(), 7);
    assert_eq!(in_site_fs, published);
    // The script itself mounts nothing and makes only the parents.
    assert_eq!(binds, BTreeSet::new());
    assert_eq!(made, ["dsl", "mnt", "var/opt/cray"].map(str::to_owned).into());
}

#[test]
fn redis_conf_has_the_two_lines_of_listing_20_with_a_password_of_its_own() {
    let plan = plan("bluewaters");
    let rendered = text(&plan, "redis.conf");
    let published = listing("l20-redis.conf");
    let line = |text: &str, key: &str| text.lines().find(|line| line.starts_with(key)).map(str::to_owned);
    assert_eq!(line(&rendered, "dir "), line(&published, "dir "));
    assert_eq!(line(&rendered, "requirepass "), Some(format!("requirepass {REDIS}")));
    assert_ne!(MONGO, REDIS);
    let file = plan.get("redis.conf").unwrap();
    assert_eq!((file.owner.as_str(), file.group.as_str(), file.mode.bits()), ("root", "redis", 0o640));
}
