use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown};

use std::process::Command;

use crate::world::{ALICE, isolated};

const FILE: &str = "/etc/shifter/udiRoot.conf";

#[test]
fn a_config_that_others_can_write_is_refused() {
    isolated(|world| {
        for (mode, why) in [(0o664, "writable by group 0"), (0o646, "writable by everybody")] {
            fs::set_permissions(FILE, Permissions::from_mode(mode)).unwrap();
            let said = world.shifter(&["id"]).fails(1);
            assert_eq!(said, format!("shifter: `{FILE}`: {why}\n"));
        }
        fs::set_permissions(FILE, Permissions::from_mode(0o644)).unwrap();
        world.shifter(&["id"]).ok();
    });
}

#[test]
fn a_config_that_is_not_roots_is_refused() {
    isolated(|world| {
        chown(FILE, Some(ALICE), None).unwrap();
        assert_eq!(world.shifter(&["id"]).fails(1), format!("shifter: `{FILE}`: owned by uid {ALICE}, not by root\n"));
    });
}

#[test]
fn a_config_in_a_directory_that_others_can_write_is_refused() {
    isolated(|world| {
        chown("/etc/shifter", Some(0), Some(50)).unwrap();
        fs::set_permissions("/etc/shifter", Permissions::from_mode(0o775)).unwrap();
        assert_eq!(world.shifter(&["id"]).fails(1), "shifter: `/etc/shifter`: writable by group 50\n");
    });
}

#[test]
fn a_missing_config_is_named() {
    isolated(|world| {
        fs::remove_file(FILE).unwrap();
        assert_eq!(world.shifter(&["id"]).fails(1), format!("shifter: `{FILE}`: openat2: No such file or directory\n"));
    });
}

#[test]
fn every_mistake_is_told_with_its_line() {
    isolated(|world| {
        world.configure("gatewayTimeout=many\nsiteFss=/a:/b");
        let said = world.shifter(&["id"]).fails(1);
        assert_eq!(said.lines().count(), 2, "{said}");
        assert!(said.contains("udiRoot.conf`, line 8, ") && said.contains("udiRoot.conf`, line 9, "), "{said}");
    });
}

#[test]
fn a_setuid_start_takes_no_other_config() {
    isolated(|world| {
        let said = world.shifter(&["--config=/tmp/udiRoot.conf", "id"]).fails(1);
        assert!(said.contains("a setuid shifter has one configuration"), "{said}");
        let named = |command: &mut Command| {
            command.env("SHIFTER_CONFIG", "/nonexistent");
        };
        world.run_as(ALICE, named, &["-i", "id:busy", "id"]).ok();
    });
}

#[test]
fn a_mount_point_below_a_directory_of_everybody_is_refused() {
    isolated(|world| {
        world.write_conf(&world.conf.lines.replace("udiMount=/srv/udi", "udiMount=/tmp/udi"));
        let said = world.shifter(&["id"]).fails(1);
        assert_eq!(
            said,
            "shifter: cannot build the container: step `mount point /tmp/udi` failed\n\
             shifter:   because: `/tmp`: writable by everybody\n"
        );
    });
}
