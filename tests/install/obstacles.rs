//! What stands in the way: then nothing changes, and the message says what it is.

use crate::support::{Machine, desired, in_own_mounts, is_root};
use shifter_site::install::InstallError;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Command;

const CONF: &str = "/etc/shifter/udiRoot.conf";
const HOOK: &str = "/opt/site/sbin/premount.sh";

/// A machine with `CONF` in place, on which something is then wrong.
fn machine() -> Machine {
    let machine = Machine::new();
    machine.put("/opt/site/sbin/other", "");
    machine.apply(&desired(&[(CONF, "system=old\n")])).unwrap();
    machine
}

/// Applies two files, of which the hook cannot be installed: the refusal, and that nothing changed.
fn refused(machine: &Machine) -> String {
    let before = machine.stamps();
    let error = machine.apply(&desired(&[(CONF, "system=new\n"), (HOOK, "true\n")])).unwrap_err();
    assert_eq!(machine.stamps(), before, "nothing is changed, nothing is left");
    error.to_string()
}

#[test]
fn a_directory_that_others_may_write_is_refused_and_named() {
    let machine = machine();
    for (mode, by) in [(0o777, "everybody"), (0o775, "group"), (0o1777, "everybody")] {
        fs::set_permissions(machine.at("/opt/site/sbin"), Permissions::from_mode(mode)).unwrap();
        let text = refused(&machine);
        assert!(text.contains("/opt/site/sbin` may be written by") && text.contains(by), "{text}");
    }
    fs::set_permissions(machine.at("/opt/site/sbin"), Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(machine.at("/opt"), Permissions::from_mode(0o777)).unwrap();
    let text = refused(&machine);
    assert!(text.contains("/opt` may be written by everybody"), "{text}");
}

#[test]
fn a_directory_below_a_sticky_one_is_fine() {
    let machine = machine();
    fs::set_permissions(machine.at("/opt"), Permissions::from_mode(0o1777)).unwrap();
    machine.apply(&desired(&[(CONF, "system=new\n"), (HOOK, "true\n")])).unwrap();
    assert_eq!(machine.read(HOOK).as_deref(), Some("true\n"));
}

#[test]
fn a_directory_of_somebody_else_is_refused() {
    if !is_root() {
        eprintln!("skipped: only root gives directories away");
        return;
    }
    let machine = machine();
    std::os::unix::fs::chown(machine.at("/opt/site"), Some(4711), None).unwrap();
    let text = refused(&machine);
    assert!(text.contains("/opt/site` belongs to uid 4711, expected root"), "{text}");
}

#[test]
fn a_symlinked_parent_leads_within_the_root_and_never_out_of_it() {
    let machine = machine();
    fs::rename(machine.at("/opt/site"), machine.at("/srv")).unwrap();
    for target in ["/srv", "../srv", "/../../../srv", "/opt/./../srv/"] {
        symlink(target, machine.at("/opt/site")).unwrap();
        let hook = format!("{target}\n");
        machine.apply(&desired(&[(CONF, "system=new\n"), (HOOK, &hook)])).unwrap();
        assert_eq!(machine.read("/srv/sbin/premount.sh").as_deref(), Some(hook.as_str()));
        fs::remove_file(machine.at("/opt/site")).unwrap();
    }
    symlink("site", machine.at("/opt/site")).unwrap();
    let text = refused(&machine);
    assert!(text.contains("leads through more than 40 symlinks"), "{text}");
}

#[test]
fn something_else_in_the_place_of_a_file_is_refused() {
    let machine = machine();
    let place = machine.at(HOOK);
    fs::create_dir(&place).unwrap();
    assert!(refused(&machine).contains("premount.sh` is a directory, expected a file"));
    fs::remove_dir(&place).unwrap();
    symlink("/etc/passwd", &place).unwrap();
    assert!(refused(&machine).contains("premount.sh` is a symlink, expected a file"));
    fs::remove_file(&place).unwrap();
    nix::unistd::mkfifo(&place, nix::sys::stat::Mode::from_bits_truncate(0o644)).unwrap();
    assert!(refused(&machine).contains("premount.sh` is a FIFO, expected a file"));
    fs::remove_file(&place).unwrap();
    fs::remove_dir_all(machine.at("/opt/site")).unwrap();
    fs::write(machine.at("/opt/site"), "").unwrap();
    assert!(refused(&machine).contains("/opt/site` is no directory"));
}

#[test]
fn an_immutable_file_is_refused_before_anything_is_changed() {
    let machine = machine();
    machine.put(HOOK, "false\n");
    let chattr = |flag: &str| Command::new("chattr").arg(flag).arg(machine.at(HOOK)).output();
    if !chattr("+i").expect("chattr(1) of e2fsprogs runs").status.success() {
        eprintln!("skipped: this file system, or this user, makes no file immutable");
        return;
    }
    let before = machine.stamps();
    let error = machine.apply(&desired(&[(CONF, "system=new\n"), (HOOK, "true\n")])).map(drop);
    let after = machine.stamps();
    chattr("-i").unwrap();
    let text = error.unwrap_err().to_string();
    assert!(text.contains("premount.sh` is immutable: run `chattr -i`"), "{text}");
    assert_eq!(after, before);
}

#[test]
fn a_read_only_target_stops_before_anything_is_changed() {
    let machine = Machine::new().with_profiles();
    assert_eq!(machine.run(&["apply", "old.toml", "--yes", "--no-owner"]).code, 0);
    let before = machine.files();
    let ran = in_own_mounts(
        &machine,
        "mount --bind \"$ROOT/etc/systemd\" \"$ROOT/etc/systemd\"
         mount -o remount,ro,bind \"$ROOT/etc/systemd\"
         exec \"$SITE\" apply new.toml --yes --no-owner --root \"$ROOT\"",
    );
    assert_eq!(ran.code, 74, "{ran:?}");
    assert!(ran.err.contains("etc/systemd/system") && ran.err.contains("Read-only file system"), "{ran:?}");
    assert_eq!(machine.files(), before);
    assert_eq!(machine.recover(), None, "the run itself took everything back");
}

#[test]
fn a_full_disk_stops_before_anything_is_changed_and_the_next_run_goes_through() {
    let machine = Machine::new().with_profiles();
    let ran = in_own_mounts(
        &machine,
        "mount -t tmpfs -o size=512k,mode=755 none \"$ROOT\"
         all() { cd \"$ROOT\"; find . -path ./var -prune -o -type f ! -name fill -exec sha256sum {} + | sort; cd - >&2; }
         \"$SITE\" apply old.toml --yes --no-owner --root \"$ROOT\" > /dev/null
         all > old
         # From no room at all to enough: it must fail at every place.
         room=0; failed=0
         until dd if=/dev/zero of=\"$ROOT/fill\" bs=4k 2>/dev/null || true; truncate -s \"-${room}k\" \"$ROOT/fill\"
               \"$SITE\" apply new.toml --yes --no-owner --root \"$ROOT\" > out 2> err; do
             grep -q 'No space left on device' err || { cat err; exit 1; }
             all > now; cmp old now; failed=$((failed + 1)); room=$((room + 4))
             test \"$room\" -lt 400
         done
         echo \"failed $failed times\"
         rm \"$ROOT/fill\"
         \"$SITE\" diff new.toml --no-owner --root \"$ROOT\"",
    );
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("failed ") && !ran.out.contains("failed 0 times"), "{ran:?}");
}

#[test]
fn an_account_that_the_root_does_not_have_is_named_before_anything_is_written() {
    let machine = Machine::new().with_profiles();
    machine.put("/etc/passwd", "root:x:0:0::/root:/bin/sh\n");
    let ran = machine.run(&["apply", "old.toml", "--yes"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("/etc/shifter/imagemanager.json: there is no group `shifter`"), "{ran:?}");
    assert_eq!(machine.files().len(), 1);
    if is_root() {
        machine.put("/etc/group", "root:x:0:\nshifter:x:4711:\n");
        let ran = machine.run(&["apply", "old.toml", "--yes"]);
        assert_eq!(ran.code, 0, "{ran:?}");
        let seen = fs::metadata(machine.at("/etc/shifter/imagemanager.json")).unwrap();
        assert_eq!(std::os::unix::fs::MetadataExt::gid(&seen), 4711);
    }
}

#[test]
fn two_places_in_the_wrong_are_both_named() {
    let machine = machine();
    fs::create_dir(machine.at(HOOK)).unwrap();
    symlink("x", machine.at("/etc/other")).unwrap();
    let error = machine.apply(&desired(&[(HOOK, ""), ("/etc/other", "")])).unwrap_err();
    assert!(matches!(&error, InstallError::Obstacles(all) if all.len() == 2), "{error}");
}
