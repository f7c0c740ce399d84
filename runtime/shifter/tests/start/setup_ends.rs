//! How a set-up ends when it is killed, and what of the host's later mounts is seen in a container that is there.

use std::fs;
use std::os::fd::AsRawFd as _;
use std::path::Path;
use std::process::Command;

use shifter_sys::mount::{self, Attributes, Depth, Parameter};
use shifter_sys::open::{self, For};
use shifter_sys::process::{self, Ended};
use shifter_sys::{CallError, mountinfo};

use crate::setup::{Inside, SETUP, UNSETUP, joins, mounted, set_up, unset};
use crate::world::{Run, at, isolated, run, write};

/// The calls by which a set-up changes anything, itself included.
const CHANGES: [&str; 15] = [
    "unshare",
    "lsetxattr",
    "setns",
    "chroot",
    "mount",
    "umount2",
    "fsmount",
    "open_tree",
    "move_mount",
    "mount_setattr",
    "symlinkat",
    "fsetxattr",
    "clone",
    "ioctl",
    "exit_group",
];

/// A set-up that is killed when it makes one of these calls for the nth time.
fn killed_at(calls: &str, nth: usize) -> Run {
    let mut command = Command::new("strace");
    command.args(["-o", "/srv/out/trace", "-e", &format!("inject={calls}:signal=SIGKILL:when={nth}"), SETUP]);
    command.args(["-U", "11100", "-G", "11100", "-u", "alice", "-v", "/tmp:/data", "-m", "m", "id", "busy"]);
    run(0, command.env_clear().env("PATH", "/usr/bin:/bin").current_dir("/"))
}

fn has_loop_device() -> bool {
    let is_ours = |entry: std::io::Result<fs::DirEntry>| {
        let file = entry.unwrap().path().join("loop/backing_file");
        fs::read_to_string(file).is_ok_and(|file| file.contains("/images/busy.squashfs"))
    };
    fs::read_dir("/sys/block").unwrap().any(is_ours)
}

#[test]
fn a_set_up_that_is_killed_at_any_call_leaves_nothing_or_what_the_next_one_removes() {
    isolated(|world| {
        let hook = write("hooks/root", "touch made-by-root\n");
        fs::write(at("host/file"), "").unwrap();
        let lines =
            format!("siteFs=/srv/host:/deep/site\nmodule_m_copyPath=/srv/host\nmodule_m_roothook={}\n", hook.display());
        world.configure(&lines);
        let before = mountinfo::read().unwrap();
        let (mut kills, mut left) = (0, 0);
        for call in CHANGES {
            for nth in 1.. {
                let killed = killed_at(call, nth);
                if killed.ended == Ended::Exited(0) {
                    unset().ok();
                    break;
                }
                assert_eq!(killed.ended, Ended::Killed(9), "{call} {nth}: {killed:?}");
                kills += 1;
                match mounted().as_slice() {
                    [] => {
                        assert_eq!(mountinfo::read().unwrap(), before, "{call} {nth}");
                        continue;
                    }
                    [base] if base.kind == "tmpfs" => {
                        left += 1;
                        assert_eq!(fs::read_dir(at("udi")).unwrap().count(), 0);
                        if left % 2 == 0 {
                            set_up(&["id", "busy"]).ok();
                        }
                    }
                    // Killed when all was done.
                    [base, root, ..] if root.parent == base.id => {
                        assert!(joins(world, &["-i", "id:busy", "-V", "/tmp:/data", "-m", "m", "id"]), "{call} {nth}");
                    }
                    other => panic!("{call} {nth}: {other:#?}"),
                }
                unset().ok();
                assert_eq!(mounted(), [], "{call} {nth}");
            }
        }
        assert!(kills > 50 && left >= 2, "{kills} times killed, {left} times something was left");
        assert_eq!(mountinfo::read().unwrap(), before);
        // The kernel clears a device when the last mount of it is gone, in its own time.
        assert!(within(6000, || !has_loop_device()), "a loop device still has the image");
    });
}

#[test]
fn a_set_up_that_fails_at_any_call_says_so_and_leaves_nothing() {
    isolated(|world| {
        world.configure("module_m_siteEnv=A=1");
        for call in ["setns", "chroot", "open_tree", "move_mount", "mount_setattr", "fsmount", "fsetxattr"] {
            for nth in 1.. {
                let mut command = Command::new("strace");
                let fail = format!("inject={call}:error=EPERM:when={nth}");
                command.args(["-o", "/srv/out/trace", "-e", &fail, SETUP]);
                command.args(["-U", "11100", "-G", "11100", "-u", "alice", "id", "busy"]);
                let run = run(0, command.env_clear().env("PATH", "/usr/bin:/bin").current_dir("/"));
                if run.ended == Ended::Exited(0) {
                    break;
                }
                assert!(run.stderr.contains("Operation not permitted"), "{call} {nth}: {run:?}");
                run.fails(1);
                assert_eq!(mounted(), [], "{call} {nth}");
            }
            unset().ok();
        }
    });
}

