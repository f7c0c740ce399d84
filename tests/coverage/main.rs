//! The law of coverage: every setting of the runtime, the gateway and the plugin has a key of the profile, and every key
//! a consumer that really takes it up.

mod facts;
mod rendered;
#[path = "../rules/trial.rs"]
#[expect(dead_code, reason = "the tests of the rules use more of it")]
mod trial;

use std::path::{Path, PathBuf};

use shifter_site::coverage;
use shifter_site::docs::key::{self, Key};

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The keys that hold a value.
fn keys() -> impl Iterator<Item = &'static Key> {
    key::KEYS.iter().filter(|key| !key.is_table)
}

#[test]
fn every_key_has_a_row_and_every_row_a_key() {
    let without: Vec<String> = keys().map(Key::path).filter(|path| coverage::uses(path).is_none()).collect();
    assert_eq!(without, [""; 0], "say in src/coverage what takes these keys up");
    let known: Vec<String> = keys().map(Key::path).collect();
    let mut rows: Vec<&str> = coverage::rows().map(|(path, _)| path).collect();
    let count = rows.len();
    rows.dedup();
    assert_eq!(rows.len(), count, "a key has two rows");
    rows.retain(|path| !known.iter().any(|known| known == path));
    assert_eq!(rows, [""; 0], "these rows of src/coverage are of no key");
}

#[test]
fn every_setting_can_be_set_by_a_profile() {
    let document = coverage::document();
    let settings = document["settings"].as_array().expect("a list");
    assert!(settings.len() > 150, "{}", settings.len());
    for setting in settings {
        let keys = setting["keys"].as_array().expect("a list");
        assert_ne!(
            keys.is_empty(),
            setting["why_not"].is_null(),
            "no key, or a key and a reason why there is none: {setting}"
        );
    }
}

#[test]
fn a_use_names_a_setting_that_exists() {
    let document = coverage::document();
    let known: Vec<(&str, &str)> = document["settings"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|setting| Some((setting["file"].as_str()?, setting["setting"].as_str()?)))
        .collect();
    for (key, uses) in coverage::rows() {
        for used in uses {
            if let (Some(file), Some(setting)) = (used.file(), used.setting()) {
                assert!(
                    known.contains(&(file, &setting)),
                    "`{key}` is said to set {file}: {setting}, which is no setting"
                );
            }
        }
    }
}
