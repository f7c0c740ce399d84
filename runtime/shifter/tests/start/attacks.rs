//! What somebody with an ordinary account tries against a start. Each is really tried, as that user.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use shifter_sys::{mountinfo, node, open};

use crate::image;
use crate::world::{ALICE, Run, World, alice_is_known_to_the_host, at, directory_of, isolated, run, write};

mod content;
mod kills;
mod places;
mod raised;
mod surroundings;

const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
/// A hook that says that it runs, and goes on when somebody has looked (or nobody did for a minute).
const WAITING: &str = "echo >/srv/out/ready; i=0\n\
    while [ ! -e /srv/out/looked ] && [ $i -lt 6000 ]; do sleep 0.01; i=$((i+1)); done\n";

fn shell(script: &str) -> Run {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", script]).current_dir("/").env_clear().env("PATH", "/usr/bin:/bin").stdin(Stdio::null());
    run(ALICE, command)
}

/// A start by alice of the usual image (or of one that `words` say) under strace(1) with these options; root traces, which
/// a setuid program allows.
fn traced(options: &[&str], words: &[&str]) -> Command {
    alice_is_known_to_the_host();
    assert!(Command::new("strace").arg("-V").output().is_ok(), "install the package `strace`");
    let mut command = Command::new("strace");
    command.args(["-u", "alice", "-o", "/srv/out/trace"]).args(options).arg("/srv/bin/shifter");
    if !words.iter().any(|word| word.starts_with("--image")) {
        command.arg("--image=id:busy");
    }
    command.args(words).current_dir("/").env_clear().env("PATH", "/usr/sbin:/usr/bin:/bin");
    command
}

fn waiting_hook(world: &World, lines: &str) {
    directory_of("out", ALICE, 0o755);
    let hook = write("hooks/waiting", WAITING);
    world.configure(&format!("sitePreMountHook={}\n{lines}", hook.display()));
}

fn field(status: &str, name: &str) -> String {
    let line = status.lines().find_map(|line| line.strip_prefix(&format!("{name}:")));
    line.unwrap_or_else(|| panic!("{name} in {status}")).trim().to_owned()
}

#[test]
fn a_process_left_by_the_lookup_does_not_look_on_while_root_builds() {
    isolated(|world| {
        image::install(ID, "");
        let script = format!(
            "#!/bin/sh\n(exec >/srv/out/seen 2>&1; i=0; until [ -e /srv/out/ready ] || [ $i -gt 3000 ]; do sleep 0.01; i=$((i+1)); done; \
             ls /srv/loop /srv/udi; echo >/srv/out/looked) &\necho {ID}\n"
        );
        let program = write("udiRoot/bin/shifterimg", &script);
        fs::set_permissions(program, Permissions::from_mode(0o755)).unwrap();
        waiting_hook(world, "udiRootPath=/srv/udiRoot");
        world.start(&["-i", "site/app:1", "/bin/id"]).ok();
        assert_eq!(fs::read_to_string(at("out/seen")).unwrap(), "/srv/loop:\n\n/srv/udi:\n");
    });
}

#[test]
fn a_start_cannot_be_looked_into_through_proc() {
    isolated(|world| {
        waiting_hook(world, "");
        let script = "/srv/bin/shifter -i id:busy id -u & p=$!; i=0; until [ -e /srv/out/ready ] || [ $i -gt 3000 ]; do sleep 0.01; i=$((i+1)); done\n\
            ls /proc/$p/root/ /proc/$p/cwd/ /proc/$p/fd/; cat /proc/$p/environ /proc/$p/maps /proc/$p/mem\n\
            nsenter -m -t $p ls; echo >/srv/out/looked; wait $p";
        let tried = shell(script);
        assert_eq!(tried.stdout, format!("{ALICE}\n"), "{tried:?}");
        let refused = tried.stderr.lines().filter(|line| line.contains("Permission denied")).count();
        assert_eq!(refused, 7, "{tried:?}");
    });
}

#[test]
fn the_kernels_own_file_systems_are_no_local_images() {
    isolated(|world| {
        world.configure("allowLocalChroot=1");
        for place in ["/sys", "/sys/kernel", "/proc", "/proc/1", "/dev/pts"] {
            let said = world.start(&["-i", &format!("local:{place}"), "/bin/id"]).fails(1);
            assert_eq!(
                said,
                format!("shifter: `{place}` is on a file system of the kernel's own, which holds no image\n")
            );
        }
    });
}

