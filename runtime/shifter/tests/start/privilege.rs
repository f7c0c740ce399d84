use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use shifter_sys::{identity, mountinfo, process};

use crate::images::give_store_to;
use crate::world::{ALICE, BOB, Run, STAFF, World, alice_is_known_to_the_host, at, isolated, run};

/// A start by alice under strace(1), which lets calls fail: `fail` is the argument of its `inject=`.
fn start_with_failing(fail: &str) -> Run {
    alice_is_known_to_the_host();
    let mut command = Command::new("strace");
    command.args(["-u", "alice", "-o", "/srv/out/trace", "-e", &format!("inject={fail}")]);
    command.args(["/srv/bin/shifter", "-i", "id:busy", "id", "-u"]).current_dir("/");
    assert!(Command::new("strace").arg("-V").output().is_ok(), "install the package `strace`");
    run(0, command)
}

/// A field of /proc/self/status.
fn field(status: &str, name: &str) -> String {
    let line = status.lines().find_map(|line| line.strip_prefix(&format!("{name}:")));
    line.unwrap_or_else(|| panic!("{name} in {status}")).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn shell(script: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", script]);
    command
}

fn status(world: &World) -> String {
    world.shifter(&["cat", "/proc/self/status"]).ok()
}

#[test]
fn no_privilege_is_left() {
    isolated(|world| {
        let status = status(world);
        for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
            assert_eq!(field(&status, set), "0000000000000000", "{set}");
        }
        assert_eq!(field(&status, "NoNewPrivs"), "1");
        assert_eq!(field(&status, "Uid"), [ALICE; 4].map(|id| id.to_string()).join(" "));
        assert_eq!(field(&status, "Gid"), [ALICE; 4].map(|id| id.to_string()).join(" "));
    });
}

#[test]
fn the_groups_of_the_caller_are_kept() {
    isolated(|world| assert_eq!(field(&status(world), "Groups"), format!("{STAFF} {ALICE}")));
}

#[test]
fn signals_and_umask_are_given_back() {
    isolated(|world| {
        let (outside, inside) = (run(ALICE, shell("cat /proc/self/status")).ok(), status(world));
        for set in ["SigBlk", "SigIgn", "SigCgt"] {
            assert_eq!(field(&inside, set), field(&outside, set), "{set}");
        }
        let command = shell("umask 027; exec /srv/bin/shifter --image=id:busy /bin/sh -c umask");
        assert_eq!(run(ALICE, command).ok(), "0027\n");
    });
}

#[test]
fn an_ignored_sigpipe_stays_ignored() {
    isolated(|_world| {
        for trap in ["trap '' PIPE", "trap - PIPE"] {
            let outside = run(ALICE, shell(&format!("{trap}; exec cat /proc/self/status"))).ok();
            let start = format!("{trap}; exec /srv/bin/shifter --image=id:busy cat /proc/self/status");
            assert_eq!(field(&run(ALICE, shell(&start)).ok(), "SigIgn"), field(&outside, "SigIgn"), "{trap}");
        }
    });
}

#[test]
fn root_is_refused() {
    isolated(|world| {
        let said = world.run_as(0, |_| {}, &["--image=id:busy", "id"]).fails(1);
        assert_eq!(said, "shifter: root may not start containers; call shifter as an ordinary user\n");
    });
}

#[test]
fn the_host_cannot_be_seen() {
    isolated(|world| {
        fs::write(at("host/secret"), "of the host").unwrap();
        let listed = world.shifter(&["ls", "-a", "/", "/.."]).ok();
        assert!(!listed.contains("srv"), "{listed}");
        let mounts = world.shifter(&["cat", "/proc/self/mountinfo"]).ok();
        let mounts = mountinfo::parse(mounts.as_bytes());
        let points: BTreeSet<_> = mounts.iter().map(|mount| mount.point.as_path()).collect();
        for place in ["/srv", "/srv/udi", "/srv/loop", "/etc", "/home"] {
            assert!(!points.contains(Path::new(place)), "{place} in {points:?}");
        }
        let root = mounts.iter().find(|mount| mount.point == Path::new("/")).unwrap();
        assert_eq!(root.kind, "overlay");
    });
}

#[test]
fn every_mount_is_nosuid_and_all_but_dev_are_nodev() {
    isolated(|world| {
        let mounts = world.shifter(&["cat", "/proc/self/mountinfo"]).ok();
        for mount in mountinfo::parse(mounts.as_bytes()) {
            assert!(mount.options.contains("nosuid"), "{mount:?}");
            assert!(mount.options.contains("nodev") || mount.point.starts_with("/dev"), "{mount:?}");
        }
    });
}

#[test]
fn a_setuid_program_of_the_image_is_inert() {
    isolated(|world| assert_eq!(world.shifter(&["suid-id", "-u"]).ok(), format!("{ALICE}\n")));
}

#[test]
fn the_mounts_of_the_host_stay_as_they_were() {
    isolated(|world| {
        let before = mountinfo::read().unwrap();
        world.shifter(&["-V", "/tmp:/data", "cat", "/proc/mounts"]).ok();
        assert_eq!(mountinfo::read().unwrap(), before);
    });
}

#[test]
fn a_copy_that_is_setuid_to_somebody_else_refuses() {
    isolated(|world| {
        std::os::unix::fs::chown(at("bin/shifter"), Some(1), None).unwrap();
        fs::set_permissions(at("bin/shifter"), std::os::unix::fs::PermissionsExt::from_mode(0o4755)).unwrap();
        let said = world.shifter(&["id"]).fails(1);
        assert!(said.contains("must be setuid root"), "{said}");
    });
}

#[test]
fn a_start_without_even_a_name_is_only_a_wrong_start() {
    isolated(|_world| {
        // The kernel puts an empty name in since Linux 5.18; before, there was none (CVE-2021-4034).
        let child = process::in_child(|| {
            identity::set_group(identity::Triple::all(ALICE)).unwrap();
            identity::set_user(identity::Triple::all(ALICE)).unwrap();
            process::exec(at("bin/shifter").as_os_str(), &[], &[]).errno.raw()
        });
        assert_eq!(process::wait(child.unwrap()).unwrap(), process::Ended::Exited(1));
    });
}

#[test]
fn a_change_of_identity_that_fails_runs_nothing_of_the_users() {
    isolated(|_world| {
        const ABORTED: process::Ended = process::Ended::Killed(6);
        // Groups are only changed to read the files of somebody else.
        give_store_to(BOB);
        for call in ["setresuid", "setresgid", "setgroups", "capset"] {
            let mut endings = Vec::new();
            for nth in 1..=12 {
                let run = start_with_failing(&format!("{call}:error=EPERM:when={nth}"));
                let untouched = run.ended == process::Ended::Exited(0) && run.stdout == format!("{ALICE}\n");
                let stopped = run.stdout.is_empty() && [ABORTED, process::Ended::Exited(1)].contains(&run.ended);
                assert!(untouched || stopped, "{call}, time {nth}: {run:#?}");
                endings.push(run.ended);
            }
            assert!(endings.contains(&ABORTED), "{call}: {endings:?}");
        }
    });
}

#[test]
fn a_call_that_an_old_kernel_lacks_is_named() {
    isolated(|_world| {
        for call in ["openat2", "fsopen", "open_tree", "mount_setattr", "move_mount"] {
            let run = start_with_failing(&format!("{call}:error=ENOSYS"));
            let said = run.fails(1);
            let expected = format!("this kernel lacks the call {call}; Linux 5.14 or later is needed");
            assert!(said.contains(&expected), "{said}");
        }
    });
}
