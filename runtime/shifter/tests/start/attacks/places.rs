//! Volumes and local images that lead where they may not: swapped, by `..`, by links of /proc.

use std::fs;
use std::process::{Command, Stdio};

use super::traced;
use crate::image;
use crate::setup::{joins, set_up, unset};
use crate::world::{ALICE, BOB, World, at, directory_of, isolated, run, write};

fn site(world: &World) {
    for (path, owner, mode) in
        [("alice", ALICE, 0o755), ("alice/dir", ALICE, 0o755), ("alice/t", ALICE, 0o755), ("bob", BOB, 0o700)]
    {
        directory_of(&format!("host/{path}"), owner, mode);
    }
    fs::write(at("host/alice/dir/of-alice"), "").unwrap();
    fs::write(at("host/bob/file"), "of bob\n").unwrap();
    world.configure("siteFs=/srv/host:/host");
}

/// Runs a line of alice's shell again and again while something is tried.
fn meanwhile(line: &str, body: impl FnOnce()) {
    let mut command = Command::new("setpriv");
    command.args([
        &format!("--reuid={ALICE}"),
        "--clear-groups",
        "/bin/sh",
        "-c",
        &format!("while :; do {line}; done"),
    ]);
    let mut swapper = command.stdin(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    body();
    swapper.kill().unwrap();
    swapper.wait().unwrap();
}

/// The calls between the check and the use are held up, so that every start meets a swap.
#[test]
fn a_target_swapped_between_check_and_mount_is_never_another_place() {
    isolated(|world| {
        site(world);
        let swap = "cd /srv/host/alice; rmdir t; ln -s /etc t; sleep 0.01; rm t; ln -s ../../opt t; rm t; \
            ln -s ../bob t; sleep 0.01; rm t; mkdir t; sleep 0.02";
        meanwhile(swap, || {
            let delay = "inject=open_tree,move_mount:delay_enter=15000";
            for _ in 0..12 {
                let words =
                    ["-V", "/host/alice/dir:/host/alice/t", "/bin/sh", "-c", "ls /etc /opt /host/bob; cat /etc/passwd"];
                let run = run(0, traced(&["-e", delay], &words));
                assert!(!run.stdout.contains("of-alice"), "{run:?}");
                assert!(run.stdout.is_empty() || run.stdout.contains("alice:x:"), "{run:?}");
            }
        });
        // A swap that was lost is a mount in alice's own tree, and the host's is as it was.
        assert!(!at("host/bob/of-alice").exists() && fs::read_to_string(at("host/bob/file")).unwrap() == "of bob\n");
    });
}

#[test]
fn dots_and_links_of_proc_lead_nowhere() {
    isolated(|world| {
        site(world);
        for from in [
            "/host/alice/../bob",
            "/host/alice/../../../../../../srv/host/bob",
            "/../srv/host/bob",
            "/proc/self/root/host/bob",
            "/proc/self/cwd",
            "/proc/thread-self/root",
            "/proc/1/root/srv/host/bob",
            "/proc/1/cwd",
            "/dev/fd/3",
            "/proc/self/fd/4",
        ] {
            let run = world.shifter(&["-V", &format!("{from}:/data"), "/bin/sh", "-c", "cat /data/file; ls /data"]);
            assert!(!run.stdout.contains("of bob") && !run.stdout.contains("srv"), "{from}: {run:?}");
            assert_ne!(run.ended, shifter_sys::process::Ended::Exited(0), "{from}: {run:?}");
        }
        for to in
            ["/host/alice/../bob", "/data/../etc", "/proc/self/root/data", "/proc/self/cwd", "/dev/fd/0", "/data/../.."]
        {
            let run = world.shifter(&["-V", &format!("/host/alice/dir:{to}"), "ls", "/etc"]);
            run.fails(1);
        }
        world.configure("allowLocalChroot=1");
        for place in [
            "/proc/self/root",
            "/proc/1/root",
            "/proc/self/cwd",
            "/dev/fd/0",
            "/srv/host/bob",
            "/srv/host/alice/../bob",
        ] {
            world.start(&["-i", &format!("local:{place}"), "/bin/id"]).fails(1);
        }
    });
}

#[test]
fn a_local_image_swapped_all_the_time_is_never_what_its_user_cannot_open() {
    isolated(|world| {
        site(world);
        world.configure("allowLocalChroot=1");
        let swap = "cd /srv/host/alice; rm -rf l; ln -s /srv/host/bob l; rm -f l; ln -s /proc/self/root l; rm -f l; \
            ln -s /sys l; rm -f l; mkdir l";
        meanwhile(swap, || {
            for _ in 0..20 {
                let run = world.start(&["-i", "local:/srv/host/alice/l", "/bin/cat", "/file"]);
                assert_ne!(run.ended, shifter_sys::process::Ended::Exited(0), "{run:?}");
                assert!(!run.stdout.contains("of bob"), "{run:?}");
            }
        });
    });
}

/// CVE-2024-21626: a working directory named by a descriptor that was left open.
#[test]
fn no_descriptor_of_a_start_or_of_a_join_leads_out_of_the_container() {
    isolated(|world| {
        let tree = at("images/tree");
        assert!(Command::new("cp").arg("-a").arg(image::tree()).arg(tree).status().unwrap().success());
        write("images/tree.meta", "FORMAT: VFS\nENV: PATH=/bin:/usr/bin\n");
        for is_set_up in [false, true] {
            if is_set_up {
                set_up(&["id", "tree"]).ok();
                assert!(joins(world, &["-i", "id:tree", "id"]));
            }
            for fd in 3..24 {
                let workdir = format!("--workdir=/proc/self/fd/{fd}");
                let words = ["-i", "id:tree", workdir.as_str(), "readlink", "/proc/self/cwd"];
                assert_eq!(world.start(&words).ok(), "/\n", "{fd}, {is_set_up}");
            }
        }
        unset().ok();
    });
}
