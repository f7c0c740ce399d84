//! Exit codes, streams, overrides, and which profile is meant.

use super::support::{GOOD, Site, broken};

#[test]
fn the_exit_code_says_how_a_run_went() {
    let site = Site::new().with("good.toml", GOOD).with("broken.toml", &broken()).with("syntax.toml", "schema = \n");
    let cases: &[(&[&str], i32)] = &[
        (&["check", "good.toml"], 0),
        (&["check", "broken.toml"], 1),
        (&["check", "good.toml", "broken.toml"], 1),
        (&["check", "syntax.toml"], 1),
        (&["check", "--fail-on", "never", "broken.toml"], 0),
        (&["check", "--ignore", "unknown-key", "broken.toml"], 0),
        (&["check", "--select", "FS", "broken.toml"], 0),
        (&["check", "--select", "FS,FX", "good.toml"], 64),
        (&["check", "--ignore", "unkown-key", "good.toml"], 64),
        (&["check", "--ignore", "FS008", "good.toml"], 0),
        (&["check", "--ignore", "ALL,RT023", "broken.toml"], 0),
        (&["check", "nosuch.toml"], 74),
        (&["check", "."], 74),
        (&["check", "--output", "no/such/dir", "good.toml"], 74),
        (&["check", "--format", "yaml", "good.toml"], 64),
        (&["check", "--fail-on", "panic", "good.toml"], 64),
        (&["check", "--set", "nonsense", "good.toml"], 64),
        (&["check", "--set", "a b=1", "good.toml"], 64),
        (&["check", "-", "-"], 64),
        (&["check"], 64),
        (&["chekc"], 64),
        (&[], 64),
        (&["--help"], 0),
        (&["--version"], 0),
        (&["check", "--help"], 0),
        (&["schema", "--name", "nosuch"], 64),
        (&["schema"], 0),
    ];
    for (arguments, code) in cases {
        let ran = site.run(arguments);
        assert_eq!(ran.code, *code, "{arguments:?}: {ran:?}");
    }
}

#[test]
fn a_class_that_is_not_there_is_wrong_usage_in_every_verb() {
    let text = format!("{GOOD}[class.compute]\n[class.gateway]\n");
    let site = Site::new().with("site.toml", &text);
    std::fs::create_dir(site.path().join("root")).expect("made");
    let verbs: &[&[&str]] = &[
        &["check", "site.toml"],
        &["check", "--fix", "--diff", "site.toml"],
        &["render", "site.toml", "--out", "out"],
        &["diff", "site.toml", "--root", "root"],
        &["diff", "--from", "site.toml", "--to", "site.toml"],
        &["apply", "site.toml", "--root", "root", "--yes"],
        &["why", "images.path", "site.toml"],
        &["show", "site.toml"],
        &["show", "mounts", "site.toml"],
        &["capacity", "site.toml"],
        &["facts", "--profile", "site.toml", "--root", "root"],
        &["doctor", "site.toml", "--root", "root", "--no-probe"],
        &["check", "--root", "root", "site.toml"],
    ];
    for verb in verbs {
        let ran = site.run(&[verb, ["--class", "nosuch"].as_slice()].concat());
        assert_eq!(ran.code, 64, "{verb:?}: {ran:?}");
        assert!(ran.err.contains("has no class `nosuch`: it has compute, gateway"), "{verb:?}: {ran:?}");
    }
    assert_eq!(site.run(&["render", "site.toml", "--tree", "--out", "trees"]).code, 0);
    let ran = site.run(&["verify", "--root", "trees/compute", "--class", "nosuch"]);
    assert!(ran.code == 64 && ran.err.contains("no class `nosuch`"), "{ran:?}");
}

