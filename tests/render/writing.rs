//! Writing a plan: modes from the start, nothing half done, nothing else touched.

use crate::support::{plan, profiles};
use shifter_site::render::{self, Check, WriteError};
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn every_profile_is_written_with_its_modes_and_reads_back() {
    for name in profiles() {
        let plan = plan(&name);
        let dir = tempfile::tempdir().unwrap();
        let report = render::write(&plan, dir.path()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(report.written.len(), plan.artifacts.len());
        for artifact in &plan.artifacts {
            let path = dir.path().join(&artifact.path);
            assert_eq!(fs::read(&path).unwrap(), artifact.bytes, "{name}/{}", artifact.path);
            assert_eq!(mode(&path), artifact.mode.bits(), "{name}/{}", artifact.path);
        }
    }
}

#[test]
fn a_second_writing_changes_nothing_and_strangers_stay() {
    let plan = plan("bluewaters");
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("notes.txt"), "the site's own").unwrap();
    render::write(&plan, dir.path()).unwrap();
    let first = fs::read(dir.path().join("manifest.json")).unwrap();
    render::write(&plan, dir.path()).unwrap();
    assert_eq!(fs::read(dir.path().join("manifest.json")).unwrap(), first);
    assert_eq!(fs::read_to_string(dir.path().join("notes.txt")).unwrap(), "the site's own");
    let left: Vec<_> = fs::read_dir(dir.path())
        .unwrap()
        .filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().starts_with('.'))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_file_that_reads_back_otherwise_is_never_put_in_place() {
    let mut plan = plan("bluewaters");
    let conf = plan.artifacts.iter_mut().find(|artifact| matches!(artifact.check, Check::UdiRoot { .. })).unwrap();
    conf.bytes =
        String::from_utf8(conf.bytes.clone()).unwrap().replace("maxGroupCount=31", "maxGroupCount=32").into_bytes();
    let dir = tempfile::tempdir().unwrap();
    let error = render::write(&plan, dir.path()).unwrap_err();
    assert!(matches!(error, WriteError::ReadBack { .. }), "{error}");
    assert_eq!(fs::read_dir(dir.path()).unwrap().filter(|e| e.as_ref().unwrap().path().is_file()).count(), 0);
}

#[test]
fn a_file_that_is_as_it_should_be_keeps_its_inode_and_others_are_mended() {
    let plan = plan("bluewaters");
    let dir = tempfile::tempdir().unwrap();
    render::write(&plan, dir.path()).unwrap();
    let inode = |name: &str| fs::metadata(dir.path().join(name)).unwrap().ino();
    let before = plan.artifacts.iter().map(|artifact| inode(&artifact.path)).collect::<Vec<_>>();
    let (conf, hook) = (dir.path().join("udiRoot.conf"), dir.path().join("premount.sh"));
    fs::write(&conf, "edited").unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o777)).unwrap();
    render::write(&plan, dir.path()).unwrap();
    for (artifact, before) in plan.artifacts.iter().zip(before) {
        let mended = ["udiRoot.conf", "premount.sh"].contains(&artifact.path.as_str());
        assert_eq!(inode(&artifact.path) != before, mended, "{}", artifact.path);
    }
    assert_ne!(fs::read(&conf).unwrap(), b"edited");
    assert_eq!(mode(&hook), 0o755);
}

#[test]
fn a_directory_in_the_place_of_a_file_stops_the_writing_before_anything_is_in_place() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("udiRoot.conf")).unwrap();
    let error = render::write(&plan("laptop"), dir.path()).unwrap_err().to_string();
    assert!(error.starts_with("cannot replace `") && error.contains("udiRoot.conf"), "{error}");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}
