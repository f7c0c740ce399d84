//! The tests that SECURITY.md and COMPATIBILITY.md name exist: a row that promises one which is gone promises nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Names with fewer underscores than this stand for something else, if no module is before them.
const FEWEST: usize = 4;

/// The sources of the runtime by their path.
fn sources() -> BTreeMap<PathBuf, String> {
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).expect("text");
        (path, text)
    };
    super::rust_files(&super::root().join("runtime")).into_iter().map(read).collect()
}

/// `sys: a::b_c` → `a::b_c`; `None` for what names no test.
fn test_name(span: &str) -> Option<&str> {
    let name = span.strip_prefix("sys: ").unwrap_or(span);
    let is_word = |part: &str| {
        part == "*"
            || !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    let is_long = name.contains("::") || name.matches('_').count() >= FEWEST;
    (is_long && name.split("::").all(is_word)).then_some(name)
}

/// Whether a source has a test of this name.
pub(crate) fn has_test(text: &str, name: &str) -> bool {
    let is_mark = |line: &str| line == "#[test]" || line.starts_with("#[tokio::test");
    let mut is_marked = false;
    text.lines().map(str::trim).any(|line| {
        let rest = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ");
        let is_it = is_marked && rest.is_some_and(|rest| rest.starts_with(&format!("{name}(")));
        // Other attributes may stand between.
        if !line.is_empty() && (is_mark(line) || !line.starts_with("#[")) {
            is_marked = is_mark(line);
        }
        is_it
    })
}

/// Whether a test, or a module that has some, is called so.
fn exists(sources: &BTreeMap<PathBuf, String>, name: &str) -> bool {
    let mut modules: Vec<&str> = name.split("::").collect();
    let last = modules.pop().expect("a name has a part");
    modules.retain(|module| *module != "tests");
    let stem = modules.join("/");
    let is_of = |path: &Path| {
        let path = path.with_extension("");
        stem.is_empty() || ["", "_tests", "/tests"].iter().any(|end| path.ends_with(format!("{stem}{end}")))
    };
    let mut texts = sources.iter().filter(|(path, _)| is_of(path)).map(|(_, text)| text);
    match last {
        "*" | "tests" => texts.any(|text| text.contains("#[test]")),
        last => texts.any(|text| has_test(text, last)),
    }
}

#[test]
fn every_test_that_a_document_names_exists() {
    let sources = sources();
    let (mut named, mut missing) = (0, Vec::new());
    for document in ["runtime/SECURITY.md", "runtime/COMPATIBILITY.md"] {
        let text = std::fs::read_to_string(super::root().join(document)).expect("a document");
        for row in text.lines().filter(|line| line.starts_with('|')) {
            let last = row.trim_end_matches('|').rsplit('|').next().unwrap_or_default();
            for name in last.split('`').skip(1).step_by(2).filter_map(test_name) {
                named += 1;
                if !exists(&sources, name) {
                    missing.push(format!("{document}: {name}"));
                }
            }
        }
    }
    assert!(missing.is_empty(), "no such tests:\n{}", missing.join("\n"));
    assert!(named > 100, "{named} tests are named");
}

#[test]
fn a_test_that_does_not_exist_is_missed() {
    let sources = sources();
    for name in
        ["volumes::a_link_that_was_never_swapped", "volumees::*", "a_name_of_no_test_at_all", "launch::become_command"]
    {
        assert!(!exists(&sources, name), "{name}");
    }
    assert!(exists(&sources, "attacks::raised::a_script_of_roots_finds_no_key_of_the_callers"));
    assert!(exists(&sources, "request::options::tests") && exists(&sources, "records::*"));
}
