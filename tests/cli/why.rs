//! `why` and `show` tell where every value comes from.

use super::support::{GOOD, Site};

fn layered() -> Site {
    let top = "schema = 1\nextends = \"base.toml\"\n[gateway]\ntimeout = \"30s\"\nadmins_add = [\"bob\"]\n\
               [class.compute]\n[class.login]\nset.gateway.timeout = \"9s\"\n";
    Site::new().with("base.toml", &GOOD.replace("timeout ", "admins = [\"ann\"]\ntimeout ")).with("site.toml", top)
}

#[test]
fn every_layer_that_set_a_key_is_named_with_its_line() {
    let ran =
        layered().run(&["why", "gateway.timeout", "site.toml", "--class", "login", "--set", "gateway.timeout=4s"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    for line in [
        "gateway.timeout = \"4s\"   (class login)",
        "base.toml:",
        "site.toml:4",
        "site.toml:8 (class login)",
        "\"9s\"   overridden",
        "gatewayTimeout=4",
        "GW007 timeout-unset",
    ] {
        assert!(ran.out.contains(line), "no `{line}` in\n{}", ran.out);
    }
}

#[test]
fn a_list_names_who_added_to_it() {
    let ran = layered().run(&["why", "gateway.admins", "site.toml", "--format", "json"]);
    let answers: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    let layers = answers[0]["layers"].as_array().expect("a list");
    let does: Vec<&str> = layers.iter().filter_map(|layer| layer["does"].as_str()).collect();
    assert_eq!((does, answers[0]["value"].to_string().as_str()), (vec!["set", "add"], "[\"ann\",\"bob\"]"));
}

#[test]
fn an_unknown_key_is_told_the_nearest_and_fails() {
    let ran = layered().run(&["why", "gateway.tiemout", "site.toml"]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(ran.err.contains("did you mean `gateway.timeout`?"), "{}", ran.err);
    let ran = layered().run(&["why", "gateway.bind", "site.toml"]);
    assert_eq!(ran.code, 0);
    assert!(ran.out.contains("gateway.bind is not set") && ran.out.contains("0.0.0.0"), "{}", ran.out);
}

#[test]
fn a_secret_in_the_profile_is_never_shown() {
    let text = GOOD.replace("mongodb://localhost/", "mongodb://u:hunter2hunter@localhost/");
    let site = Site::new().with("site.toml", &text);
    for words in [
        &["why", "gateway.database.uri", "site.toml"][..],
        &["show", "site.toml"],
        &["show", "site.toml", "--format", "json"],
    ] {
        let ran = site.run(words);
        assert!(!ran.out.contains("hunter2") && !ran.err.contains("hunter2"), "{words:?}: {}{}", ran.out, ran.err);
    }
}

#[test]
fn what_is_shown_means_the_same_as_the_layers() {
    let site = layered();
    let shown = site.run(&["show", "site.toml", "--class", "login"]);
    assert_eq!(shown.code, 0, "{}", shown.err);
    assert!(
        shown.out.contains("timeout = \"9s\"") && shown.out.contains("admins = [\"ann\", \"bob\"]"),
        "{}",
        shown.out
    );
    let origins = site.run(&["show", "site.toml", "--origins"]).out;
    assert!(origins.contains("timeout = \"30s\"  # site.toml:4"), "{origins}");
    let again = Site::new().with("again.toml", &shown.out).run(&["show", "again.toml", "--class", "login"]);
    assert_eq!(again.out, shown.out);
}

#[test]
fn every_profile_of_the_repository_is_a_fixed_point_of_show() {
    use shifter_site::profile::{self, LoadOptions, Profile};
    let folder = super::support::repository().join("site-profiles");
    for entry in folder.read_dir().expect("the profiles") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let whole = profile::load::<Profile>(&LoadOptions::file(&path)).expect("readable");
        let root = shifter_site::show::effective(&whole);
        let text =
            shifter_site::show::layout::toml(&root, whole.origins.sources(), shifter_site::show::layout::Origin::Shown);
        let again = profile::load::<Profile>(&LoadOptions::text(&path, text.as_str())).expect("a text");
        let mut expected = whole.profile.clone();
        (expected.extends, expected.preset) = (None, None);
        assert!(again.loss.is_none(), "{}:\n{text}", path.display());
        assert_eq!(again.profile, expected, "{}", path.display());
    }
}

#[test]
fn explain_and_docs_know_the_keys_of_a_profile() {
    let site = Site::new();
    let ran = site.run(&["explain", "gateway.timeout"]);
    assert!(ran.code == 0 && ran.out.contains("gatewayTimeout of udiRoot.conf"), "{}", ran.out);
    let ran = site.run(&["explain", "module.mpich"]);
    assert!(ran.code == 0 && ran.out.contains("module.NAME.copy_from"), "{}", ran.out);
    let ran = site.run(&["explain", "gateway.tiemout"]);
    assert!(ran.code == 1 && ran.err.contains("`gateway.timeout`"), "{}", ran.err);
    let ran = site.run(&["docs", "gateway"]);
    assert!(ran.code == 0 && ran.out.contains("gateway.workers.threads") && !ran.out.contains("]("), "{}", ran.out);
    let ran = site.run(&["docs", "gatway"]);
    assert!(ran.code == 1 && ran.err.contains("`gateway`"), "{}", ran.err);
}

#[test]
fn explain_knows_the_keys_of_the_gateways_file() {
    let site = Site::new();
    let ran = site.run(&["explain", "Platforms.cori.mungeSocketPath"]);
    assert!(ran.code == 0 && ran.out.starts_with("Platforms.NAME.mungeSocketPath\n"), "{ran:?}");
    assert!(ran.out.contains("file            imagemanager.json"), "{ran:?}");
    assert!(site.run(&["explain", "PullUpdateTimeout"]).out.contains("Default 300"));
    let ran = site.run(&["explain", "CacheDirektory"]);
    assert!(ran.code == 1 && ran.err.contains("did you mean `CacheDirectory`?"), "{ran:?}");
}
