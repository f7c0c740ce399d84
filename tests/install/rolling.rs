//! Going back, and forgetting.

use crate::support::{Machine, desired};
use shifter_site::install::{self, InstallError, Store};

const CONF: &str = "/etc/shifter/udiRoot.conf";
const HOOK: &str = "/opt/site/sbin/premount.sh";

#[test]
fn rolling_back_and_forward_gives_each_generation_byte_for_byte() {
    let machine = Machine::new();
    machine.apply(&desired(&[(CONF, "system=a\n"), (HOOK, "true\n")])).unwrap();
    let one = machine.files();
    machine.apply(&desired(&[(CONF, "system=b\n")])).unwrap();
    let two = machine.files();
    machine.rollback(None).unwrap();
    assert_eq!(machine.files(), one);
    machine.rollback(Some(2)).unwrap();
    assert_eq!(machine.files(), two);
    machine.rollback(Some(1)).unwrap();
    assert_eq!(machine.files(), one);
}

#[test]
fn going_back_to_the_beginning_restores_what_the_first_run_found() {
    let machine = Machine::new();
    machine.put(CONF, "by hand\n");
    machine.apply(&desired(&[(CONF, "system=a\n"), (HOOK, "true\n")])).unwrap();
    machine.apply(&desired(&[(CONF, "system=b\n"), (HOOK, "true\n")])).unwrap();
    machine.rollback(None).unwrap();
    assert_eq!(machine.read(CONF).as_deref(), Some("system=a\n"));
    machine.rollback(None).unwrap();
    assert_eq!(machine.files().into_iter().collect::<Vec<_>>(), [(CONF.to_owned(), "by hand\n".to_owned())]);
    assert!(!machine.at("/opt").exists(), "directories that the first run made are gone");
    let error = machine.rollback(Some(17)).unwrap_err();
    assert!(matches!(error, InstallError::NoGeneration { number: 17, .. }), "{error}");
}

#[test]
fn going_back_over_an_edit_is_refused() {
    let machine = Machine::new();
    machine.apply(&desired(&[(CONF, "system=a\n")])).unwrap();
    machine.apply(&desired(&[(CONF, "system=b\n")])).unwrap();
    machine.put(CONF, "system=b\n# by hand\n");
    assert!(matches!(machine.rollback(None).unwrap_err(), InstallError::Edited(_)));
}

#[test]
fn old_generations_are_forgotten_and_what_is_in_place_and_the_first_never() {
    let machine = Machine::new();
    machine.put(CONF, "by hand\n");
    for system in ["a", "b", "c", "d"] {
        machine.apply(&desired(&[(CONF, &format!("system={system}\n"))])).unwrap();
    }
    let tree = machine.tree();
    let store = Store::open(&tree).unwrap().unwrap();
    assert_eq!(install::collect(&store, 2, Some(3600)).unwrap(), [] as [u32; 0], "none is an hour old");
    assert_eq!(install::collect(&store, 2, None).unwrap(), [2]);
    assert_eq!(install::collect(&store, 1, None).unwrap(), [3]);
    assert_eq!(install::collect(&store, 1, None).unwrap(), [] as [u32; 0]);
    assert!(machine.compare(&desired(&[(CONF, "system=d\n")])).difference.is_empty());
    let error = machine.rollback(Some(3)).unwrap_err();
    assert!(error.to_string().contains("kept are 1, 4"), "{error}");
    machine.rollback(Some(0)).unwrap();
    assert_eq!(machine.read(CONF).as_deref(), Some("by hand\n"));
}

#[test]
fn what_a_file_was_before_it_was_ours_is_kept_as_long_as_the_file_is_in_place() {
    let machine = Machine::new();
    machine.apply(&desired(&[(CONF, "system=a\n")])).unwrap();
    machine.put(HOOK, "by hand\n");
    machine.apply(&desired(&[(CONF, "system=a\n"), (HOOK, "true\n")])).unwrap();
    for system in ["b", "c"] {
        machine.apply(&desired(&[(CONF, &format!("system={system}\n")), (HOOK, "true\n")])).unwrap();
    }
    let tree = machine.tree();
    let store = Store::open(&tree).unwrap().unwrap();
    assert_eq!(install::collect(&store, 1, None).unwrap(), [3]);
    machine.rollback(Some(1)).unwrap();
    assert_eq!(machine.read(HOOK).as_deref(), Some("by hand\n"));
}

#[test]
fn a_damaged_record_is_named() {
    let machine = Machine::new();
    machine.apply(&desired(&[(CONF, "system=a\n")])).unwrap();
    machine.put("/var/lib/shifter-site/generations/000001/generation.json", "{");
    let error = Store::open(&machine.tree()).unwrap().unwrap().generations().unwrap_err();
    assert!(error.to_string().contains("generation.json` is damaged"), "{error}");
}
