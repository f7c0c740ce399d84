use std::fs;
use std::os::unix::fs::symlink;

use crate::world::{ALICE, BOB, Rights, World, at, directory_of, isolated, with_and_without_privilege, write};

/// A site with a directory of alice's, one of the site's own that only root can enter, and one that is read-only.
fn site(world: &World) {
    directory_of("host/alice", ALICE, 0o755);
    directory_of("host/alice/dir", ALICE, 0o755);
    directory_of("host/alice/dir/deep", ALICE, 0o755);
    directory_of("host/bob", BOB, 0o700);
    directory_of("host/closed/open", ALICE, 0o777);
    directory_of("host/closed", 0, 0o700);
    directory_of("host/shared", 0, 0o1777);
    fs::write(at("host/alice/file"), "of alice\n").unwrap();
    fs::write(at("host/alice/dir/deep/file"), "deep\n").unwrap();
    fs::write(at("host/bob/file"), "of bob\n").unwrap();
    world.configure("siteFs=/srv/host:/host:rec;/srv/host/shared:/shared:ro");
}

#[test]
fn a_directory_appears_at_any_depth_and_with_a_slash_at_its_end() {
    with_and_without_privilege(|world| {
        site(world);
        let in_the_image = ["/work/x"].into_iter().filter(|_| world.rights == Rights::Setuid);
        for to in ["/data", "/data/", "/new", "/new/a/b/c", "/new/a/b/c/"].into_iter().chain(in_the_image) {
            let volume = format!("/host/alice/dir/:{to}");
            assert_eq!(world.shifter(&["-V", &volume, "cat", &format!("{to}/deep/file")]).ok(), "deep\n", "{to}");
        }
    });
}

#[test]
fn a_file_appears_in_the_place_of_a_file() {
    with_and_without_privilege(|world| {
        site(world);
        let in_the_image = ["/data/new"].into_iter().filter(|_| world.rights == Rights::Setuid);
        for to in ["/data/file", "/new/a/file"].into_iter().chain(in_the_image) {
            let volume = format!("/host/alice/file:{to}");
            assert_eq!(world.shifter(&["-V", &volume, "cat", to]).ok(), "of alice\n");
        }
        let said = world.shifter(&["-V", "/host/alice/file:/data", "id"]).fails(1);
        assert!(said.contains("`/data` in the container: is a directory, where a file is to go"), "{said}");
        let said = world.shifter(&["-V", "/host/alice/dir:/data/file", "id"]).fails(1);
        assert!(said.contains("is not a directory, where one is to go"), "{said}");
    });
}

#[test]
fn a_volume_can_be_written_to_unless_it_says_ro() {
    with_and_without_privilege(|world| {
        site(world);
        world.shifter(&["-V", "/host/alice:/data", "touch", "/data/written"]).ok();
        assert!(at("host/alice/written").exists());
        let said = world.shifter(&["-V", "/host/alice:/data:ro", "touch", "/data/not"]).fails(1);
        assert!(said.contains("Read-only file system"), "{said}");
    });
}

#[test]
fn what_the_site_made_read_only_stays_read_only() {
    with_and_without_privilege(|world| {
        site(world);
        let said = world.shifter(&["-V", "/shared:/data", "touch", "/data/x"]).fails(1);
        assert!(said.contains("Read-only file system"), "{said}");
        let said = world.shifter(&["-V", "/:/data", "touch", "/data/shared/x"]).fails(1);
        assert!(said.contains("Read-only file system"), "{said}");
    });
}

#[test]
fn the_source_is_a_place_of_the_container_that_the_user_can_reach() {
    with_and_without_privilege(|world| {
        site(world);
        let said = world.shifter(&["-V", "/srv/host/alice:/data", "id"]).fails(1);
        assert!(said.contains("No such file or directory"), "{said}");
        for closed in ["/host/closed/open", "/host/bob/file", "/root/secret"] {
            let said = world.shifter(&["-V", &format!("{closed}:/data/file"), "id"]).fails(1);
            assert!(said.contains("Permission denied"), "{closed}: {said}");
        }
        assert!(world.shifter(&["-V", "/host/bob:/data", "cat", "/data/file"]).fails(1).contains("Permission denied"));
    });
}

