//! Every site profile renders what was reviewed. `SHIFTER_UPDATE=1 cargo test --test render` writes the files anew.

use crate::support::{plan, profiles, repository, text};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Every file below a directory, by its path there.
fn tree(root: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                files.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    files
}

#[test]
fn every_profile_renders_what_was_reviewed() {
    let mut wrong = Vec::new();
    for name in profiles() {
        let root = repository(&format!("tests/golden/{name}"));
        let plan = plan(&name);
        let rendered: BTreeMap<String, String> =
            plan.artifacts.iter().map(|artifact| (artifact.path.clone(), text(&plan, &artifact.path))).collect();
        assert_eq!(rendered.len(), plan.artifacts.len(), "{name} renders two files of one name");
        if std::env::var_os("SHIFTER_UPDATE").is_some() {
            if root.exists() {
                fs::remove_dir_all(&root).unwrap();
            }
            for (path, text) in &rendered {
                let path = root.join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
        }
        let golden = tree(&root);
        for path in rendered.keys().chain(golden.keys()) {
            if rendered.get(path) != golden.get(path) && !wrong.contains(&format!("{name}/{path}")) {
                wrong.push(format!("{name}/{path}"));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "these differ from tests/golden: {wrong:#?}\nreview, then run `SHIFTER_UPDATE=1 cargo test --test render`"
    );
}

#[test]
fn two_renderings_are_equal() {
    for name in profiles() {
        assert_eq!(plan(&name), plan(&name), "{name}");
    }
}

#[test]
fn the_order_of_tables_changes_nothing() {
    let profile = fs::read_to_string(repository("site-profiles/centos7.toml")).unwrap();
    let mut tables: Vec<String> = Vec::new();
    for line in profile.lines() {
        if line.starts_with('[') || tables.is_empty() {
            tables.push(String::new());
        }
        let table = tables.last_mut().unwrap();
        table.push_str(line);
        table.push('\n');
    }
    let (top, tables) = tables.split_first().unwrap();
    // Entries of an array of tables keep their order among themselves: it decides ties between mounts.
    let (lists, plain): (Vec<&String>, Vec<&String>) = tables.iter().partition(|table| table.starts_with("[["));
    let parts: Vec<&str> = plain.iter().rev().chain(&lists).map(|table| table.as_str()).collect();
    assert_eq!(crate::support::plan_of(&profile), crate::support::plan_of(&format!("{top}{}", parts.concat())));
}