#[test]
fn every_verb_takes_its_profile_in_either_place() {
    let site = Site::new().with("a.toml", GOOD).with("b.toml", &broken());
    std::fs::create_dir(site.path().join("root")).expect("made");
    let verbs: &[&[&str]] = &[
        &["check", "--format", "json"],
        &["render", "--stdout", "udiRoot.conf", "--secrets", "placeholder"],
        &["diff", "--root", "root"],
        &["apply", "--root", "root", "--dry-run"],
        &["why", "images.path"],
        &["show"],
        &["show", "mounts"],
        &["capacity"],
        &["fmt", "--diff"],
        &["migrate", "--to", "native"],
        &["facts", "--root", "root"],
        &["doctor", "--root", "root", "--no-probe"],
    ];
    for verb in verbs {
        let behind = site.run(&[verb, ["a.toml"].as_slice()].concat());
        let by_option = site.run(&[verb, ["--profile", "a.toml"].as_slice()].concat());
        assert_ne!(behind.code, 64, "{verb:?}: {behind:?}");
        assert_eq!((behind.code, &behind.out), (by_option.code, &by_option.out), "{verb:?}");
        let both = site.run(&[verb, ["--profile", "a.toml", "b.toml"].as_slice()].concat());
        assert_eq!(both.code, 64, "{verb:?} is given two: {both:?}");
    }
    let tried = site.run(&["try", "--profile", "nosuch.toml"]);
    assert_eq!((tried.code, tried.err.contains("nosuch.toml")), (74, true), "{tried:?}");
}

#[test]
fn check_and_fmt_take_the_profile_as_other_verbs_do() {
    let site = Site::new().with("a.toml", GOOD).with("b.toml", &broken());
    let named = |arguments: &[&str]| site.run_with_variables(arguments, &[("SHIFTER_SITE_PROFILE", "b.toml")]).code;
    assert_eq!(named(&["check"]), 1);
    assert_eq!(named(&["check", "--profile", "a.toml"]), 0);
    assert_eq!(named(&["fmt", "--check", "--profile", "a.toml"]), site.run(&["fmt", "--check", "a.toml"]).code);
    assert_eq!(named(&["check", "--profile", "a.toml", "b.toml"]), 64);
    assert_eq!(named(&["fmt", "--profile", "a.toml", "b.toml"]), 64);
}

#[test]
fn a_file_that_cannot_be_written_is_named_as_it_was_asked_for() {
    let site = Site::new().with("a.toml", GOOD);
    let verbs: [&[&str]; 4] = [
        &["check", "a.toml", "--output", "no/such/file"],
        &["facts", "--root", ".", "--output", "no/such/file"],
        &["init", "--preset", "laptop", "--out", "no/such/file"],
        &["support-bundle", "--root", ".", "--output", "no/such/file"],
    ];
    for verb in verbs {
        let ran = site.run(verb);
        assert_eq!(ran.code, 74, "{verb:?}: {ran:?}");
        let told = "shifter-site: cannot write `no/such/file`: No such file or directory (os error 2)\n";
        assert!(ran.err.ends_with(told), "{verb:?}: {ran:?}");
    }
}

#[test]
fn only_a_near_name_is_suggested() {
    let site = Site::new().with("a.toml", GOOD);
    let why = |key: &str| site.run(&["why", key, "a.toml"]).err;
    assert_eq!(why("nosuch"), "shifter-site: a profile has no key `nosuch`\n");
    assert!(why("gateway.timeuot").contains("did you mean `gateway.timeout`?"));
}

#[test]
fn colours_are_for_terminals_and_for_those_who_insist() {
    let site = Site::new().with("broken.toml", &broken());
    assert!(!site.run(&["check", "broken.toml"]).out.contains('\u{1b}'));
    assert!(site.run(&["check", "--color", "always", "broken.toml"]).out.contains('\u{1b}'));
    let file = site.run(&["check", "--output", "report.txt", "broken.toml"]);
    assert_eq!((file.code, file.out.as_str()), (1, ""));
    let report = std::fs::read_to_string(site.path().join("report.txt")).unwrap();
    assert!(report.contains("SITE002") && !report.contains('\u{1b}'));
}

