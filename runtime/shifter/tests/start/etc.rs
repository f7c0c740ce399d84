use std::fs;

use crate::world::{ALICE, World, alice_is_known_to_the_host, isolated, write};

fn cat(world: &World, file: &str) -> String {
    world.shifter(&["cat", file]).ok()
}

#[test]
fn a_static_etc_is_the_sites_with_the_rest_of_the_images() {
    isolated(|world| {
        write("etc/extra", "of the site\n");
        write("etc/shadow", "root:secret:1::::::\n");
        assert!(cat(world, "/etc/passwd").contains("alice:x:11100"));
        assert_eq!(
            cat(world, "/etc/group"),
            "root:x:0:\nalice:x:11100:alice\nstaff:x:11027:alice\nproj:x:11028:alice\nother:x:11029:\n"
        );
        assert_eq!(cat(world, "/etc/extra"), "of the site\n");
        assert_eq!(cat(world, "/etc/image-only"), "image\n");
        assert_eq!(cat(world, "/etc/shadow"), "");
        assert_eq!(cat(world, "/etc/hosts"), fs::read_to_string("/etc/hosts").unwrap());
        assert!(world.shifter(&["ls", "/etc/group.orig"]).fails(2).contains("No such file"));
        assert_eq!(world.shifter(&["readlink", "/etc/mtab"]).ok(), "/proc/mounts\n");
        assert_eq!(world.shifter(&["stat", "-c", "%u %g %a", "/etc/passwd"]).ok(), "0 0 644\n");
        assert!(world.shifter(&["cat", "/etc/ssh/ssh_host_key"]).fails(1).contains("No such file"));
    });
}

#[test]
fn the_user_is_a_member_of_as_many_groups_as_the_site_says() {
    isolated(|world| {
        world.write_conf(&world.conf.lines.replace("maxGroupCount=31", "maxGroupCount=2"));
        let members = cat(world, "/etc/group").lines().filter(|line| line.ends_with(":alice")).count();
        assert_eq!(members, 2);
    });
}

#[test]
fn a_user_who_is_not_in_the_sites_passwd_is_refused() {
    isolated(|world| {
        let said = world.run_as(11_999, |_| {}, &["-i", "id:busy", "id"]).fails(1);
        assert!(said.starts_with("shifter: no user has uid 11999 in `/srv/etc/passwd`"), "{said}");
    });
}

#[test]
fn a_directory_in_etc_path_is_refused() {
    isolated(|world| {
        write("etc/sub/file", "");
        let said = world.shifter(&["id"]).fails(1);
        assert!(said.contains("`/srv/etc/sub` is a directory; only files are copied from etcPath"), "{said}");
    });
}

#[test]
fn a_dynamic_etc_knows_the_user_and_root() {
    isolated(|world| {
        // The host's own users are asked for through libc, so the user is put among them.
        alice_is_known_to_the_host();
        let group = fs::read_to_string("/etc/group").unwrap();
        fs::write("/etc/group", format!("{group}alice:x:{ALICE}:\nstaff2:x:11027:\n")).unwrap();
        world.configure("populateEtcDynamically=1\nusersToImport=daemon");
        assert_eq!(
            cat(world, "/etc/passwd"),
            format!(
                "root:x:0:0:root:/root:/bin/sh\nalice:x:{ALICE}:{ALICE}:A:/home/alice:/bin/sh\n\
                 daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n"
            )
        );
        assert_eq!(
            cat(world, "/etc/group"),
            format!("root:x:0:\nalice:x:{ALICE}:alice\nstaff2:x:11027:\ndaemon:x:1:\n")
        );
        assert!(cat(world, "/etc/nsswitch.conf").starts_with("passwd: files\n"));
        assert_eq!(world.shifter(&["id", "-un"]).ok(), "alice\n");
    });
}

#[test]
fn a_user_to_import_that_nobody_knows_is_refused() {
    isolated(|world| {
        alice_is_known_to_the_host();
        world.configure("populateEtcDynamically=1\nusersToImport=nobody-knows");
        let said = world.shifter(&["id"]).fails(1);
        assert!(said.contains("the system knows no user `nobody-knows` (key usersToImport)"), "{said}");
    });
}

#[test]
fn the_record_says_what_the_container_is() {
    isolated(|world| {
        assert_eq!(
            world.shifter(&["-V", "/tmp:/data:ro", "cat", "/var/shifterConfig.json"]).ok(),
            "{\"identifier\":\"busy\",\"user\":\"alice\",\"volMap\":\"/tmp:/data:ro\",\"modules\":\"\"}\n"
        );
    });
}
