use std::fs::{self, File, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::time::{Duration, SystemTime};

use shifter_formats::used::INTERVAL;
use shifter_sys::mount::{self, Attributes, Depth};
use shifter_sys::open::{self, For};

use crate::node;
use crate::world::{BOB, at, isolated};

const MARK: &str = "images/used/busy";
const STAMP: &str = "/run/shifter/used/busy";

/// Makes a file as old as it must be to be touched again.
fn age(path: impl AsRef<std::path::Path>) -> SystemTime {
    let old = SystemTime::now() - INTERVAL - Duration::from_secs(60);
    File::options().write(true).open(path).unwrap().set_modified(old).unwrap();
    old
}

fn modified() -> SystemTime {
    fs::metadata(at(MARK)).unwrap().modified().unwrap()
}

fn give_store_to_bob() {
    for path in ["images", "images/busy.squashfs", "images/busy.meta"] {
        chown(at(path), Some(BOB), Some(BOB)).unwrap();
    }
}

#[test]
fn a_start_marks_its_image_as_the_owner_once_a_day() {
    isolated(|world| {
        node::memory();
        give_store_to_bob();
        world.shifter(&["id"]).ok();
        let facts = fs::metadata(at(MARK)).unwrap();
        assert_eq!((facts.uid(), facts.mode() & 0o7777, facts.len()), (BOB, 0o644, 0));
        assert_eq!(fs::metadata(at("images/used")).unwrap().uid(), BOB);
        let old = age(at(MARK));
        world.shifter(&["id"]).ok();
        assert_eq!(modified(), old, "this node marked it today");
        age(STAMP);
        world.shifter(&["id"]).ok();
        assert!(modified() > old + INTERVAL);
    });
}

#[test]
fn a_node_that_remembers_nothing_goes_by_the_marks_own_age() {
    isolated(|world| {
        world.shifter(&["id"]).ok();
        let recent = SystemTime::now() - INTERVAL / 2;
        File::options().write(true).open(at(MARK)).unwrap().set_modified(recent).unwrap();
        world.shifter(&["id"]).ok();
        assert_eq!(modified(), recent);
        let old = age(at(MARK));
        world.shifter(&["id"]).ok();
        assert!(modified() > old + INTERVAL);
    });
}

#[test]
fn a_store_that_takes_no_mark_starts_all_the_same() {
    isolated(|world| {
        node::memory();
        // Root's directory, in which the owner of the files may make none.
        give_store_to_bob();
        chown(at("images"), Some(0), Some(0)).unwrap();
        world.configure(&format!("imageOwner={BOB}"));
        world.shifter(&["id"]).ok();
        assert!(!fs::exists(at("images/used")).unwrap());
        // A directory in which others could lay a link.
        fs::create_dir(at("images/used")).unwrap();
        chown(at("images/used"), Some(BOB), None).unwrap();
        fs::set_permissions(at("images/used"), Permissions::from_mode(0o777)).unwrap();
        age(STAMP);
        world.shifter(&["id"]).ok();
        assert!(!fs::exists(at(MARK)).unwrap());
        // A store that is read-only.
        fs::set_permissions(at("images/used"), Permissions::from_mode(0o755)).unwrap();
        let store = open::host(&at("images"), For::Place).unwrap();
        let copy = mount::clone_at(&store, Depth::One).unwrap();
        mount::restrict(&copy, Depth::One, Attributes::READ_ONLY, None).unwrap();
        mount::attach(copy, &store).unwrap();
        age(STAMP);
        world.shifter(&["id"]).ok();
        assert!(!fs::exists(at(MARK)).unwrap());
    });
}
