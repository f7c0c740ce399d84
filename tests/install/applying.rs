//! What applying changes, and what it leaves alone.

use crate::support::{Machine, desired, is_root, request, wanted};
use shifter_site::install::{Desired, Edits, InstallError, Request, Selection, Store};
use shifter_site::tree::Ids;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

const CONF: &str = "/etc/shifter/udiRoot.conf";
const HOOK: &str = "/opt/site/sbin/premount.sh";

#[test]
fn a_second_run_changes_nothing_not_even_a_time() {
    let machine = Machine::new();
    let desired = desired(&[(CONF, "system=a\n"), (HOOK, "true\n")]);
    assert_eq!(machine.apply(&desired).unwrap().number, Some(1));
    let before = machine.stamps();
    assert_eq!(machine.apply(&desired).unwrap().number, None);
    assert_eq!(machine.stamps(), before);
}

#[test]
fn files_that_are_right_already_are_recorded_and_not_touched() {
    let machine = Machine::new();
    machine.put(CONF, "system=a\n");
    let before = machine.stamps();
    let applied = machine.apply(&desired(&[(CONF, "system=a\n")])).unwrap();
    assert_eq!((applied.number, applied.written.len()), (Some(1), 0));
    assert_eq!(machine.stamps()[&machine.at(CONF)], before[&machine.at(CONF)]);
}

#[test]
fn only_what_differs_gets_a_new_inode_and_nothing_is_left_beside_it() {
    let machine = Machine::new();
    machine.apply(&desired(&[(CONF, "system=a\n"), (HOOK, "true\n")])).unwrap();
    let before = machine.stamps();
    machine.apply(&desired(&[(CONF, "system=b\n"), (HOOK, "true\n")])).unwrap();
    let after = machine.stamps();
    assert_eq!(before[&machine.at(HOOK)], after[&machine.at(HOOK)]);
    assert_ne!(before[&machine.at(CONF)], after[&machine.at(CONF)]);
    assert_eq!(machine.files().keys().collect::<Vec<_>>(), [CONF, HOOK]);
}

#[test]
fn owner_and_mode_are_those_of_the_plan_whatever_the_umask() {
    if !is_root() {
        eprintln!("skipped: only root gives files away");
        return;
    }
    let machine = Machine::new();
    let mut file = wanted(CONF, "system=a\n");
    (file.ids, file.mode) = (Some(Ids { uid: 12, gid: 34 }), 0o4750);
    machine.apply(&Desired { files: vec![file], ..desired(&[]) }).unwrap();
    let seen = std::fs::metadata(machine.at(CONF)).unwrap();
    assert_eq!((seen.uid(), seen.gid(), seen.mode() & 0o7777), (12, 34, 0o4750));
    assert_eq!(std::fs::metadata(machine.at("/etc/shifter")).unwrap().permissions().mode() & 0o7777, 0o755);
}

#[test]
fn what_is_kept_is_for_its_owner_alone() {
    let machine = Machine::new();
    machine.apply(&desired(&[(CONF, "system=a\n")])).unwrap();
    let mode = |path: &str| std::fs::metadata(machine.at(path)).unwrap().permissions().mode() & 0o7777;
    let state = "/var/lib/shifter-site";
    assert_eq!((mode("/var/lib"), mode(state)), (0o755, 0o700));
    assert_eq!(mode(&format!("{state}/generations/000001/file-0000")), 0o600);
}

#[test]
fn edits_are_refused_by_name_and_kept_when_they_are_overwritten() {
    let machine = Machine::new();
    machine.apply(&desired(&[(CONF, "system=a\nsiteFs=/home:/home\n")])).unwrap();
    machine.put(CONF, "system=a\nsiteFs=/home:/home;/x:/x\n");
    let next = desired(&[(CONF, "system=b\nsiteFs=/home:/home\n")]);
    let error = machine.apply(&next).unwrap_err();
    assert!(matches!(error, InstallError::Edited(_)));
    let text = error.to_string();
    assert!(text.contains("INST001") && text.contains(&format!("{CONF}: siteFs: + /x")), "{text}");
    assert!(machine.read(CONF).unwrap().contains("/x:/x"));
    machine.apply_as(&next, &Request { edits: Edits::Overwritten, ..request() }).unwrap();
    assert_eq!(machine.read(CONF).as_deref(), Some("system=b\nsiteFs=/home:/home\n"));
    let generations = Store::open(&machine.tree()).unwrap().unwrap().generations().unwrap();
    let was = generations.last().unwrap().before[0].was.clone().unwrap();
    let kept = machine.read(&format!("/var/lib/shifter-site/generations/000002/{}", was.stored)).unwrap();
    assert!(kept.contains("/x:/x"));
}