#[test]
fn a_hook_has_no_limit_and_no_signal_setting_of_the_caller() {
    isolated(|world| {
        let hook = write(
            "hooks/limits",
            "cat /proc/self/status >/srv/out/status\nhead -c 1000000 /dev/zero >/srv/out/large\n\
             cat /proc/self/limits >/srv/out/limits\nreadlink /proc/$$/fd/2 >/srv/out/links\n\
             grep ^Uid: /proc/$PPID/status >>/srv/out/links\n",
        );
        world.configure(&format!("sitePreMountHook={}", hook.display()));
        let start = "trap '' TERM INT XFSZ ALRM; exec /srv/bin/shifter -i id:busy id -u";
        assert_eq!(shell(start).ok(), format!("{ALICE}\n"));
        let status = fs::read_to_string(at("out/status")).unwrap();
        assert_eq!((field(&status, "SigIgn"), field(&status, "SigBlk")), ("0".repeat(16), "0".repeat(16)));
        let links = fs::read_to_string(at("out/links")).unwrap();
        // The other end is read by root; the caller's own standard error is a file here.
        assert!(links.starts_with("pipe:[") && links.ends_with("]\nUid:\t0\t0\t0\t0\n"), "{links}");

        for file in ["out/status", "out/large", "out/limits"] {
            fs::remove_file(at(file)).unwrap();
        }
        let lowered = "ulimit -f 64; ulimit -n 32; ulimit -t 5; ulimit -v 4000000; ulimit -c 0";
        let run = shell(&format!("{lowered}; {start}"));
        if run.stderr.contains("setrlimit: Operation not permitted") {
            assert_eq!((run.stdout.as_str(), at("out/status").exists()), ("", false));
            eprintln!("skipped in part: this root has no CAP_SYS_RESOURCE");
            return;
        }
        assert_eq!(run.ok(), format!("{ALICE}\n"));
        assert_eq!(fs::metadata(at("out/large")).unwrap().len(), 1_000_000);
        let limits = fs::read_to_string(at("out/limits")).unwrap();
        for name in ["Max cpu time", "Max file size", "Max address space", "Max data size"] {
            let line = limits.lines().find(|line| line.starts_with(name)).unwrap();
            assert_eq!(line.matches("unlimited").count(), 2, "{line}");
        }
    });
}

#[test]
fn limits_and_signals_of_the_caller_are_the_commands_again() {
    isolated(|world| {
        let hook = write("hooks/nothing", ":\n");
        world.configure(&format!("sitePreMountHook={}", hook.display()));
        let settings = "ulimit -S -n 99; ulimit -c 0; trap '' CHLD USR1; exec";
        let shown = |start: &str| {
            let shown = shell(&format!("{settings} {start} cat /proc/self/limits /proc/self/oom_score_adj")).ok();
            let status = shell(&format!("{settings} {start} cat /proc/self/status")).ok();
            (shown, field(&status, "SigIgn"), field(&status, "SigBlk"))
        };
        assert_eq!(shown("/srv/bin/shifter -i id:busy"), shown(""));
    });
}

#[test]
fn what_is_private_and_what_is_not_there_cannot_be_told_apart_by_the_lookup() {
    isolated(|world| {
        world.configure("udiRootPath=/srv/udiRoot");
        image::install(ID, "");
        crate::images::index(&crate::images::entry(
            "private:1",
            shifter_formats::acl::Access::restricted(vec![1], vec![]),
        ));
        let said = |name: &str| world.start(&["-i", name, "/bin/id"]).fails(1).replace(name, "X");
        for (status, why) in [(1, "there is no image `X`"), (3, "image `X` is not in the index that you may use")] {
            let script = format!("#!/bin/sh\necho \"asked for $2\" >&2\nexit {status}\n");
            let program = write("udiRoot/bin/shifterimg", &script);
            fs::set_permissions(program, Permissions::from_mode(0o755)).unwrap();
            assert_eq!(said("docker:private:1"), said("docker:missing:1"));
            assert!(said("docker:private:1").starts_with(&format!("asked for X\nshifter: {why}")));
        }
    });
}