#[test]
fn links_stay_in_the_container_on_both_ends() {
    with_and_without_privilege(|world| {
        site(world);
        fs::write(at("host/secret"), "of the host\n").unwrap();
        symlink("/srv/host/secret", at("host/alice/link")).unwrap();
        symlink("../../../../../../srv/host/secret", at("host/alice/dots")).unwrap();
        symlink("/etc", at("host/alice/etc")).unwrap();
        for link in ["/host/alice/link", "/host/alice/dots", "/to-host", "/to-host-absolute"] {
            let said = world.shifter(&["-V", &format!("{link}:/data"), "id"]).fails(1);
            assert!(said.contains("No such file or directory"), "{link}: {said}");
        }
        for to in ["/to-etc", "/to-etc/x", "/host/alice/etc", "/host/alice/etc/x/y"] {
            let said = world.shifter(&["-V", &format!("/host/alice:{to}"), "id"]).fails(1);
            assert!(said.contains("in `/etc`") || said.contains("over `/etc`"), "{to}: {said}");
        }
        assert_eq!(world.shifter(&["-V", "/host/alice/file:/to-data/file", "cat", "/data/file"]).ok(), "of alice\n");
        assert!(!at("host/alice/dir/x").exists());
    });
}

#[test]
fn places_of_the_site_are_refused() {
    with_and_without_privilege(|world| {
        site(world);
        for to in
            ["/", "/etc", "/etc/x", "/proc", "/proc/self", "/sys", "/dev/shm", "/var/run", "/opt", "/opt/udiImage"]
        {
            let said = world.shifter(&["-V", &format!("/host/alice:{to}"), "id"]).fails(1);
            assert!(said.contains("volume map"), "{to}: {said}");
        }
        let said = world.shifter(&["-V", "/host/alice:/host", "id"]).fails(1);
        assert!(said.contains("`/host` is in what the site has mounted, and is not yours"), "{said}");
        let said = world.shifter(&["-V", "/host/alice:/host/bob", "id"]).fails(1);
        assert!(said.contains("is not yours"), "{said}");
        let said = world.shifter(&["-V", "/host/alice:/host/new", "id"]).fails(1);
        assert!(said.contains("no mount point is made"), "{said}");
        assert!(!at("host/new").exists());
        fs::write(at("host/alice/file"), "").unwrap();
        for to in ["/host/alice/dir", "/tmp", "/var/tmp", "/opt/app", "/etcetera"] {
            world.shifter(&["-V", &format!("/host/alice:{to}"), "cat", &format!("{to}/file")]).ok();
        }
    });
}

#[test]
fn a_path_the_site_denies_is_refused() {
    with_and_without_privilege(|world| {
        world.configure("deny=/data");
        let said = world.shifter(&["-V", "/tmp:/to-data/x", "id"]).fails(1);
        assert!(said.contains("nothing may be mounted at `/data/x`, in `/data`: the site's key `deny`"), "{said}");
    });
}

#[test]
fn a_link_swapped_all_the_time_never_leads_out() {
    isolated(|world| {
        site(world);
        fs::write(at("host/secret"), "of the host\n").unwrap();
        directory_of("host/closed/only-root", 0, 0o755);
        fs::write(at("host/closed/only-root/file"), "closed\n").unwrap();
        let swap = "while :; do rm -rf /srv/host/alice/s; ln -s /srv/host/closed/only-root /srv/host/alice/s; \
            rm -rf /srv/host/alice/s; ln -s /host/closed/only-root /srv/host/alice/s; \
            rm -rf /srv/host/alice/s; mkdir /srv/host/alice/s; done";
        let mut swapper = std::process::Command::new("/bin/sh").args(["-c", swap]).spawn().unwrap();
        for _ in 0..40 {
            let run = world.shifter(&["-V", "/host/alice/s:/data", "ls", "/data"]);
            assert!(!run.stdout.contains("file"), "{run:?}");
        }
        swapper.kill().unwrap();
        swapper.wait().unwrap();
    });
}

