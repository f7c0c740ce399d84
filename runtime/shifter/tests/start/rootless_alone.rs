//! Starts of a copy that is neither setuid nor has a configuration: what a user can do on a machine without Shifter.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::image;
use crate::rootless::{can_make_user_namespaces, without_privilege};
use crate::world::{ALICE, Run, at, directory_of, isolated, run, write};

/// No configuration, alice known to the system, and her images: a directory and a file, without anything that describes them.
fn alone(body: impl FnOnce()) {
    isolated(|_world| {
        if !can_make_user_namespaces() {
            return;
        }
        without_privilege();
        fs::remove_dir_all("/etc/shifter").unwrap();
        let passwd = fs::read_to_string("/etc/passwd").unwrap();
        fs::write("/etc/passwd", format!("{passwd}alice:x:{ALICE}:{ALICE}:A:/srv/home/alice:/bin/sh\n")).unwrap();
        directory_of("home/alice/.local/share/shifter", ALICE, 0o755);
        let tree = at("home/alice/.local/share/shifter/unpacked");
        assert!(Command::new("cp").arg("-r").arg(image::tree()).arg(&tree).status().unwrap().success());
        fs::rename(at("images/busy.squashfs"), at("home/alice/.local/share/shifter/packed.squashfs")).unwrap();
        fs::write(at("home/alice/mine"), "of alice\n").unwrap();
        let owner = format!("{ALICE}:{ALICE}");
        assert!(Command::new("chown").args(["-R", &owner, "/srv/home/alice"]).status().unwrap().success());
        body();
    });
}

fn start(words: &[&str]) -> Run {
    let mut command = Command::new(at("bin/shifter"));
    command.args(words).current_dir("/srv/home/alice").env_clear().env("HOME", "/srv/home/alice");
    run(ALICE, command)
}

/// Every path below a directory, but the marks of used images, which are for a gateway.
fn listed(below: &Path) -> String {
    let listed = Command::new("find")
        .arg(below)
        .args(["-xdev", "-name", "used", "-prune", "-o", "-printf", "%p %M %U\n"])
        .output()
        .unwrap();
    String::from_utf8(listed.stdout).unwrap()
}

#[test]
fn nothing_of_roots_is_needed_and_nothing_is_left() {
    alone(|| {
        let before = [listed(Path::new("/srv/home")), listed(Path::new("/mnt")), listed(Path::new("/media"))];
        for image in ["id:unpacked", "id:packed"] {
            let of_image = ["-i", image, "cat", "/data/file", "mine"];
            assert_eq!(start(&of_image).ok(), "of the image\nof alice\n", "{image}");
        }
        assert_eq!(start(&["-i", "id:packed", "id", "-un"]).ok(), "alice\n");
        assert_eq!(start(&["-i", "id:packed", "ls", "/mnt", "/srv"]).fails(2).matches("No such file").count(), 1);
        assert_eq!(start(&["-i", "id:packed", "pwd"]).ok(), "/srv/home/alice\n");
        assert!(start(&["-i", "id:packed", "touch", "/open/x"]).fails(1).contains("Read-only file system"));
        let after = [listed(Path::new("/srv/home")), listed(Path::new("/mnt")), listed(Path::new("/media"))];
        assert_eq!(before, after);
    });
}

#[test]
fn a_directory_of_the_users_is_an_image_by_its_path() {
    alone(|| {
        let words = ["-i", "local:/srv/home/alice/.local/share/shifter/unpacked", "cat", "/data/file"];
        assert_eq!(start(&words).ok(), "of the image\n");
    });
}

#[test]
fn the_options_are_those_of_a_site() {
    alone(|| {
        let volume = ["-i", "id:packed", "-V", "/srv/home/alice:/data:ro", "cat", "/data/mine"];
        assert_eq!(start(&volume).ok(), "of alice\n");
        assert_eq!(start(&["-i", "id:packed", "--home=none", "-w/", "ls", "/srv/home/alice"]).ok(), "");
        assert!(start(&["-i", "id:packed", "--env=A=1", "env"]).ok().contains("A=1\n"));
        assert_eq!(start(&["-i", "id:packed", "/bin/sh", "-c", "exit 7"]).fails(7), "");
        assert!(start(&["--modules"]).ok().contains("no modules"));
        assert!(start(&["-i", "id:packed", "--explain", "id"]).ok().contains("image    id:packed\n"));
    });
}

#[test]
fn what_is_not_there_is_told() {
    alone(|| {
        assert!(start(&["-i", "id:other", "id"]).fails(1).contains("there is no image `id:other`"));
        fs::remove_dir_all(at("home/alice/.local/share/shifter")).unwrap();
        let said = start(&["-i", "id:other", "id"]).fails(1);
        assert!(said.contains("cannot open `/srv/home/alice/.local/share/shifter`: "), "{said}");
        let mut command = Command::new(at("bin/shifter"));
        command.args(["-i", "id:other", "id"]).current_dir("/").env_clear();
        let said = run(ALICE, command).fails(1);
        assert!(said.contains("/srv/home/alice/.local/share/shifter"), "the home of passwd: {said}");
        let mut command = Command::new(at("bin/shifter"));
        command.args(["-i", "id:other", "id"]).current_dir("/").env_clear();
        let said = run(ALICE + 77, command).fails(1);
        assert!(said.contains("HOME must be an absolute path: `/etc/passwd` has no home for uid 11177"), "{said}");
    });
}

#[test]
fn a_system_without_user_namespaces_is_named() {
    alone(|| {
        // The limit is that of a namespace around it, not the machine's. Root of it has rights from its next program on.
        let script = "unshare --user sh -c 'until grep -q . /proc/self/uid_map; do :; done; exec sh /srv/limited' & \
            until echo 0 0 65536 >/proc/$!/gid_map; do :; done 2>/dev/null; echo 0 0 65536 >/proc/$!/uid_map; wait $!";
        let limited = "echo 0 >/proc/sys/user/max_user_namespaces && exec setpriv --reuid=11100 --regid=11100 \
            --clear-groups env -i HOME=/srv/home/alice /srv/bin/shifter -i id:packed id";
        write("limited", limited);
        let output = Command::new("sh").args(["-c", script]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("sysctl user.max_user_namespaces is 0"), "{said}");
    });
}

/// The page for users names these commands; the tools are those that need no privilege either.
#[test]
fn an_image_is_made_with_the_tools_of_the_users_page() {
    alone(|| {
        let script = "exec 2>&1; set -e; store=$HOME/.local/share/shifter; cd $HOME; \
            tar -C $store/unpacked -c . | tar2sqfs -q $store/made.squashfs; \
            umoci init --layout oci; umoci new --image oci:1; \
            umoci insert --rootless --image oci:1 $store/unpacked /; \
            umoci unpack --rootless --image oci:1 bundle; mv bundle/rootfs $store/taken";
        let mut command = Command::new("sh");
        command.args(["-c", script]).current_dir("/").env("HOME", "/srv/home/alice");
        run(ALICE, command).ok();
        for image in ["id:made", "id:taken"] {
            assert_eq!(start(&["-i", image, "cat", "/data/file"]).ok(), "of the image\n", "{image}");
        }
        let page = include_str!("../../../../docs/using-shifter.md");
        for command in ["tar2sqfs -q ~/.local/share/shifter/", "umoci unpack --rootless --image "] {
            assert!(page.contains(command), "{command}");
        }
    });
}