#[test]
fn in_a_shared_place_the_container_is_in_no_other_mount_namespace() {
    isolated(|_world| {
        let share = |place: &str| mount::share(open::host(Path::new(place), For::Place).unwrap()).unwrap();
        share("/");
        // A service of the host with mounts of its own, as systemd(1) starts them.
        let slave = Command::new("unshare").args(["-m", "--propagation", "slave", "sleep", "1000"]).spawn();
        let mut slave = slave.unwrap();
        let table = || mountinfo::read_of(&slave.id().to_string()).unwrap();
        let has_own = || table().iter().all(|mount| mount.point != Path::new("/srv") || mount.id != srv());
        assert!(within(6000, has_own));
        let before = table();
        set_up(&["id", "busy"]).ok();
        let seen = table().into_iter().filter(|mount| mount.point.starts_with("/srv/udi")).collect::<Vec<_>>();
        assert!(seen.len() == 1 && seen[0].kind == "tmpfs", "{seen:#?}");
        unset().ok();
        let (after, ours) = (table(), mounted());
        slave.kill().unwrap();
        slave.wait().unwrap();
        assert_eq!((after, ours), (before, vec![]));
    });
}

fn srv() -> u64 {
    mountinfo::read().unwrap().iter().find(|mount| mount.point == Path::new("/srv")).unwrap().id
}

#[test]
fn a_mount_made_in_a_live_container_is_seen_by_those_who_join_later_and_as_slave_by_those_who_have() {
    isolated(|world| {
        for (style, at_once) in [("private", false), ("slave", true)] {
            world.configure(&format!("mountPropagationStyle={style}"));
            set_up(&["id", "busy"]).ok();
            let inside = Inside::start(&["-i", "id:busy"]);
            let seen = || Path::new("/proc").join(inside.0.id().to_string()).join("root/open/dws").exists();
            // As a burst buffer's script does it: a bind into udiMount, after the set-up.
            fs::create_dir_all(at("host/dws")).unwrap();
            let copy = mount::clone_at(open::host(&at("host"), For::Place).unwrap(), Depth::One).unwrap();
            mount::attach(copy, open::host(&at("udi/open"), For::Place).unwrap()).unwrap();
            assert_eq!(seen(), at_once, "{style}");
            assert_eq!(world.shifter(&["ls", "/open"]).ok(), "dws\n", "{style}");
            // The one who is inside keeps it, too.
            unset().fails(1);
            assert_eq!(seen(), at_once, "{style}");
            drop(inside);
            unset().ok();
            fs::remove_dir(at("host/dws")).unwrap();
        }
    });
}

#[test]
fn a_set_up_in_another_root_puts_it_there() {
    isolated(|_world| {
        // As on a Cray, where the node's root is below /dsl.
        let bind = |from: &str, to: &str| -> Result<(), CallError> {
            fs::create_dir_all(to).unwrap();
            let copy = mount::clone_at(open::host(Path::new(from), For::Place)?, Depth::Tree)?;
            mount::attach(copy, open::host(Path::new(to), For::Place)?)
        };
        bind("/", "/srv/host").unwrap();
        let call = |program: &str, words: &[&str]| {
            run(
                0,
                Command::new("/usr/sbin/chroot").arg("/srv/host").arg(program).args(words).env_clear().current_dir("/"),
            )
        };
        call(SETUP, &["-U11100", "-G11100", "-ualice", "id", "busy"]).ok();
        assert!(at("host/srv/udi/var/shifterConfig.json").exists());
        assert!(!at("udi/var").exists());
        call(UNSETUP, &[]).ok();
        assert!(!at("host/srv/udi/var").exists());
    });
}

#[test]
fn set_ups_at_once_leave_one_container_or_none() {
    isolated(|_world| {
        for _ in 0..10 {
            let children: Vec<_> = (0..4)
                .map(|_| {
                    let mut command = Command::new(SETUP);
                    command.args(["-U11100", "-G11100", "-ualice", "id", "busy"]).env_clear().current_dir("/");
                    command.stderr(std::process::Stdio::null()).spawn().unwrap()
                })
                .collect();
            let done = children.into_iter().map(|mut child| child.wait().unwrap().success());
            let done = done.filter(|&done| done).count();
            let there = mounted();
            let containers = there.iter().filter(|mount| mount.point == at("udi") && mount.kind == "overlay").count();
            assert!(done <= 1 && containers == done, "{done}: {there:#?}");
            unset().ok();
            assert_eq!(mounted(), []);
        }
    });
}

#[test]
fn a_file_system_that_hangs_does_not_hold_up_the_end() {
    isolated(|_world| {
        let Ok(server) = fs::File::options().read(true).write(true).open("/dev/fuse") else {
            eprintln!("skipped: no /dev/fuse");
            return;
        };
        // Nobody ever answers it.
        let number = server.as_raw_fd().to_string();
        let parameters = [("fd", number.as_str()), ("rootmode", "40000"), ("user_id", "0"), ("group_id", "0")];
        let parameters = parameters.map(|(name, value)| Parameter::Text(name, value.as_ref()));
        let hanging = mount::new("fuse", &parameters, Attributes::NONE).unwrap();
        mount::attach(hanging, open::host(&at("host"), For::Place).unwrap()).unwrap();
        set_up(&["id", "busy"]).ok();
        let ready = at("out/ready");
        let child = process::in_child(|| {
            let _held = open::host(&at("host"), For::Place).unwrap();
            fs::write(&ready, "").unwrap();
            i32::from(!within(6000, || at("out/done").exists()))
        });
        assert!(within(6000, || ready.exists()));
        let ended = run(0, Command::new("timeout").args(["60", UNSETUP]).current_dir("/")).ended;
        fs::write(at("out/done"), "").unwrap();
        process::wait(child.unwrap()).unwrap();
        assert_eq!((ended, mounted()), (Ended::Exited(0), vec![]));
    });
}

/// Whether something becomes true, looked at every ten milliseconds so many times.
fn within(looks: u32, mut is_true: impl FnMut() -> bool) -> bool {
    (0..looks).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(10));
        is_true()
    })
}
