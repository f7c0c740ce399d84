//! Names of the host that somebody else than root has a say in.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown, lchown, symlink};

use crate::world::{ALICE, at, directory_of, isolated, write};

#[test]
fn a_tree_of_a_users_is_mounted_by_its_name() {
    isolated(|world| {
        directory_of("scratch/alice/project", ALICE, 0o755);
        fs::write(at("scratch/alice/project/file"), "data\n").unwrap();
        directory_of("scratch/alice", ALICE, 0o777);
        world.configure("siteFs=/srv/scratch/alice/project:/project");
        assert_eq!(world.shifter(&["cat", "/project/file"]).ok(), "data\n");
    });
}

#[test]
fn a_link_of_roots_is_followed_and_one_of_a_users_is_not() {
    isolated(|world| {
        write("host/closed/file", "closed\n");
        fs::set_permissions(at("host/closed"), Permissions::from_mode(0o700)).unwrap();
        symlink("host/closed", at("link")).unwrap();
        symlink("/srv/link", at("link-to-link")).unwrap();
        for link in ["/srv/link", "/srv/link-to-link"] {
            world.configure(&format!("siteFs={link}:/data"));
            world.shifter(&["stat", "/data"]).ok();
        }
        directory_of("scratch/alice", ALICE, 0o755);
        symlink("/srv/host/closed", at("scratch/alice/link")).unwrap();
        directory_of("sticky", 0, 0o1777);
        symlink("/srv/host/closed", at("sticky/link")).unwrap();
        symlink("/srv/host/closed", at("host/of-alice")).unwrap();
        lchown(at("host/of-alice"), Some(ALICE), Some(ALICE)).unwrap();
        let in_doubt = |place: &str, why: &str| {
            format!("a symbolic link that others than root can change (`{place}`: {why}); name where it leads")
        };
        for (link, why) in [
            ("/srv/scratch/alice/link", in_doubt("/srv/scratch/alice", "owned by uid 11100, not by root")),
            ("/srv/sticky/link", in_doubt("/srv/sticky", "writable by everybody")),
            ("/srv/host/of-alice", "owned by uid 11100, not by root".to_owned()),
        ] {
            for below in ["", "/file"] {
                world.configure(&format!("siteFs={link}{below}:/x"));
                let said = world.shifter(&["cat", "/x"]).fails(1);
                assert!(said.ends_with(&format!("because: `{link}`: {why}\n")), "{said}");
            }
        }
    });
}

#[test]
fn what_the_site_gives_out_cannot_be_exchanged_by_a_user() {
    isolated(|world| {
        directory_of("of-alice", ALICE, 0o755);
        directory_of("of-group", 0, 0o775);
        chown(at("of-group"), None, Some(50)).unwrap();
        directory_of("sticky", 0, 0o1777);
        for parent in ["of-alice", "of-group", "sticky"] {
            write(&format!("{parent}/own/file"), "own\n");
            for name in ["passwd", "group", "nsswitch.conf"] {
                fs::copy(at("etc").join(name), at(parent).join("own").join(name)).unwrap();
            }
        }
        chown(at("sticky/own"), Some(ALICE), None).unwrap();
        let etc_path = |parent: &str| world.conf.lines.replace("/srv/etc", &format!("/srv/{parent}/own"));
        for (parent, why) in [
            ("of-alice", "owned by uid 11100, not by root"),
            ("of-group", "writable by group 50"),
            ("sticky", "writable by everybody"),
        ] {
            for lines in [
                format!("optUdiImage=/srv/{parent}/own"),
                format!("module_m_copyPath=/srv/{parent}/own\ndefaultModules=m"),
                format!("module_m_globs=/srv/{parent}/own/fil?\ndefaultModules=m"),
                format!("module_m_devices=/srv/{parent}/own/file\ndefaultModules=m"),
            ] {
                world.configure(&lines);
                let said = world.shifter(&["id"]).fails(1);
                assert!(said.ends_with(&format!("because: `/srv/{parent}`: {why}\n")), "{lines}: {said}");
            }
            world.write_conf(&etc_path(parent));
            let said = world.shifter(&["id"]).fails(1);
            assert!(said.ends_with(&format!("because: `/srv/{parent}`: {why}\n")), "{said}");
        }
        // What is root's in a sticky directory nobody else can rename; and what is at the end may be anybody's.
        chown(at("sticky/own"), Some(0), None).unwrap();
        directory_of("host/own", ALICE, 0o755);
        write("host/own/file", "own\n");
        for place in ["sticky/own", "host/own"] {
            world.configure(&format!("optUdiImage=/srv/{place}"));
            assert_eq!(world.shifter(&["cat", "/opt/udiImage/file"]).ok(), "own\n");
        }
    });
}

#[test]
fn a_source_swapped_all_the_time_never_leads_elsewhere() {
    isolated(|world| {
        write("host/closed/only-root/file", "closed\n");
        fs::set_permissions(at("host/closed"), Permissions::from_mode(0o700)).unwrap();
        directory_of("scratch/alice", ALICE, 0o755);
        world.configure("siteFs=/srv/scratch/alice/s:/data");
        let swap = "cd /srv/scratch/alice; mkdir d; ln -s /srv/host/closed/only-root l; \
            while :; do mv -T l s; mv -T s l; mv -T d s; mv -T s d; done";
        let mut swapper = std::process::Command::new("/bin/sh").args(["-c", swap]).spawn().unwrap();
        for _ in 0..40 {
            let run = world.shifter(&["ls", "/data"]);
            assert!(!run.stdout.contains("file"), "{run:?}");
        }
        swapper.kill().unwrap();
        swapper.wait().unwrap();
    });
}
