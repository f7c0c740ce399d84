//! Every rule does what its manual page says: each example is laid over a minimal profile and checked as
//! `shifter-site check` would.

#[path = "rules/catalogue.rs"]
mod catalogue;
#[path = "rules/limits.rs"]
mod limits;
#[path = "rules/mangled.rs"]
mod mangled;
#[path = "rules/rendered.rs"]
mod rendered;
#[path = "rules/trial.rs"]
mod trial;
#[path = "rules/twin.rs"]
mod twin;
#[path = "rules/variants.rs"]
mod variants;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use shifter_site::diagnostic::{Located, Safety};
use shifter_site::import::{self, InputFile, Options};
use shifter_site::lint::{self, RETIRED, RULES, Repair, Rule, Tier};

use trial::{MINIMAL, findings, repaired, tried};

fn codes(found: &[Located]) -> BTreeSet<&'static str> {
    found.iter().map(|located| located.finding.code).collect()
}

fn shown(found: &[Located]) -> String {
    let line = |located: &Located| {
        let at = located.address().unwrap_or_default();
        format!("{} {} ({at})", located.finding.code, located.finding.message)
    };
    found.iter().map(line).collect::<Vec<_>>().join("\n  ")
}

#[test]
fn a_bad_example_gives_its_own_code_and_no_other() {
    let mut wrong = Vec::new();
    // What other programs find is tested where they are run: `check/tools`, `install`.
    for rule in RULES.iter().filter(|rule| !matches!(rule.check, lint::Check::Outside)) {
        let found = tried(rule, &lint::examples(rule, "Bad"));
        if codes(&found) != BTreeSet::from([rule.id.code]) {
            wrong.push(format!("{} {}:\n  {}", rule.id.code, rule.id.name, shown(&found)));
        }
    }
    assert!(wrong.is_empty(), "bad examples that give something else:\n{}", wrong.join("\n"));
}

#[test]
fn a_good_example_gives_nothing() {
    let mut wrong = Vec::new();
    for rule in RULES.iter().filter(|rule| !matches!(rule.check, lint::Check::Outside)) {
        let found = tried(rule, &lint::examples(rule, "Good"));
        if !found.is_empty() {
            wrong.push(format!("{} {}:\n  {}", rule.id.code, rule.id.name, shown(&found)));
        }
    }
    assert!(wrong.is_empty(), "good examples with findings:\n{}", wrong.join("\n"));
}

#[test]
fn a_bad_example_is_repaired_where_the_page_says_so() {
    for rule in RULES.iter().filter(|rule| !matches!(rule.check, lint::Check::Loader | lint::Check::Outside)) {
        let found = tried(rule, &lint::examples(rule, "Bad"));
        let brings_one = found.iter().any(|located| !located.finding.fixes.is_empty());
        let says_so = rule.fix != Repair::ByHand;
        assert_eq!(brings_one, says_so, "{}: the page and the finding disagree about a repair", rule.id.code);
        assert_eq!(lint::section(rule, "Fix").is_some(), says_so, "{}: the section Fix", rule.id.code);
    }
}

#[test]
fn a_repair_takes_its_finding_away_and_a_safe_one_leaves_nothing_to_find() {
    let mut wrong = Vec::new();
    let mut tested = 0;
    // What imported files are repaired by has a test of its own: it edits those files.
    let of_a_profile = |rule: &&&Rule| !matches!(rule.check, lint::Check::Import(_));
    for rule in RULES.iter().filter(of_a_profile).filter(|rule| rule.fix != Repair::ByHand) {
        let allowed = if rule.fix == Repair::Safe { Safety::Safe } else { Safety::Unsafe };
        let (left, changed) = repaired(&lint::examples(rule, "Bad"), rule.tier, allowed);
        let is_right = match allowed {
            Safety::Safe => left.is_empty(),
            Safety::Unsafe => !codes(&left).contains(rule.id.code),
        };
        if !is_right || changed.is_empty() {
            wrong.push(format!("{} {}:\n  {}\n{changed}", rule.id.code, rule.id.name, shown(&left)));
        }
        tested += 1;
    }
    assert!(wrong.is_empty(), "repairs that do not repair:\n{}", wrong.join("\n"));
    assert!(tested > 60, "only {tested} repairs were tried");
}

/// Which repair each rule of the catalogue was to have: `none`, `safe` or `unsafe`.
const PROMISED: &str = include_str!("data/rules/repairs.json");

#[test]
fn every_rule_has_the_repair_it_was_to_have_or_says_why_not() {
    let promised: BTreeMap<String, String> = serde_json::from_str(PROMISED).expect("the promises");
    let mut broken = Vec::new();
    for rule in RULES {
        let Some(promise) = promised.get(rule.id.code) else { continue };
        let fix = lint::section(rule, "Fix").unwrap_or_default();
        let keeps_it = match (promise.as_str(), rule.fix) {
            ("none", _) | ("safe", Repair::Safe) | ("unsafe", Repair::Unsafe | Repair::Safe) => true,
            ("safe", Repair::Unsafe) => fix.contains("not safe"),
            (_, Repair::ByHand) => lint::section(rule, "No fix").is_some(),
            (other, _) => panic!("{other} is no promise"),
        };
        if !keeps_it {
            broken.push(format!("{} {}: {promise}", rule.id.code, rule.id.name));
        }
    }
    assert!(
        broken.is_empty(),
        "say under `# No fix`, or with \"not safe\" under `# Fix`, why not:\n{}",
        broken.join("\n")
    );
}

