//! What is said of a test system and the one that it stands for.

use std::fs;

use shifter_site::diagnostic::Located;
use shifter_site::lint::Tier;

use crate::trial::{MINIMAL, findings};

/// The findings of `test` beside `production`; both are laid over the minimal profile.
fn drift(production: &str, test: &str) -> Vec<Located> {
    let directory = tempfile::tempdir().expect("a directory");
    let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).expect("a file");
    write("site.toml", MINIMAL);
    write("production.toml", &format!("extends = \"site.toml\"\n{production}"));
    write("test.toml", &format!("extends = \"site.toml\"\n{test}"));
    let mut found = findings(&directory.path().join("test.toml"), Tier::Default);
    found.retain(|located| located.finding.name == "twin-drift");
    found
}

fn messages(found: &[Located]) -> Vec<&str> {
    found.iter().map(|located| located.finding.message.as_str()).collect()
}

fn twin(of: &str, may_differ: &str) -> String {
    format!("[site]\nrole = \"test\"\ntwin = {{ of = \"{of}\", may_differ = [{may_differ}] }}\n")
}

#[test]
fn a_difference_is_marked_in_both_profiles() {
    let test = format!("{}[images]\nexpire_after = \"60d\"\n", twin("production.toml", ""));
    let found = drift("[images]\nexpire_after = \"30d\"\n", &test);
    assert_eq!(messages(&found), ["`images.expire_after` is another than in `production.toml`"]);
    let marked: Vec<_> = found[0].places.iter().map(|place| &place.source.text()[place.span.clone()]).collect();
    assert_eq!(marked, ["\"60d\"", "\"30d\""]);
    assert!(found[0].places[1].source.name.ends_with("production.toml"));
}

#[test]
fn keys_of_one_profile_alone_are_found_unless_they_may_differ() {
    let production = "[images]\nexpire_after = \"30d\"\n[scale]\nnodes = 900\n";
    let test = |may_differ: &str| format!("{}[scale]\nnodes = 50\n", twin("production.toml", may_differ));
    assert_eq!(
        messages(&drift(production, &test("\"scale.nodes\""))),
        ["`images.expire_after` is only in `production.toml`"]
    );
    assert!(drift(production, &test("\"scale\", \"images.expire_after\"")).is_empty());
}

#[test]
fn mounts_are_compared_by_their_targets_in_any_order() {
    let mount = |source: &str| format!("[[filesystem]]\nsource = \"{source}\"\ntarget = \"{source}\"\n");
    let test = |mounts: String| format!("{}{mounts}", twin("production.toml", ""));
    let production = mount("/a") + &mount("/b");
    assert!(drift(&production, &test(mount("/b") + &mount("/a"))).is_empty());
    let found = drift(&production, &test(mount("/b") + &mount("/c")));
    assert_eq!(found.len(), 2, "{:?}", messages(&found));
}

#[test]
fn a_twin_that_cannot_be_compared_with_is_a_finding() {
    let said = |production: &str, test: &str| {
        let found = drift(production, test);
        assert_eq!(found.len(), 1, "{:?}", messages(&found));
        found[0].finding.message.clone()
    };
    assert!(said("", &twin("gone.toml", "")).contains("cannot read"));
    assert!(said("", &twin("test.toml", "")).ends_with("it is this profile"));
    assert!(said("[images]\npath = 3\n", &twin("production.toml", "")).ends_with("it has an error"));
    assert!(said("", "[site]\nrole = \"test\"\n").contains("does not name"));
    assert!(said("", &twin("production.toml", "\"a..b\"")).contains("a..b"));
}

#[test]
fn a_secret_of_the_other_profile_is_not_shown() {
    let production = "[gateway.database]\nuri = \"mongodb://u:n0t-t0-be-sh0wn-here@h/\"\n";
    let found = drift(production, &twin("production.toml", ""));
    assert!(!found.is_empty());
    for located in &found {
        let shown = located.places.iter().map(|place| place.source.shown());
        assert!(shown.into_iter().all(|text| !text.contains("n0t-t0-be-sh0wn")));
        assert!(!located.finding.message.contains("n0t-t0-be-sh0wn"));
    }
}