#[test]
fn closed_standard_descriptors_become_nothing_of_the_hosts() {
    isolated(|_world| {
        let list = "exec 9>/tmp/shifter-test-fds; for fd in 0 1 2; do there=$(readlink /proc/$$/fd/$fd); echo $there >&9; done";
        shell(&format!("exec /srv/bin/shifter -i id:busy /bin/sh -c '{list}' <&- >&- 2>&-")).ok();
        let listed = fs::read_to_string("/tmp/shifter-test-fds").unwrap();
        fs::remove_file("/tmp/shifter-test-fds").unwrap();
        // glibc opens /dev/full for a closed standard input of a set-id program.
        assert_eq!(listed.replace("full", "null"), "/dev/null\n".repeat(3));
    });
}

#[test]
fn the_command_is_an_ordinary_process_of_the_user() {
    isolated(|world| {
        // Owned by the user exactly while the process can be traced by him (proc(5), PR_SET_DUMPABLE).
        assert_eq!(world.shifter(&["stat", "-c", "%u", "/proc/self/environ"]).ok(), format!("{ALICE}\n"));
        assert_eq!(
            world.shifter(&["readlink", "/proc/self/exe", "/proc/self/cwd", "/proc/self/root"]).ok(),
            "/bin/readlink\n/\n/\n"
        );
        world.configure("allowLocalChroot=1");
        let run = world.start(&["-i", "local:/", "setpriv", "--dump"]);
        if run.stderr.contains("No such file") {
            eprintln!("skipped in part: setpriv is not installed");
            return;
        }
        let shown = run.ok();
        for line in [
            "no_new_privs: 1",
            "Capability bounding set: [none]",
            "Ambient capabilities: [none]",
            "Securebits: noroot,noroot_locked,keep_caps_locked",
        ] {
            assert!(shown.lines().any(|shown| shown.starts_with(line)), "{line} in {shown}");
        }
    });
}

#[test]
fn what_an_image_says_to_overlayfs_is_not_followed() {
    isolated(|world| {
        let copied = Command::new("cp").arg("-a").arg(image::tree().join(".")).arg(at("host")).status();
        assert!(copied.unwrap().success());
        for directory in ["host/redirected", "host/closed", "host/opaque"] {
            directory_of(directory, 0, 0o755);
            write(&format!("{directory}/file"), directory);
        }
        fs::set_permissions(at("host/closed"), Permissions::from_mode(0o700)).unwrap();
        for space in ["trusted", "user"] {
            let mark = |path: &str, name: &str, value: &[u8]| {
                let file = open::host(&at(path), open::For::Reading).unwrap();
                let done = node::set_attribute(file, &format!("{space}.overlay.{name}"), value);
                // tmpfs knows `user.` attributes since Linux 6.6.
                assert!(done.is_ok() || space == "user", "{done:?}");
            };
            mark("host/redirected", "redirect", b"/closed");
            mark("host/redirected/file", "metacopy", b"");
            mark("host/redirected/file", "redirect", b"/closed/file");
            mark("host/opaque", "opaque", b"x");
        }
        let made =
            Command::new("mksquashfs").args(["/srv/host", "/srv/images/odd.squashfs", "-xattrs", "-quiet"]).output();
        assert!(made.unwrap().status.success());
        write("images/odd.meta", "FORMAT: squashfs\nENV: PATH=/bin:/usr/bin\n");
        // The kernel refuses a file that says its content is elsewhere (`EPERM`), or shows its own.
        let shown = world.start(&["-i", "id:odd", "cat", "/redirected/file", "/opaque/file"]).stdout;
        assert!(["host/opaque", "host/redirectedhost/opaque"].contains(&shown.as_str()), "{shown}");
        assert_eq!(world.start(&["-i", "id:odd", "ls", "/redirected"]).ok(), "file\n");
        assert!(world.start(&["-i", "id:odd", "cat", "/closed/file"]).fails(1).contains("Permission denied"));
    });
}

#[test]
fn a_start_that_is_killed_at_any_moment_leaves_nothing() {
    isolated(|world| {
        directory_of("cache", 0, 0o700);
        world.configure("perNodeCachePath=/srv/cache\nmkfsXfsPath=/usr/sbin/mkfs.xfs\nsiteFs=/srv/host:/cache:perNodeCache=size=300M");
        let before = mountinfo::read().unwrap();
        for milliseconds in 0..30 {
            let start = format!("timeout -s KILL 0.{milliseconds:03} /srv/bin/shifter -i id:busy /bin/id");
            shell(&start);
        }
        assert_eq!(mountinfo::read().unwrap(), before);
        assert_eq!(fs::read_dir(at("cache")).unwrap().count(), 0);
    });
}
