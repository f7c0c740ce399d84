//! The profiles of the repository are clean.

use super::support::{repository, run_in};

#[test]
fn every_profile_of_the_repository_is_clean() {
    let directory = repository().join("site-profiles");
    let mut names: Vec<String> = directory
        .read_dir()
        .expect("the profiles")
        .filter_map(|entry| entry.expect("an entry").file_name().into_string().ok())
        .filter(|name| name.ends_with(".toml"))
        .collect();
    names.sort();
    assert!(names.len() >= 6, "{names:?}");
    for name in names {
        let ran = run_in(&directory, &["check", &name], "", &[]);
        assert_eq!(ran.code, 0, "{name}: {}", ran.out);
    }
}
