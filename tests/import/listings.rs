//! The files that Blue Waters published, imported: which of their mistakes are found, and where.

use std::collections::BTreeSet;

use shifter_site::check::{self, Strictness};
use shifter_site::import::{self, Destination, InputFile, Options, Ownership, Prefer};
use shifter_site::profile::LoadOptions;

use crate::support::{import, options, repository};

const LISTINGS: [&str; 15] = [
    "l17-imagemanager.json",
    "l18-udiRoot.conf",
    "l19-premount.sh",
    "l20-redis.conf",
    "l22-shifter-imagegw",
    "l28-cray-shifter-extra-service",
    "l28-cray-shifter-prologue",
    "l28-prologue",
    "l31-udiRoot-prologue",
    "l32-roots.conf",
    "l34-cray-shifter-epilogue",
    "l34-epilogue",
    "l35-udiRoot-epilogue",
    "l42-cray-shifter-ssh-cleanup",
    "l43-shifter-update-passwd-group.sh",
];

/// The listings as they lie on the machine, whose paths the listings print.
pub(crate) fn listings() -> Vec<InputFile> {
    let file = |name: &&str| {
        let bytes = std::fs::read(repository(&format!("tests/data/listings/{name}"))).unwrap();
        let mut file = InputFile::new(*name, bytes);
        // Listing 19 is printed from another directory than the one that Listing 18 names.
        if *name == "l19-premount.sh" {
            file.place = Some("/opt/cray/shifter/16.08.03/sbin/premount.sh".to_owned());
        }
        // Listing 26.
        if *name == "l17-imagemanager.json" {
            file.owner = Some(Ownership { user: "shifter".to_owned(), group: "root".to_owned(), mode: 0o660 });
        }
        file
    };
    LISTINGS.iter().map(file).collect()
}

/// A mistake by its number in the list of the paper's mistakes, the rule that finds it, the file, and the line; 0 is the
/// profile that comes out of the import.
pub(crate) const FOUND: &[(u8, &str, &str, usize)] = &[
    (1, "SITE006", "l18-udiRoot.conf", 24),
    (2, "RT001", "l18-udiRoot.conf", 3),
    (3, "SITE002", "l18-udiRoot.conf", 27),
    (3, "VER001", "bluewaters.toml", 0),
    (4, "SITE010", "l18-udiRoot.conf", 5),
    (5, "GW021", "l17-imagemanager.json", 9),
    (5, "GW021", "l17-imagemanager.json", 11),
    (6, "GW020", "bluewaters.toml", 0),
    (7, "GW013", "bluewaters.toml", 0),
    (8, "FS022", "bluewaters.toml", 0),
    (10, "SEC007", "l17-imagemanager.json", 11),
    (11, "HOOK019", "l22-shifter-imagegw", 15),
    (11, "HOOK027", "l22-shifter-imagegw", 2),
    (11, "HOOK020", "l22-shifter-imagegw", 2),
    (11, "HOOK018", "l22-shifter-imagegw", 12),
    (11, "GW039", "l22-shifter-imagegw", 17),
    (13, "SEC004", "bluewaters.toml", 0),
    (14, "HOOK016", "l28-prologue", 2),
    (14, "HOOK028", "l28-prologue", 2),
    (14, "HOOK016", "l34-epilogue", 2),
    (15, "SEC015", "l28-prologue", 4),
    (15, "SEC015", "l42-cray-shifter-ssh-cleanup", 12),
    (16, "HOOK020", "l28-cray-shifter-prologue", 11),
    (16, "SEC012", "l28-cray-shifter-prologue", 12),
    (16, "SEC012", "l28-cray-shifter-prologue", 13),
    (16, "SEC012", "l28-cray-shifter-extra-service", 10),
    (17, "WLM003", "l28-cray-shifter-prologue", 17),
    (17, "WLM003", "l28-cray-shifter-prologue", 22),
    (18, "KMOD008", "l28-cray-shifter-extra-service", 14),
    (19, "HOOK025", "l28-cray-shifter-extra-service", 10),
    (19, "KMOD009", "l28-cray-shifter-extra-service", 14),
    (20, "WLM004", "l28-cray-shifter-extra-service", 22),
    (21, "WLM009", "l31-udiRoot-prologue", 64),
    (21, "WLM009", "l31-udiRoot-prologue", 66),
    (22, "HOOK024", "l31-udiRoot-prologue", 67),
    (23, "HOOK017", "l31-udiRoot-prologue", 69),
    (24, "WLM010", "l31-udiRoot-prologue", 73),
    (24, "WLM010", "l31-udiRoot-prologue", 76),
    (25, "HOOK022", "l31-udiRoot-prologue", 90),
    (26, "HOOK021", "l31-udiRoot-prologue", 94),
    (27, "SEC014", "l31-udiRoot-prologue", 97),
    (28, "SEC013", "l28-cray-shifter-prologue", 24),
    (28, "SEC013", "l31-udiRoot-prologue", 147),
    (28, "SEC013", "l31-udiRoot-prologue", 152),
    (28, "HOOK016", "l31-udiRoot-prologue", 105),
    (28, "HOOK016", "l31-udiRoot-prologue", 140),
    (29, "WLM019", "l31-udiRoot-prologue", 127),
    (29, "WLM019", "l35-udiRoot-epilogue", 41),
    (30, "HOOK023", "l31-udiRoot-prologue", 153),
    (30, "HOOK023", "l35-udiRoot-epilogue", 56),
    (31, "WLM008", "l34-cray-shifter-epilogue", 13),
    (32, "WLM005", "l34-cray-shifter-epilogue", 25),
    (33, "WLM003", "l34-cray-shifter-epilogue", 11),
    (34, "WLM007", "l42-cray-shifter-ssh-cleanup", 10),
    (34, "HOOK016", "l42-cray-shifter-ssh-cleanup", 5),
    (36, "HOOK026", "l43-shifter-update-passwd-group.sh", 2),
    (36, "ETC008", "l43-shifter-update-passwd-group.sh", 11),
    (36, "ETC008", "l43-shifter-update-passwd-group.sh", 12),
];