#[test]
fn many_volumes_are_mounted_in_order() {
    with_and_without_privilege(|world| {
        site(world);
        write("host/second/file", "second\n");
        let words = ["-V", "/host/alice:/data;/host/second:/data", "-V", "/data:/work", "cat", "/work/file"];
        assert_eq!(world.shifter(&words).ok(), "second\n");
    });
}

#[test]
fn a_socket_and_a_path_of_many_levels_appear() {
    with_and_without_privilege(|world| {
        site(world);
        let socket = std::os::unix::net::UnixListener::bind(at("host/alice/socket")).unwrap();
        assert_eq!(
            world.shifter(&["-V", "/host/alice/socket:/run/a/s", "stat", "-c", "%F", "/run/a/s"]).ok(),
            "socket\n"
        );
        drop(socket);
        let deep = format!("/new{}", "/level".repeat(60));
        let volume = format!("/host/alice/file:{deep}/file");
        assert_eq!(world.shifter(&["-V", &volume, "cat", &format!("{deep}/file")]).ok(), "of alice\n");
        // On the way there is something that is no directory.
        let said = world.shifter(&["-V", "/host/alice/file:/data/file/below", "id"]).fails(1);
        assert!(said.contains("Not a directory"), "{said}");
        assert!(!at("new").exists());
    });
}

#[test]
fn ro_reaches_what_is_mounted_below_a_volume() {
    with_and_without_privilege(|world| {
        site(world);
        std::process::Command::new("mount").args(["-t", "tmpfs", "none", "/srv/host/alice/dir"]).status().unwrap();
        directory_of("host/alice/dir", ALICE, 0o755);
        world.shifter(&["-V", "/host/alice:/data", "touch", "/data/dir/written"]).ok();
        let said = world.shifter(&["-V", "/host/alice:/data:ro", "touch", "/data/dir/not"]).fails(1);
        assert!(said.contains("Read-only file system"), "{said}");
        assert!(at("host/alice/dir/written").exists() && !at("host/alice/dir/not").exists());
    });
}

#[test]
fn a_volume_of_the_users_lies_over_one_of_the_sites_only_where_it_is_his() {
    with_and_without_privilege(|world| {
        site(world);
        write("host/site/file", "of the site\n");
        world.configure("siteFs=/srv/host:/host:rec;/srv/host/site:/site/deep/place");
        for to in ["/site/deep/place", "/site/deep/place/file"] {
            let from = if to.ends_with("file") { "/host/alice/file" } else { "/host/alice" };
            let said = world.shifter(&["-V", &format!("{from}:{to}"), "id"]).fails(1);
            assert!(said.contains("is in what the site has mounted, and is not yours"), "{to}: {said}");
        }
        // Beside it, in a directory that was made for it, there is room.
        let words = ["-V", "/host/alice:/site/deep/own", "cat", "/site/deep/own/file", "/site/deep/place/file"];
        assert_eq!(world.shifter(&words).ok(), "of alice\nof the site\n");
    });
}

#[test]
fn every_row_of_the_table_of_forbidden_places_is_kept() {
    with_and_without_privilege(|world| {
        site(world);
        use shifter_formats::volume::{ALLOWED_BELOW, FORBIDDEN_TARGETS, Reach};
        for row in FORBIDDEN_TARGETS {
            let below = format!("{}/below", row.path.trim_end_matches('/'));
            for (to, reach) in [(row.path, row.user.is_some()), (below.as_str(), row.user == Some(Reach::Tree))] {
                let run = world.shifter(&["-V", &format!("/host/alice:{to}"), "id"]);
                let is_refused = run.stderr.contains(row.why) || run.stderr.contains("nothing may be mounted there");
                assert!(is_refused || !reach, "{to}: {run:?}");
            }
        }
        for place in ALLOWED_BELOW {
            world.shifter(&["-V", &format!("/host/alice:{place}"), "id"]).ok();
        }
    });
}
