//! docs/coverage.md, the list of what the Blue Waters paper and the manual of 18.03 name: what it points to is there, and nothing of
//! the two documents' listings and keys is missing.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::Value;
use shifter_formats::Target;
use shifter_formats::udiroot::{KEYS, KeySpec, MODULE_KEYS};

use super::named::has_test;
use super::root;

/// How many listings the Blue Waters paper has.
const LISTINGS: u32 = 43;

/// What begins a path of this repository.
const FOLDERS: &[&str] = &["docs/", "runtime/", "schemas/", "site-profiles/", "src/", "templates/", "tests/"];

/// What begins a reason why something is not there.
const REASONS: &[&str] = &["**not yet**", "**not here**"];

/// One row of a table.
struct Row {
    line: usize,
    cells: Vec<String>,
}

fn document() -> String {
    std::fs::read_to_string(root().join("docs/coverage.md")).expect("docs/coverage.md")
}

/// The rows of all tables, without their heads.
fn rows(text: &str) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for (line, text) in text.lines().enumerate() {
        if text.starts_with("|---") {
            rows.pop().expect("a table has a head");
        } else if text.starts_with('|') {
            let cells = text.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
            rows.push(Row { line: line + 1, cells });
        }
    }
    rows
}

/// What stands between backticks.
fn spans(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Whether a span is the code of a rule.
fn is_code(span: &str) -> bool {
    let group = span.trim_end_matches(|letter: char| letter.is_ascii_digit());
    span.len() == group.len() + 3 && group.len() > 1 && group.bytes().all(|letter| letter.is_ascii_uppercase())
}

/// What is wrong with a span that points to a file, a test or a rule.
fn fault(span: &str, rules: &BTreeSet<String>) -> Option<String> {
    if is_code(span) {
        return (!rules.contains(span)).then(|| format!("there is no rule `{span}`"));
    }
    if !FOLDERS.iter().any(|folder| span.starts_with(folder)) {
        return None;
    }
    let Some((file, name)) = span.split_once("::") else {
        return (!root().join(span).exists()).then(|| format!("there is no file `{span}`"));
    };
    let Ok(text) = std::fs::read_to_string(root().join(file)) else {
        return Some(format!("there is no file `{file}`"));
    };
    (!has_test(&text, name)).then(|| format!("`{file}` has no test `{name}`"))
}

/// The codes of all rules, from their reference, which a test holds against them.
fn rules() -> BTreeSet<String> {
    let text = std::fs::read_to_string(root().join("schemas/rules.md")).expect("the reference of the rules");
    let code = |line: &str| line.strip_prefix("| ")?.split(' ').next().filter(|word| is_code(word)).map(str::to_owned);
    text.lines().filter_map(code).collect()
}

/// Whether a cell names a test or a rule, or says why there is none.
fn is_answer(cell: &str) -> bool {
    let cell = cell.to_lowercase();
    let has_reason = |reason: &&str| {
        cell.split_once(*reason)
            .is_some_and(|(before, after)| before.len() + after.trim_matches([':', ' ', '.']).len() > 8)
    };
    spans(&cell).any(|span| span.contains(".rs::") || is_code(&span.to_uppercase())) || REASONS.iter().any(has_reason)
}

#[test]
fn what_the_list_of_coverage_points_to_is_there() {
    let (text, rules) = (document(), rules());
    let wrong: Vec<String> = spans(&text).filter_map(|span| fault(span, &rules)).collect();
    assert!(wrong.is_empty(), "docs/coverage.md:\n{}", wrong.join("\n"));
    let tests = spans(&text).filter(|span| span.contains(".rs::")).collect::<BTreeSet<_>>();
    assert!(tests.len() > 150, "{} tests are named", tests.len());
}

#[test]
fn no_row_of_the_list_of_coverage_is_without_a_test_or_a_reason() {
    let mut wrong = Vec::new();
    for Row { line, cells } in rows(&document()) {
        let [named, here, shown] = &cells[..] else { panic!("docs/coverage.md:{line}: {} cells", cells.len()) };
        if named.is_empty() || here.is_empty() || !is_answer(shown) {
            wrong.push(format!("docs/coverage.md:{line}: {named}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_listing_of_the_paper_is_in_the_list_of_coverage() {
    let rows = rows(&document());
    let is_number = |word: &str| word.strip_prefix('L').and_then(|number| number.parse::<u32>().ok());
    let words = rows.iter().flat_map(|row| row.cells[0].split([' ', ',', ':', '.']));
    let named: BTreeSet<u32> = words.filter_map(is_number).collect();
    assert_eq!(named, (1..=LISTINGS).collect());
}

#[test]
fn every_key_of_the_original_is_in_the_list_of_coverage() {
    let rows = rows(&document());
    let named: BTreeSet<&str> = rows.iter().flat_map(|row| spans(&row.cells[0])).collect();
    let is_original =
        |key: &&KeySpec| !key.patched.is_empty() || key.targets.iter().any(|target| *target != Target::Native);
    let of_udiroot = KEYS.iter().filter(is_original).map(|key| key.name.to_owned());
    let of_modules = MODULE_KEYS.iter().filter(is_original).map(|key| format!("module_<name>_{}", key.name));
    let keys: Vec<String> = of_udiroot.chain(of_modules).chain(keys_of_imagemanager()).collect();
    assert!(keys.len() > 90, "{} keys", keys.len());
    let missing: Vec<&String> = keys.iter().filter(|key| !named.contains(key.as_str())).collect();
    assert_eq!(missing, [""; 0], "docs/coverage.md does not name these keys");
}

/// The keys of `imagemanager.json` that are not this gateway's own, dotted.
fn keys_of_imagemanager() -> Vec<String> {
    let file: PathBuf = root().join("schemas/imagemanager.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(file).expect("a schema")).expect("JSON");
    let tables = [
        ("", &schema),
        ("Locations.NAME.", &schema["$defs"]["Location"]),
        ("Platforms.NAME.", &schema["$defs"]["Platform"]),
        ("Platforms.NAME.local.", &schema["$defs"]["LocalAccess"]),
        ("Platforms.NAME.ssh.", &schema["$defs"]["SshAccess"]),
    ];
    let mut keys = Vec::new();
    for (path, table) in tables {
        let properties = table["properties"].as_object().expect("a table has keys");
        let is_original = |key: &Value| !key["description"].as_str().is_some_and(|text| text.starts_with("Native"));
        keys.extend(properties.iter().filter(|(_, key)| is_original(key)).map(|(name, _)| format!("{path}{name}")));
    }
    keys
}

#[test]
fn a_row_that_points_to_nothing_is_found() {
    let rules = rules();
    for span in ["src/nothing.rs", "tests/rules.rs::no_test_is_called_so", "src/none.rs::a", "RT999"] {
        assert!(fault(span, &rules).is_some(), "{span}");
    }
    for span in ["tests/rules.rs::a_good_example_gives_nothing", "src/lib.rs", "RT001", "siteFs", "/src/x"] {
        assert_eq!(fault(span, &rules), None);
    }
    assert!(!is_answer("") && !is_answer("`siteFs`") && !is_answer("**not yet**") && !is_answer("it is there"));
    assert!(is_answer("**Not here**: no such program") && is_answer("`RT001`") && is_answer("`src/a.rs::b`"));
}
