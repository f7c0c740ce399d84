//! `doctor`: what is wrong with a node, with a profile and without one, and with an image.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::PathBuf,
};

use serde_json::Value;

use crate::support::{GOOD, Ran, Site, good_but};

/// A node with the rendered files of the good profile, below `node`.
fn installed(profile: &str) -> (Site, PathBuf) {
    let site = Site::new().with("site.toml", profile);
    let root = site.path().join("node");
    let ran = site.run(&["render", "site.toml", "--out", "node/etc/shifter"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let write = |name: &str, text: &str, mode: u32| {
        let file = root.join(name);
        fs::create_dir_all(file.parent().expect("a directory")).expect("made");
        fs::write(&file, text).expect("written");
        fs::set_permissions(file, Permissions::from_mode(mode)).expect("our own");
    };
    write("etc/hostname", "node7\n", 0o644);
    for (name, text) in [("passwd", "root:x:0:0::/:\n"), ("group", "root:x:0:\n"), ("nsswitch.conf", "passwd: files\n")]
    {
        write(&format!("etc/shifter/shifter_etc_files/{name}"), text, 0o644);
    }
    for tool in ["usr/bin/cp", "usr/bin/mv", "usr/bin/chmod", "usr/bin/dd", "usr/sbin/modprobe", "usr/sbin/insmod"] {
        write(tool, "#!/bin/sh\n", 0o755);
    }
    for directory in ["home", "shared/images", "var/cache", "var/lib/shifter", "run/munge"] {
        fs::create_dir_all(root.join(directory)).expect("made");
    }
    (site, root)
}

/// What doctor says of the files below `node`, without the findings about owners when the tests do not run as root.
fn doctor(site: &Site, more: &[&str]) -> Ran {
    let arguments: Vec<&str> = ["doctor", "--root", "node", "--format", "concise", "--ignore"].to_vec();
    let owners = if nix::unistd::geteuid().is_root() { "GW045" } else { "GW045,SEC,RT020,ETC005,HOOK001,KMOD012" };
    site.run(&[&arguments[..], &[owners], more].concat())
}

#[test]
fn the_installed_files_say_what_is_wanted_where_there_is_no_profile() {
    let (site, root) = installed(GOOD);
    let clean = doctor(&site, &[]);
    assert_eq!((clean.code, clean.out.as_str()), (0, "No problems in 1 profile (target 18.03).\n"), "{}", clean.err);
    assert!(
        clean.err.contains("/etc/shifter/udiRoot.conf and /etc/shifter/imagemanager.json say what is wanted"),
        "{}",
        clean.err
    );
    assert!(clean.err.contains("not known of node7: munge.round_trip"), "{}", clean.err);

    fs::remove_dir(root.join("home")).expect("empty");
    fs::remove_file(root.join("usr/bin/dd")).expect("there");
    fs::set_permissions(root.join("usr/bin/mv"), Permissions::from_mode(0o644)).expect("our own");
    let broken = doctor(&site, &[]);
    assert_eq!(broken.code, 1);
    for expected in
        ["`/usr/bin/dd` is not there", "`/usr/bin/mv` may not be executed (mode 0644)", "`/home` is not there"]
    {
        assert!(broken.out.contains(&format!("on node7: {expected}")), "{expected}\nis not in\n{}", broken.out);
    }
}

#[test]
fn a_profile_says_more_than_the_installed_files_and_means_the_same() {
    let (site, root) = installed(GOOD);
    fs::remove_file(root.join("usr/bin/dd")).expect("there");
    let with = doctor(&site, &["--profile", "site.toml"]);
    let without = doctor(&site, &[]);
    let said = |ran: &Ran| {
        let parts = ran.out.lines().filter_map(|line| Some(line.split_once(": on ")?.1.to_owned()));
        parts.collect::<Vec<_>>()
    };
    assert_eq!(said(&with), said(&without));
    assert!(with.out.starts_with("site.toml:"), "{}", with.out);
    let json =
        site.run(&["doctor", "--root", "node", "--profile", "site.toml", "--format", "json", "--select", "RT019"]);
    let report: Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!((json.code, report["findings"][0]["code"].as_str()), (1, Some("RT019")), "{}", json.out);
}

#[test]
fn a_gateway_of_several_systems_and_a_node_of_one_of_them_say_what_they_want() {
    let golden = |name: &str| {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
        fs::read_to_string(path).expect("a golden file")
    };
    let gateway = golden("gateway/imagemanager.json");
    let site = Site::new().with("node/etc/hostname", "n\n").with("node/etc/shifter/imagemanager.json", &gateway);
    let ran = doctor(&site, &["--select", "GW045,SITE", "--ignore", "SITE017"]);
    assert_eq!((ran.code, ran.err.contains("imagemanager.json say what is wanted")), (0, true), "{ran:?}");
    let sockets = site.run(&["doctor", "--root", "node", "--select", "GW045", "--format", "concise"]);
    for socket in ["/run/munge/cori.sock", "/run/munge/edison.sock"] {
        assert!(sockets.out.contains(&format!("`{socket}` is not there")), "{}", sockets.out);
    }
    let site = site.with("node/etc/shifter/udiRoot.conf", &golden("cori/udiRoot.conf"));
    let ran = site.run(&["doctor", "--root", "node", "--select", "SITE,FS019,MOD012,GW045", "--format", "concise"]);
    assert!(ran.out.contains("`/global/u1` is not there"), "{}", ran.out);
    assert!(ran.out.contains("MOD012") && !ran.out.contains("SITE0"), "{}", ran.out);
    assert!(!ran.out.contains("edison"), "the node is one of cori: {}", ran.out);
}

#[test]
fn a_node_without_shifter_is_told_so() {
    let site = Site::new().with("node/etc/hostname", "n\n");
    let ran = doctor(&site, &[]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("neither `udiRoot.conf` nor `imagemanager.json` is in `/etc/shifter`"), "{}", ran.err);
    let at = site.path().join("node/etc/shifter");
    fs::create_dir_all(&at).expect("made");
    nix::unistd::mkfifo(&at.join("udiRoot.conf"), nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    let ran = doctor(&site, &[]);
    assert_eq!(ran.code, 74);
    assert!(ran.err.contains("cannot read `/etc/shifter/udiRoot.conf`: not a regular file"), "{}", ran.err);
    fs::remove_file(at.join("udiRoot.conf")).expect("there");
    let site = site.with("node/etc/shifter/udiRoot.conf", "nonsense=1\n");
    let ran = doctor(&site, &[]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("no release of Shifter reads `/etc/shifter/udiRoot.conf`"), "{}", ran.err);
}

#[test]
fn this_node_is_looked_at_without_being_changed() {
    let site = Site::new().with("site.toml", &good_but("\"/shared/images\"", "\"/nowhere/images\""));
    let ran = site.run(&["doctor", "--profile", "site.toml", "--no-probe", "--format", "json"]);
    assert!(matches!(ran.code, 0 | 1), "{}", ran.err);
    let report: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert!(report["findings"].as_array().is_some(), "{}", ran.out);
}

/// An image in the image directory of the installed node.
fn with_image(root: &std::path::Path, id: &str, extension: &str, bytes: &[u8]) {
    let file = root.join(format!("shared/images/{id}.{extension}"));
    fs::write(&file, bytes).expect("written");
    fs::set_permissions(file, Permissions::from_mode(0o644)).expect("our own");
}

#[test]
fn an_image_is_reported_with_what_is_wrong_with_it() {
    let (site, root) = installed(GOOD);
    let (sound, broken) = ("a".repeat(64), "b".repeat(64));
    with_image(&root, &sound, "squashfs", b"hsqs and so on");
    with_image(&root, &sound, "meta", b"FORMAT: squashfs\nENV: PATH=/bin\n");
    with_image(&root, &broken, "squashfs", b"XFSB");
    let ran = site.run(&["doctor", "--root", "node", "--image", &sound[..12]]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("format    squashfs") && ran.out.contains("meta      there"), "{}", ran.out);
    let ran = site.run(&["doctor", "--root", "node", "--image", "all", "--format", "json"]);
    let images: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(ran.code, 1);
    assert_eq!(images[1]["problems"][0], "the file is called squashfs, and is xfs");
    assert!(images[0]["problems"].as_array().is_some_and(Vec::is_empty), "{images:#}");
    let ran = site.run(&["doctor", "--root", "node", "--image", "nosuch:1"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("is called `nosuch:1`"), "{}", ran.err);
}

#[test]
fn a_pipe_or_a_link_out_of_the_root_among_images_is_a_problem_and_never_waited_for() {
    let (site, root) = installed(GOOD);
    let (pipe, link) = ("c".repeat(64), "d".repeat(64));
    with_image(&root, &pipe, "squashfs", b"hsqs and so on");
    let images = root.join("shared/images");
    nix::unistd::mkfifo(&images.join(format!("{pipe}.meta")), nix::sys::stat::Mode::S_IRWXU).expect("made");
    let outside = site.path().join("outside");
    fs::write(&outside, b"hsqs and so on").expect("written");
    std::os::unix::fs::symlink(&outside, images.join(format!("{link}.squashfs"))).expect("made");
    let ran = site.run(&["doctor", "--root", "node", "--image", "all", "--format", "json"]);
    let images: Value = serde_json::from_str(&ran.out).expect("JSON");
    let problem = |n: usize| images[n]["problems"][0].as_str().unwrap_or_default();
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(problem(0).ends_with(".meta`: not a regular file"), "{images:#}");
    assert!(problem(1).contains(".squashfs`: No such file or directory"), "{images:#}");
}

#[test]
fn the_profile_is_named_as_in_other_verbs() {
    let (site, _) = installed(GOOD);
    let named = doctor(&site, &["site.toml"]);
    assert_eq!((named.code, named.out.as_str()), (0, "No problems in 1 profile (target 18.03).\n"), "{}", named.err);
    let facts = site.run(&["facts", "site.toml", "--root", "node"]);
    assert!(facts.code == 0 && facts.out.contains("\"/shared/images\""), "{}", facts.err);
    let migrated = site.run(&["migrate", "--to", "18.03"]);
    assert_eq!(migrated.code, 0, "{}", migrated.err);
}

#[test]
fn a_root_that_is_not_there_is_named() {
    let ran = Site::new().run(&["doctor", "--root", "nosuch"]);
    assert_eq!(
        (ran.code, ran.err.as_str()),
        (74, "shifter-site: cannot look below `nosuch`: No such file or directory (os error 2)\n")
    );
}
