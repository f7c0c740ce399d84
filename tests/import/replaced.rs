//! What is rendered in place of the files that Blue Waters published has none of their mistakes: it is imported and checked
//! as they were.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use shifter_site::check::{self, Strictness};
use shifter_site::import::{self, Destination, InputFile, Options, Ownership, Prefer};
use shifter_site::profile::{self, LoadOptions, Profile};
use shifter_site::render::{self, Inputs, Plan, vault::Vault};
use shifter_site::site::Site;
use toml::{Table, Value};

use crate::listings::{FOUND, listings};
use crate::support::{options, repository};

/// Mistakes that are decisions of the site: rendered files carry them until the profile says otherwise, and a rule says so.
const DECIDED: &[(&str, &str)] = &[
    ("GW020", "the profile keeps cache and expansion below the images on Lustre, and says why (L17)"),
    ("GW013", "8 threads and 24 processes are what L17 and L22 ask for"),
];

/// Tables whose files took the place of scripts: the listings say them in shell, the profile of the site in keys.
const IN_PLACE_OF_SCRIPTS: &[&str] = &["target", "wlm", "class", "etc", "kernel_modules", "scale", "install"];

/// The passwords of a site that changed what was printed: each another one.
fn changed() -> BTreeMap<String, String> {
    let names = ["mongodb-shifteradmin", "mongodb-admin", "redis", "redis-2"];
    names.iter().map(|name| (format!("secrets/{name}"), format!("{name}@p:a/s%s-0123456789"))).collect()
}

/// The files of each class, as they lie on its nodes.
fn plans(text: &str) -> Vec<(String, Plan)> {
    let loaded = profile::load::<Profile>(&LoadOptions::text("bluewaters.toml", text)).unwrap();
    assert!(loaded.loss.is_none(), "{:?}\n{text}", loaded.findings);
    let inputs = Inputs {
        source: "bluewaters.toml".to_owned(),
        vault: Vault::of_files(&changed()),
        files: BTreeMap::new(),
        trees: Vec::new(),
    };
    let plan = |class: &String| {
        let site = Site::resolve(&loaded.for_class(class).profile, Some(class)).unwrap();
        (class.clone(), render::plan(&[site], &inputs).unwrap_or_else(|errors| panic!("{class}: {errors:#?}")))
    };
    loaded.classes().iter().map(plan).collect()
}

/// The codes that an import of the files finds, and a check of the profile that comes out of it, with their places.
fn findings(plan: &Plan, directory: &Path) -> BTreeSet<(String, String)> {
    let is_installed = |path: &str| path != "manifest.json";
    let file = |artifact: &render::Artifact| InputFile {
        place: Some(artifact.install.clone()),
        owner: Some(Ownership {
            user: artifact.owner.clone(),
            group: artifact.group.clone(),
            mode: artifact.mode.bits(),
        }),
        ..InputFile::new(artifact.path.clone(), artifact.bytes.clone())
    };
    let artifacts = plan.artifacts.iter().filter(|artifact| is_installed(&artifact.path));
    let files: Vec<InputFile> = artifacts.map(file).collect();
    let imported = import::import(&files, &options(None)).unwrap();
    assert!(imported.accepted && imported.holds(), "{}", imported.text());
    let scripts = files.iter().filter(|file| file.bytes.starts_with(b"#!") && !file.name.contains("premount"));
    assert_eq!(imported.scripts.len(), scripts.count(), "every script is carried, and so checked");
    let profile = directory.join("again.toml");
    let to = Destination { profile: Some(profile.clone()), secrets: "secrets".into(), ..Destination::default() };
    import::write(&imported, &to).unwrap();
    let checked = check::check(&LoadOptions::file(&profile), None, &Strictness::default()).unwrap();
    let report = check::report(&[checked]);
    let all = imported.findings.iter().chain(report.findings());
    all.map(|located| {
        let place = located.anchor().map(|place| format!("{}:{}", place.source.name, place.start().line));
        let said = format!("{} {}", place.unwrap_or_default(), located.finding.message);
        (located.finding.code.to_owned(), said)
    })
    .collect()
}

/// Asserts that the rendered files of every class have no mistake of the table.
fn assert_none_is_left(text: &str, kinds: &[&str]) {
    let known: BTreeSet<&str> = FOUND.iter().map(|row| row.1).collect();
    let mut rendered = BTreeSet::new();
    let mut left = Vec::new();
    for (class, plan) in plans(text) {
        rendered.extend(plan.artifacts.iter().map(|artifact| artifact.path.clone()));
        let directory = tempfile::tempdir().unwrap();
        for (code, said) in findings(&plan, directory.path()) {
            if known.contains(code.as_str()) && !DECIDED.iter().any(|(decided, _)| *decided == code) {
                left.push(format!("{class}: {code} {said}"));
            }
        }
    }
    assert!(left.is_empty(), "{}", left.join("\n"));
    let missing: Vec<_> = kinds.iter().filter(|kind| !rendered.iter().any(|path| path.ends_with(**kind))).collect();
    assert!(missing.is_empty(), "{missing:?} are not among {rendered:?}");
}

/// What takes the place of the listings.
const REPLACEMENTS: &[&str] = &[
    "imagemanager.json",
    "udiRoot.conf",
    "premount.sh",
    "redis.conf",
    "shifter-imagegw",
    "cray-shifter-prologue",
    "cray-shifter-extra-service",
    "cray-shifter-epilogue",
    "cray-shifter-ssh-cleanup",
    "shifter-update-passwd-group",
];

#[test]
fn the_rendered_files_of_blue_waters_have_none_of_the_published_mistakes() {
    let text = std::fs::read_to_string(repository("site-profiles/bluewaters.toml")).unwrap();
    assert_none_is_left(&text, REPLACEMENTS);
}

#[test]
fn the_imported_listings_render_without_the_published_mistakes() {
    let wanted = Options { prefer: Prefer::ImageManager, modernise: true, ..options(None) };
    let imported = import::import(&listings(), &wanted).unwrap();
    let mut profile: Table = imported.profiles[0].1.parse().unwrap();
    let of_the_site: Table =
        std::fs::read_to_string(repository("site-profiles/bluewaters.toml")).unwrap().parse().unwrap();
    profile.remove("script").expect("the scripts of the listings are carried");
    for name in IN_PLACE_OF_SCRIPTS {
        let own = profile.entry(*name).or_insert_with(|| Value::Table(Table::new()));
        own.as_table_mut().unwrap().extend(of_the_site[*name].as_table().unwrap().clone());
    }
    // Mistake 3: the key that no release knows is named as one that it does.
    let extra = profile.get_mut("extra").unwrap().as_table_mut().unwrap();
    extra["udiroot"]
        .as_table_mut()
        .unwrap()
        .remove("allowLibcPwdsCalls")
        .expect("it is kept until somebody repairs it");
    // Mistake 4: one prefix.
    profile["hooks"]["premount"]["path"] = of_the_site["hooks"]["premount"]["path"].clone();
    // Mistake 7 and the user of the service stand in the init script alone.
    let gateway = profile["gateway"].as_table_mut().unwrap();
    for key in ["python", "log_dir", "user", "group", "bind"] {
        gateway.insert(key.to_owned(), of_the_site["gateway"][key].clone());
    }
    assert_none_is_left(&profile.to_string(), REPLACEMENTS);
}

#[test]
fn each_mistake_that_stays_is_one_of_the_table_and_has_its_reason() {
    for (code, reason) in DECIDED {
        assert!(FOUND.iter().any(|row| row.1 == *code) && !reason.is_empty(), "{code}");
    }
}