#[test]
fn only_some_paths_are_installed_and_the_others_stay_recorded_as_they_were() {
    let machine = Machine::new();
    machine.apply(&desired(&[(HOOK, "true\n"), ("/etc/cron.d/x", "one\n")])).unwrap();
    let only = |path: &str| Request { selection: Selection { only: vec![path.to_owned()] }, ..request() };
    let next = desired(&[(HOOK, "false\n"), ("/etc/cron.d/x", "two\n")]);
    machine.apply_as(&next, &only("/etc/cron.d")).unwrap();
    assert_eq!(
        (machine.read(HOOK).as_deref(), machine.read("/etc/cron.d/x").as_deref()),
        (Some("true\n"), Some("two\n"))
    );
    let left = machine.compare(&next).difference;
    assert_eq!(left.files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(), [HOOK]);
    let error = machine.apply_as(&next, &only("/etc/cron.d/y")).unwrap_err();
    assert!(matches!(error, InstallError::NothingThere(_)), "{error}");
}

#[test]
fn a_configuration_is_not_installed_without_the_hook_it_names() {
    let machine = Machine::new();
    let conf = format!("system=a\nsitePreMountHook={HOOK}\n");
    let only = Request { selection: Selection { only: vec![CONF.to_owned()] }, ..request() };
    let error = machine.apply_as(&desired(&[(CONF, &conf), (HOOK, "true\n")]), &only).unwrap_err();
    assert!(matches!(error, InstallError::NamesMissing { .. }), "{error}");
    assert_eq!(machine.read(CONF), None);
}

#[test]
fn one_root_has_one_class_unless_it_is_taken_over() {
    let machine = Machine::new();
    let of = |class: &str, text: &str| Desired { class: Some(class.to_owned()), ..desired(&[(CONF, text)]) };
    machine.apply(&of("compute", "system=a\n")).unwrap();
    machine.apply(&Desired { class: Some("gateway".to_owned()), ..desired(&[("/etc/redis.conf", "x\n")]) }).unwrap();
    assert_eq!(machine.read(CONF).as_deref(), Some("system=a\n"));
    let error = machine.apply(&of("login", "system=b\n")).unwrap_err();
    assert!(error.to_string().contains("class `compute` (generation 1)"), "{error}");
    machine.apply_as(&of("login", "system=b\n"), &Request { take_over: true, ..request() }).unwrap();
    assert_eq!(machine.read(CONF).as_deref(), Some("system=b\n"));
}

#[test]
fn what_was_applied_and_is_no_longer_rendered_goes() {
    let machine = Machine::new();
    machine.put("/etc/shifter/notes.txt", "the site's own");
    machine.apply(&desired(&[(CONF, "system=a\n"), (HOOK, "true\n")])).unwrap();
    let applied = machine.apply(&desired(&[(CONF, "system=b\n")])).unwrap();
    assert_eq!(applied.removed, [HOOK]);
    assert_eq!(machine.files().keys().collect::<Vec<_>>(), ["/etc/shifter/notes.txt", CONF]);
}

#[test]
fn the_selinux_label_of_a_file_stays_with_it() {
    let machine = Machine::new();
    machine.apply(&desired(&[(CONF, "system=a\n")])).unwrap();
    let label = b"system_u:object_r:etc_t:s0\0";
    let name = "security.selinux";
    if let Err(errno) = rustix::fs::setxattr(machine.at(CONF), name, label, rustix::fs::XattrFlags::empty()) {
        eprintln!("skipped: no label can be set here: {errno}");
        return;
    }
    let read = || {
        let mut buffer = [0_u8; 64];
        let length = rustix::fs::getxattr(machine.at(CONF), name, &mut buffer[..]).unwrap();
        buffer[..length].to_vec()
    };
    machine.apply(&desired(&[(CONF, "system=b\n")])).unwrap();
    assert_eq!((machine.read(CONF).as_deref(), read().as_slice()), (Some("system=b\n"), &label[..]));
    machine.apply(&desired(&[])).unwrap();
    machine.rollback(Some(1)).unwrap();
    assert_eq!(machine.read(CONF).as_deref(), Some("system=a\n"));
}
