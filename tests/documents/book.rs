//! The documents are one book (mdBook's layout): every page has its place in it, and every link leads somewhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All pages below a folder.
fn pages(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(pages(&path));
        } else if path.extension().is_some_and(|ending| ending == "md") {
            found.push(path);
        }
    }
    found
}

/// Where the links of a page lead, as they are written; blocks of code have none.
fn links(text: &str) -> Vec<String> {
    let mut is_code = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        }
        if is_code {
            continue;
        }
        let mut rest = line;
        while let Some(at) = rest.find("](") {
            rest = &rest[at + 2..];
            let Some(end) = rest.find(')') else { break };
            found.push(rest[..end].to_owned());
        }
    }
    found
}

/// What a heading is called in a link: small letters, no punctuation, `-` for blanks.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}

fn has_heading(page: &Path, name: &str) -> bool {
    let text = fs::read_to_string(page).expect("a page");
    let mut headings = text.lines().filter_map(|line| line.strip_prefix('#'));
    headings.any(|heading| anchor(heading.trim_start_matches('#')) == name)
}

#[test]
fn every_page_has_one_place_in_the_book() {
    let docs = root().join("docs");
    let summary = fs::read_to_string(docs.join("SUMMARY.md")).expect("a table of contents");
    let listed: Vec<PathBuf> = links(&summary).iter().map(|link| docs.join(link)).collect();
    let once: BTreeSet<&PathBuf> = listed.iter().collect();
    assert_eq!(once.len(), listed.len(), "a page stands twice in docs/SUMMARY.md");
    let there = pages(&docs);
    for page in there.iter().filter(|page| !page.ends_with("SUMMARY.md")) {
        assert!(once.contains(page), "docs/SUMMARY.md does not list {}", page.display());
    }
}

#[test]
fn every_link_of_the_documents_leads_somewhere() {
    let mut all = pages(&root().join("docs"));
    all.extend(pages(&root().join("runtime")));
    all.extend([root().join("README.md"), root().join("tests/fuzz/README.md"), root().join("schemas/rules.md")]);
    let mut lost = Vec::new();
    for page in all {
        let text = fs::read_to_string(&page).expect("a page");
        for link in links(&text) {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            let (file, heading) = link.split_once('#').map_or((link.as_str(), None), |(file, name)| (file, Some(name)));
            let target = if file.is_empty() { page.clone() } else { page.parent().expect("a folder").join(file) };
            let is_lost = !target.exists() || heading.is_some_and(|name| !has_heading(&target, name));
            if is_lost {
                lost.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(lost.is_empty(), "links that lead nowhere:\n{}", lost.join("\n"));
}

#[test]
fn links_and_headings_are_found() {
    assert_eq!(links("a [b](c.md#d) [e](f)\n```\n[g](h)\n```\n[i](j)"), ["c.md#d", "f", "j"]);
    assert_eq!(anchor(" How to add `udiRoot.conf` keys"), "how-to-add-udirootconf-keys");
}