#[test]
fn the_repaired_copy_of_an_imported_file_is_clean() {
    let mut tested = 0;
    let is_repaired = |rule: &&Rule| matches!(rule.check, lint::Check::Import(_)) && rule.fix != Repair::ByHand;
    for rule in RULES.iter().copied().filter(is_repaired) {
        let bad = trial::imported(&lint::examples(rule, "Bad"));
        let files: Vec<_> =
            bad.repaired.iter().map(|(name, text)| InputFile::new(name.clone(), text.clone())).collect();
        let left = import::import(&files, &Options::default()).expect("the copy is imported").findings;
        assert!(left.is_empty(), "{}:\n{:?}\n  {}", rule.id.code, bad.repaired, shown(&left));
        tested += 1;
    }
    assert!(tested >= 12, "only {tested} repairs could be tried");
}

#[test]
fn the_minimal_profile_is_clean_in_every_tier() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("minimal.toml");
    fs::write(&file, MINIMAL).expect("a file");
    for tier in [Tier::Min, Tier::Default, Tier::Strict, Tier::Security] {
        let found = findings(&file, tier);
        assert!(found.is_empty(), "{tier:?}:\n  {}", shown(&found));
    }
}

#[test]
fn every_page_is_complete() {
    for rule in RULES {
        let code = rule.id.code;
        assert!(!lint::summary(rule).is_empty() && lint::summary(rule).ends_with('.'), "{code}: the first sentence");
        for title in lint::SECTIONS {
            let text = lint::section(rule, title).unwrap_or_else(|| panic!("{code} has no section {title}"));
            assert!(!text.is_empty(), "{code}: the section {title} is empty");
        }
        for title in ["Bad", "Good"] {
            let examples = lint::examples(rule, title);
            assert!(
                examples.iter().any(|example| !example.text.trim().is_empty()),
                "{code} shows nothing under {title}"
            );
        }
        assert!(!rule.source.is_empty(), "{code} does not say where its fact is from");
    }
}

#[test]
fn codes_and_names_are_unique_sorted_and_never_used_again() {
    let place = |code: &str| {
        let group = code.trim_end_matches(|c: char| c.is_ascii_digit());
        let at = RULES.iter().position(|rule| rule.group() == group).expect("a group");
        (at, code.to_owned())
    };
    let mut names = BTreeSet::new();
    for rule in RULES {
        let (code, name) = (rule.id.code, rule.id.name);
        assert!(names.insert(name), "{name} is the name of two rules");
        assert_eq!(code.len() - rule.group().len(), 3, "{code} has three digits");
        assert!(
            name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
            "{name} is in kebab case"
        );
        assert!(!lint::group_title(rule.group()).is_empty(), "{code} belongs to a group");
        assert!(RETIRED.iter().all(|gone| gone.code != code && gone.name != name), "{code} or {name} is retired");
    }
    assert!(RULES.windows(2).all(|pair| place(pair[0].id.code) < place(pair[1].id.code)), "the list is in order");
    assert!(RETIRED.windows(2).all(|pair| pair[0].code != pair[1].code), "a retired code stands twice");
}

#[test]
fn explain_finds_a_rule_by_code_and_name_and_lists_a_group() {
    let page = lint::explain("FS011").expect("a page");
    assert_eq!(lint::explain("duplicate-target").as_ref(), Some(&page));
    assert!(page.starts_with("FS011 duplicate-target\n") && page.contains("source = \"/lus/home\""), "{page}");
    assert_eq!(lint::find("FS01").iter().filter(|rule| !rule.id.code.starts_with("FS01")).count(), 0);
    assert!(lint::explain("ENV").expect("a list").lines().count() > 5);
    let dated = lint::explain("MOD024").expect("a page");
    assert!(dated.contains("    # checked with --today 2027-04-01\n"), "{dated}");
    assert_eq!(lint::explain("F"), None);
    assert_eq!(lint::explain("NO999"), None);
}

/// Compares `text` with a file of the repository; with `SHIFTER_UPDATE=1` writes it instead.
fn assert_kept(file: &Path, text: &str) {
    if std::env::var_os("SHIFTER_UPDATE").is_some_and(|value| value == "1") {
        fs::create_dir_all(file.parent().expect("a directory")).expect("a directory");
        fs::write(file, text).expect("a file");
    }
    let kept = fs::read_to_string(file).unwrap_or_default();
    assert!(kept == text, "{} is stale: run the tests with SHIFTER_UPDATE=1 and review the change", file.display());
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_reference_is_up_to_date() {
    assert_kept(&repository().join("schemas/rules.md"), &lint::reference());
}

#[test]
fn each_site_profile_has_the_findings_that_were_reviewed() {
    let mut profiles: Vec<_> = fs::read_dir(repository().join("site-profiles"))
        .expect("the profiles")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    profiles.sort();
    assert!(!profiles.is_empty());
    for profile in profiles {
        let found = findings(&profile, Tier::Default);
        let line = |located: &Located| {
            let finding = &located.finding;
            let at = finding.anchor().map(|label| label.path.to_string()).unwrap_or_default();
            format!("{} {} {} {at}: {}\n", finding.severity, finding.code, finding.name, finding.message)
        };
        let text: String = found.iter().map(line).collect();
        let name = profile.file_stem().expect("a name").to_string_lossy().into_owned();
        assert!(!text.lines().any(|line| line.starts_with("error ")), "{name} has errors:\n{text}");
        assert_kept(&repository().join(format!("tests/golden/findings/{name}.txt")), &text);
    }
}