/// The mistakes that no checker of these files can see, and why.
const UNSEEN: &[(u8, &str)] = &[
    (9, "the script of L19 is lifted, so the rendered one with guard and PATH takes its place"),
    (12, "L23 is typed at a prompt; no file says which path was meant"),
    (35, "the other name stands in the prose of the paper, section VII-B"),
    (37, "L39 is a file of Python's library, which is not imported"),
    (38, "L38 is a user's job script"),
    (39, "L12 and L13 are typed at a prompt"),
];

#[test]
fn every_mistake_is_found_or_cannot_be_seen() {
    let all: BTreeSet<u8> = FOUND.iter().map(|row| row.0).chain(UNSEEN.iter().map(|row| row.0)).collect();
    assert_eq!(all, (1..=39).collect());
    assert!(UNSEEN.iter().all(|(_, why)| !why.is_empty()));
}

#[test]
fn the_mistakes_of_the_published_files_are_found_where_they_stand() {
    // The directory of imagemanager.json is the one that Blue Waters has (mistake 2).
    let imported = import::import(&listings(), &Options { prefer: Prefer::ImageManager, ..options(None) }).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let profile = directory.path().join("bluewaters.toml");
    let to = Destination { profile: Some(profile.clone()), secrets: "secrets".into(), ..Destination::default() };
    import::write(&imported, &to).unwrap();
    let checked = check::check(&LoadOptions::file(&profile), None, &Strictness::default()).unwrap();
    let report = check::report(&[checked]);
    let mut found: BTreeSet<(String, String, usize)> = BTreeSet::new();
    for located in imported.findings.iter().chain(report.findings()) {
        let Some(place) = located.anchor() else { continue };
        let file = place.source.name.rsplit('/').next().unwrap_or_default().to_owned();
        let line = if file == "bluewaters.toml" { 0 } else { place.start().line };
        found.insert((located.finding.code.to_owned(), file, line));
    }
    let missing: Vec<_> = FOUND
        .iter()
        .filter(|(_, code, file, line)| !found.contains(&((*code).to_owned(), (*file).to_owned(), *line)))
        .collect();
    let shown: Vec<String> = found.iter().map(|(code, file, line)| format!("{code} {file}:{line}")).collect();
    assert!(missing.is_empty(), "not found: {missing:?}\n\nfound:\n{}", shown.join("\n"));
    let mounts = report.findings().iter().filter(|located| located.finding.code == "FS022").count();
    assert_eq!(mounts, 6, "each mount of the script");
}

#[test]
fn no_report_and_no_profile_shows_a_password() {
    let imported = import(&listings(), None);
    let mut said = imported.text() + &imported.repairs() + &imported.json("null");
    for (_, text) in &imported.profiles {
        said.push_str(text);
    }
    for located in &imported.findings {
        let finding = &located.finding;
        said.push_str(&format!("{} {:?} {:?} {:?}", finding.message, finding.help, finding.notes, finding.fixes));
        for place in &located.places {
            said.push_str(place.source.shown());
        }
    }
    assert!(!said.contains("P@55") && !said.contains("55w0rd"), "{said}");
    assert_eq!(imported.secrets.names().collect::<Vec<_>>(), ["mongodb-shifteradmin", "redis", "redis-2"]);
}

#[test]
fn one_word_decides_where_two_files_disagree() {
    let mut wanted = options(None);
    wanted.prefer = Prefer::ImageManager;
    let imported = import::import(&listings(), &wanted).unwrap();
    let profile = &imported.profiles[0].1;
    assert!(profile.contains("name = \"bluewater\""), "{profile}");
    assert!(profile.contains("path         = \"/mnt/c/scratch/system/shifter/images\""), "{profile}");
    assert_eq!(imported.decided.len(), 2, "{:?}", imported.decided);
}

#[test]
fn the_mounts_of_the_script_become_those_of_the_runtime_when_asked() {
    let mut wanted = options(None);
    wanted.modernise = true;
    let imported = import::import(&listings(), &wanted).unwrap();
    assert!(imported.holds(), "{}", imported.text());
    assert!(!imported.profiles[0].1.contains("via"), "{}", imported.profiles[0].1);
    assert_eq!(imported.profiles[0].1.matches("[[filesystem]]").count(), 7);
}
