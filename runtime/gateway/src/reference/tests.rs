use super::*;

const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn names() -> LocationNames {
    LocationNames::new("docker.io")
        .with("docker.io", "docker.io")
        .with("index.docker.io", "docker.io")
        .with("127.0.0.1:5000", "local")
        .with("quay", "quay.io")
}

fn parsed(text: &str) -> (String, String) {
    let (location, reference) = names().parse(text).unwrap();
    (location, reference.to_string())
}

#[test]
fn a_name_alone_is_the_latest_of_the_default_location() {
    assert_eq!(parsed("ubuntu"), ("docker.io".into(), "ubuntu:latest".into()));
}

#[test]
fn locations_and_aliases_are_taken_off() {
    assert_eq!(parsed("quay/a/b:c"), ("quay.io".into(), "a/b:c".into()));
    assert_eq!(parsed("127.0.0.1:5000/a:1.2"), ("local".into(), "a:1.2".into()));
    assert_eq!(parsed("index.docker.io/x"), ("docker.io".into(), "x:latest".into()));
}

#[test]
fn a_plain_first_component_is_part_of_the_repository() {
    assert_eq!(parsed("group/image:1"), ("docker.io".into(), "group/image:1".into()));
}

#[test]
fn a_host_without_a_location_is_refused() {
    let error = names().parse("ghcr.io/a/b").unwrap_err();
    insta::assert_snapshot!(error, @"no location `ghcr.io` is configured (known: 127.0.0.1:5000, docker.io, index.docker.io, quay)");
    assert!(names().parse("localhost/a").is_err());
}

#[test]
fn a_digest_stands_alone_or_behind_a_tag() {
    let alone: Reference = format!("a@{DIGEST}").parse().unwrap();
    assert_eq!((alone.tag(), alone.manifest_name()), (None, DIGEST.into()));
    let both: Reference = format!("a:t@{DIGEST}").parse().unwrap();
    assert_eq!((both.tag(), both.manifest_name()), (Some("t"), DIGEST.into()));
    assert_eq!(both.to_string(), format!("a:t@{DIGEST}"));
}

#[test]
fn only_docker_hub_has_official_images() {
    let reference: Reference = "busybox".parse().unwrap();
    let named = |server| reference.clone().as_named_by(server).repository().to_owned();
    assert_eq!(named("registry-1.docker.io"), "library/busybox");
    assert_eq!(named("evildocker.io"), "busybox");
    assert_eq!(named("quay.io"), "busybox");
    let grouped: Reference = "a/b".parse().unwrap();
    assert_eq!(grouped.as_named_by("docker.io").repository(), "a/b");
}

#[test]
fn names_outside_the_grammar_are_refused() {
    for bad in [
        "",
        ":x",
        "A",
        "a//b",
        "/a",
        "a/",
        "a..b",
        "a___b",
        "-a",
        "a-",
        "a:",
        "a:-x",
        "a:b:c",
        "a@sha256:12",
        "a@md5:aa",
        "a b",
        "a:t\n",
        "../a",
        "a/../b",
        "a%2fb",
        "é",
    ] {
        assert!(bad.parse::<Reference>().is_err(), "{bad:?} was accepted");
    }
    let long = "a".repeat(256);
    assert_eq!(long.parse::<Reference>(), Err(ReferenceError::RepositoryTooLong(256)));
    assert!(format!("a:{}", "t".repeat(129)).parse::<Reference>().is_err());
}

#[test]
fn names_of_the_grammar_are_accepted() {
    for good in ["a", "a--b", "a__b", "a.b/c_d", "0/1:2", "a:T_-.x", "a:128"] {
        assert!(good.parse::<Reference>().is_ok(), "{good:?} was refused");
    }
}

#[test]
fn a_digest_keeps_its_text() {
    assert_eq!(Digest::of(b"").to_string(), DIGEST);
    assert_eq!(DIGEST.parse::<Digest>().unwrap(), Digest::of(b""));
    assert!(DIGEST.to_uppercase().parse::<Digest>().is_err());
}
