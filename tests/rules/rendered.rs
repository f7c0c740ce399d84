//! What this tool renders passes its own rules about scripts: each rendered script is carried as if the site had written it.

use std::{fs, path::Path};

use shifter_site::check;
use shifter_site::diagnostic::Located;
use shifter_site::lint::Tier;
use shifter_site::profile::LoadOptions;
use shifter_site::render::{self, Inputs, Secrets};

use crate::trial::findings;

/// Every script that the profile renders: its name without directories, made unique, and its text.
fn scripts(profile: &Path) -> Vec<(String, String)> {
    let checked = check::check(&LoadOptions::file(profile), None, &check::Strictness::default()).expect("readable");
    let directory = profile.parent().expect("a directory");
    let name = profile.display().to_string();
    let inputs = Inputs::gather(&checked.sites, &name, directory, Secrets::Placeholder).expect("its scripts");
    let plan = render::plan(&checked.sites, &inputs).expect("a plan");
    let mut found: Vec<(String, String)> = Vec::new();
    for artifact in plan.artifacts {
        let Ok(text) = String::from_utf8(artifact.bytes) else { continue };
        let shell = text.lines().next().is_some_and(|first| first.starts_with("#!") && first.contains("sh"));
        if shell && !found.iter().any(|(_, known)| *known == text) {
            let base = artifact.path.rsplit('/').next().unwrap_or_default().to_owned();
            found.push((format!("{:02}-{base}", found.len()), text));
        }
    }
    found
}

/// What is found in one script, carried by a copy of the profile in the place where it runs.
fn found_in(profile: &Path, name: &str, text: &str) -> Vec<Located> {
    let directory = tempfile::tempdir().expect("a directory");
    let role = |role: &str| format!("[[script]]\nfile = \"{name}\"\nrole = \"{role}\"\n");
    let carried = match name {
        _ if name.contains("premount") => format!("[hooks.premount]\nscript = {{ file = \"{name}\" }}\n"),
        _ if name.contains("postmount") => format!("[hooks.postmount]\nscript = {{ file = \"{name}\" }}\n"),
        _ if name.contains("prolog") => role("prologue"),
        _ if name.contains("epilog") => role("epilogue"),
        _ if name.contains("refresh") || name.contains("cron") => role("cron"),
        _ => role("service"),
    };
    let copy = directory.path().join("copy.toml");
    let base = fs::canonicalize(profile).expect("the profile");
    fs::write(&copy, format!("schema = 1\nextends = [\"{}\"]\n{carried}", base.display())).expect("a file");
    fs::write(directory.path().join(name), text).expect("a file");
    let mut found = findings(&copy, Tier::Strict);
    found.retain(|located| located.anchor().is_some_and(|place| place.source.name.ends_with(name)));
    found
}

fn profiles() -> Vec<std::path::PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("site-profiles");
    let entries = fs::read_dir(directory).expect("the profiles").map(|entry| entry.expect("an entry").path());
    let mut all: Vec<_> = entries.filter(|path| path.extension().is_some_and(|end| end == "toml")).collect();
    all.sort();
    all
}

#[test]
fn rules_about_scripts_find_nothing_in_a_rendered_script() {
    let (mut wrong, mut looked_at) = (Vec::new(), 0);
    for profile in profiles() {
        for (name, text) in scripts(&profile) {
            looked_at += 1;
            for located in found_in(&profile, &name, &text) {
                let finding = &located.finding;
                let line = located.anchor().map_or(0, |place| place.start().line);
                wrong.push(format!("{} {name}:{line} {} {}", profile.display(), finding.code, finding.message));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(looked_at > 10, "only {looked_at} scripts");
}

#[test]
fn a_mistake_in_a_rendered_script_would_be_found() {
    let mut looked_at = 0;
    for profile in profiles() {
        for (name, text) in scripts(&profile) {
            let spoilt = format!("{text}\nif true; then\n");
            assert!(!found_in(&profile, &name, &spoilt).is_empty(), "{} {name}", profile.display());
            looked_at += 1;
        }
    }
    assert!(looked_at > 10, "only {looked_at} scripts");
}