#[test]
fn standard_input_stands_for_a_file() {
    let site = Site::new().with("base.toml", GOOD);
    let ran = site.run_with_input(&["check", "--format", "concise", "-"], &broken());
    assert!(ran.out.starts_with("<stdin>:11:"), "{ran:?}");
    let text = "schema = 1\nextends = \"base.toml\"\nnope = 1\n";
    let ran = site.run_with_input(&["check", "--format", "concise", "-", "--stdin-filename", "site.toml"], text);
    assert!(ran.out.starts_with("site.toml:3:1: error[SITE002]"), "{ran:?}");
}

#[test]
fn without_a_name_the_only_profile_is_meant_and_several_are_named() {
    let one = Site::new().with("tiny.toml", GOOD).with("Cargo.toml", "[package]\n");
    assert_eq!(one.run(&["check"]).code, 0);
    let two = one.with("other.toml", &broken());
    let ran = two.run(&["check"]);
    assert_eq!(ran.code, 64);
    assert!(ran.err.contains("other.toml, tiny.toml"), "{ran:?}");
    assert_eq!(two.run_with_variables(&["check"], &[("SHIFTER_SITE_PROFILE", "tiny.toml")]).code, 0);
    let usual = two.with("shifter-site.toml", GOOD);
    assert_eq!(usual.run(&["check"]).code, 0);
}

#[test]
fn overrides_are_layers_and_variables_only_count_when_asked_for() {
    let site = Site::new().with("good.toml", GOOD);
    let bad = [("SHIFTER_SITE__GATEWAY__TIMEOUT", "soon")];
    assert_eq!(site.run_with_variables(&["check", "good.toml"], &bad).code, 0);
    let ran = site.run_with_variables(&["check", "--env", "--format", "concise", "good.toml"], &bad);
    assert_eq!(ran.code, 1);
    assert!(ran.out.starts_with("$SHIFTER_SITE__GATEWAY__TIMEOUT:1:"), "{ran:?}");
    let ran = site.run(&["check", "--format", "concise", "--set", "gateway.timeout=soon", "good.toml"]);
    assert!(ran.out.starts_with("--set:1:19: error[SITE003]"), "{ran:?}");
    let both = ["check", "--env", "--set", "gateway.timeout=30s", "good.toml"];
    assert_eq!(site.run_with_variables(&both, &[("SHIFTER_SITE__GATEWAY__TIMEOUT", "40s")]).code, 0);
    let ran = site.run(&["check", "--format", "concise", "--target", "19.0", "good.toml"]);
    assert!(ran.out.contains("`target.shifter` cannot be \"19.0\""), "{ran:?}");
}

#[test]
fn rules_and_keys_are_explained_by_code_name_prefix_and_key() {
    let site = Site::new();
    for (what, says) in [
        ("FS011", "FS011 duplicate-target"),
        ("duplicate-target", "FS011 duplicate-target"),
        ("fs011", "FS011 duplicate-target"),
        ("SITE00", "SITE002"),
        ("udiMount", "required by:"),
        ("module_mpich_siteFs", "module_NAME_siteFs"),
    ] {
        let ran = site.run(&["explain", what]);
        assert!(ran.code == 0 && ran.out.contains(says), "{what}: {ran:?}");
    }
    let ran = site.run(&["explain", "udiMnt"]);
    assert!(ran.code == 1 && ran.err.contains("did you mean `udiMount`?"), "{ran:?}");
    let list: serde_json::Value = serde_json::from_str(&site.run(&["rules", "--format", "json"]).out).expect("JSON");
    let all = shifter_site::lint::RULES.len() + shifter_site::lint::RETIRED.len();
    assert_eq!(list.as_array().expect("rules").len(), all, "the retired ones are there too, and say so");
    let few = site.run(&["rules", "--select", "FS,SITE001"]).out;
    assert!(few.lines().all(|line| line.starts_with("FS") || line.starts_with("SITE001")), "{few}");
    assert_eq!(site.run(&["rules", "--select", "NOPE"]).code, 64);
}
