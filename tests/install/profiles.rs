//! Every site profile, each class of it: installed, found right, taken away again.

use crate::support::Machine;
use shifter_site::check::{self, Strictness};
use shifter_site::install::{Accounts, Desired, Owning};
use shifter_site::profile::LoadOptions;
use shifter_site::render::{self, Inputs, Secrets};
use std::path::{Path, PathBuf};

fn profiles() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("site-profiles");
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|ext| ext == "toml")).collect();
    paths.sort();
    paths
}

#[test]
fn every_class_of_every_profile_is_installed_found_right_and_taken_away() {
    let mut installed = 0;
    for path in profiles() {
        let options = LoadOptions::file(&path);
        let classes = check::check(&options, None, &Strictness::default()).unwrap().loaded.classes();
        let classes: Vec<Option<String>> =
            if classes.is_empty() { vec![None] } else { classes.into_iter().map(Some).collect() };
        for class in classes {
            let what = format!("{} {class:?}", path.display());
            let sites = check::check(&options, class.as_deref(), &Strictness::default()).unwrap().sites;
            let source = path.display().to_string();
            let inputs = Inputs::gather(&sites, &source, path.parent().unwrap(), Secrets::Placeholder).unwrap();
            let plan = render::plan(&sites, &inputs).unwrap();
            let machine = Machine::new();
            let tree = machine.tree();
            let accounts = Accounts::of(&tree).unwrap();
            let desired =
                Desired::of(&plan, &sites, class.as_deref(), &tree, &accounts, Owning::Left, None).expect(&what);
            let placed = plan.artifacts.iter().filter(|artifact| !artifact.install.is_empty()).count();
            assert_eq!(desired.files.len() + desired.left_out.len(), placed, "{what}");
            machine.apply(&desired).expect(&what);
            assert!(machine.compare(&desired).difference.is_empty(), "{what}");
            assert_eq!(machine.files().len(), desired.files.len(), "{what}");
            installed += desired.files.len();
            if !desired.files.is_empty() {
                machine.rollback(Some(0)).expect(&what);
            }
            assert!(machine.files().is_empty(), "{what}");
            assert!(!machine.at("/etc").exists(), "{what}");
        }
    }
    assert!(installed > 20, "{installed}");
}
