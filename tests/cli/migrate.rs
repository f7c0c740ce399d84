//! `migrate`: from every release to every other.

use std::{fmt::Write as _, fs};

use shifter_site::{
    check::{self, Strictness},
    diagnostic::{Located, Severity},
    migrate,
    profile::LoadOptions,
    render::{self, Inputs, Secrets},
    target::Target,
};

use crate::support::{GOOD, Site, repository};

#[test]
fn every_profile_of_the_repository_goes_from_every_release_to_every_other() {
    let mut wrong = String::new();
    let mut pairs = 0;
    for entry in fs::read_dir(repository().join("site-profiles")).expect("the profiles") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        for to in Target::ALL {
            // CLE 5.2 has no systemd, without which the native gateway does not start: nothing in a profile helps.
            if name == "bluewaters.toml" && to == Target::Native {
                continue;
            }
            let site = copy();
            pairs += 1;
            step(&site, &name, to, &name, &mut wrong);
            // What came of these goes on from there, so that each release is left for each other one.
            if name == "centos7.toml" {
                let text = fs::read_to_string(site.path().join(&name)).expect("there");
                for next in Target::ALL.into_iter().filter(|next| *next != to) {
                    pairs += 1;
                    fs::write(site.path().join(&name), &text).expect("written");
                    step(&site, &name, next, &format!("{name} over {to}"), &mut wrong);
                }
            }
        }
    }
    assert!(pairs >= 70, "{pairs}");
    assert!(wrong.is_empty(), "errors in what came of it:\n{wrong}");
}

#[test]
fn a_release_that_a_preset_says_is_written_into_the_profile() {
    let text = "schema = 1\npreset = \"laptop\"\n[site]\nname = \"x\"\n[images]\npath = \"/images\"\n\
                [gateway]\ncache_dir = \"/c\"\nexpand_dir = \"/e\"\nendpoints = [\"http://localhost:5000\"]\n";
    let site = Site::new().with("site.toml", text);
    let ran = site.run(&["migrate", "site.toml", "--to", "master", "--write"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let written = fs::read_to_string(site.path().join("site.toml")).expect("there");
    assert!(written.starts_with(text) && written.contains("[target]\nshifter = \"master\"\n"), "{written}");
    assert_eq!(site.run(&["migrate", "site.toml", "--to", "master"]).code, 0);
}

/// Migrates the profile, checks what came of it and renders it.
fn step(site: &Site, name: &str, to: Target, called: &str, wrong: &mut String) {
    let file = site.path().join(name);
    let migration = migrate::migrate(&LoadOptions::file(&file), to).expect("can be migrated");
    shifter_site::repair::save::save(&migration.changed).expect("written");
    let checked = check::check(&LoadOptions::file(&file), None, &Strictness::default()).expect("read");
    let report = check::report(std::slice::from_ref(&checked));
    // Which Slurm is installed is a fact of the machine: the migration says so and cannot change it.
    let is_wrong = |located: &&Located| located.finding.severity == Severity::Error && located.finding.code != "WLM015";
    for located in report.findings().iter().filter(is_wrong) {
        let at = located.address().unwrap_or_default();
        let at = at.rsplit('/').next().unwrap_or_default();
        writeln!(wrong, "{called} to {to}: {} {} ({at})", located.finding.code, located.finding.message)
            .expect("written");
    }
    let inputs = Inputs::gather(&checked.sites, name, site.path(), Secrets::Placeholder).expect("all is there");
    if let Err(errors) = render::plan(&checked.sites, &inputs) {
        writeln!(wrong, "{called} to {to} is not rendered: {errors:?}").expect("written");
    }
}

/// The profiles of the repository in a directory of their own.
fn copy() -> Site {
    let mut site = Site::new();
    let from = repository().join("site-profiles");
    let mut open = vec![from.clone()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                let name = path.strip_prefix(&from).expect("below").to_string_lossy().into_owned();
                site = site.with(&name, &text);
            }
        }
    }
    site
}

#[test]
fn sentences_a_diff_and_the_exit_code_tell_the_same() {
    let site = Site::new().with("site.toml", GOOD);
    let ran = site.run(&["migrate", "site.toml", "--to", "17.04"]);
    insta::assert_snapshot!(ran.out);
    assert_eq!(ran.code, 2);
    assert_eq!(site.run(&["migrate", "site.toml", "--to", "18.03"]).code, 0);
    assert_eq!(site.run(&["migrate", "site.toml", "--to", "19"]).code, 64);
    let json = site.run(&["migrate", "site.toml", "--to", "17.04", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!((json.code, &document["to"], &document["left"]), (2, &"17.04".into(), &serde_json::json!([])));
    assert_eq!(fs::read_to_string(site.path().join("site.toml")).expect("there"), GOOD);
    assert_eq!(site.run(&["migrate", "site.toml", "--to", "17.04", "--write"]).code, 0);
    assert_eq!(site.run(&["check", "site.toml"]).code, 0);
    let back = site.run(&["migrate", "site.toml", "--to", "18.03", "--write"]);
    assert_eq!(
        (back.code, fs::read_to_string(site.path().join("site.toml")).expect("there").as_str()),
        (0, GOOD),
        "{}",
        back.out
    );
}
