//! What is mounted after a start, on the host and in the container, and whether the other side sees it.
//!
//! The recipe of DataWarp (Cray): the batch system mounts a file system for a job below a directory that containers
//! have already, and it must appear in them.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::world::{ALICE, World, at, directory_of, isolated, write};

fn call(words: &[&str]) {
    let ran = Command::new(words[0]).args(&words[1..]).output().unwrap();
    assert!(ran.status.success(), "{words:?}: {}", String::from_utf8_lossy(&ran.stderr));
}

/// A tree with a mount below it, shared as all mounts are where systemd is.
fn site() {
    directory_of("host/dws", 0, 0o755);
    call(&["mount", "-t", "tmpfs", "none", "/srv/host/dws"]);
    call(&["mount", "--make-shared", "/srv/host/dws"]);
    directory_of("host/dws/before", 0, 0o755);
    directory_of("host/dws/after", 0, 0o755);
    call(&["mount", "-t", "tmpfs", "none", "/srv/host/dws/before"]);
    call(&["mount", "--make-shared", "/srv/host/dws/before"]);
    write("host/dws/before/file", "before\n");
    directory_of("host/dws/before/deep", 0, 0o755);
}

/// A container whose command waits for a line, and then does the rest of its script.
fn waiting(script: &str) -> Child {
    let mut start = Command::new("setpriv");
    start.args([&format!("--reuid={ALICE}"), &format!("--regid={ALICE}"), "--clear-groups", "--"]);
    start.args(["/srv/bin/shifter", "-i", "id:busy", "/bin/sh", "-c", &format!("echo in; read line; {script}")]);
    start.current_dir("/").stdin(Stdio::piped()).stdout(File::create(at("out/waiting")).unwrap());
    start.stderr(File::create(at("out/waiting-error")).unwrap());
    let child = start.spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while std::fs::read_to_string(at("out/waiting")).unwrap().is_empty() {
        assert!(Instant::now() < deadline, "{}", std::fs::read_to_string(at("out/waiting-error")).unwrap());
        std::thread::sleep(Duration::from_millis(5));
    }
    child
}

fn answer(mut child: Child) -> String {
    drop(child.stdin.take());
    let _status = child.wait().unwrap();
    std::fs::read_to_string(at("out/waiting")).unwrap().replacen("in\n", "", 1)
}

/// What a container sees of three mounts: one made before its start, and two made after it, one of them deep.
fn seen(world: &World, lines: &str) -> String {
    world.configure(lines);
    let child = waiting("cat /dws/before/file /dws/after/file /dws/before/deep/file 2>/dev/null");
    for (place, text) in [("host/dws/after", "after\n"), ("host/dws/before/deep", "deep\n")] {
        call(&["mount", "-t", "tmpfs", "none", &format!("/srv/{place}")]);
        write(&format!("{place}/file"), text);
    }
    let shown = answer(child);
    call(&["umount", "/srv/host/dws/after"]);
    call(&["umount", "/srv/host/dws/before/deep"]);
    shown
}

#[test]
fn what_the_host_mounts_later_appears_by_slave_and_not_by_private() {
    isolated(|world| {
        site();
        for (lines, shown) in [
            ("siteFs=/srv/host/dws:/dws:rec:slave", "before\nafter\ndeep\n"),
            ("siteFs=/srv/host/dws:/dws:rec:private", "before\n"),
            ("siteFs=/srv/host/dws:/dws:rec", "before\n"),
            ("siteFs=/srv/host/dws:/dws:slave", "after\n"),
            ("siteFs=/srv/host/dws:/dws:private", ""),
            ("mountPropagationStyle=slave\nsiteFs=/srv/host/dws:/dws:rec", "before\nafter\ndeep\n"),
            ("mountPropagationStyle=slave\nsiteFs=/srv/host/dws:/dws:rec:private", "before\n"),
            ("module_m_siteFs=/srv/host/dws:/dws:rec:slave\ndefaultModules=m", "before\nafter\ndeep\n"),
        ] {
            assert_eq!(seen(world, lines), shown, "{lines}");
        }
    });
}

#[test]
fn what_the_host_unmounts_goes_from_a_container_by_slave() {
    isolated(|world| {
        site();
        for (flag, shown) in [("slave", ""), ("private", "before\n")] {
            world.configure(&format!("siteFs=/srv/host/dws:/dws:rec:{flag}"));
            let child = waiting("cat /dws/before/file 2>/dev/null");
            call(&["umount", "/srv/host/dws/before"]);
            assert_eq!(answer(child), shown, "{flag}");
            call(&["mount", "-t", "tmpfs", "none", "/srv/host/dws/before"]);
            call(&["mount", "--make-shared", "/srv/host/dws/before"]);
            write("host/dws/before/file", "before\n");
        }
    });
}

#[test]
fn nothing_that_is_mounted_in_a_container_goes_out() {
    isolated(|world| {
        site();
        // Root's own hook is all that can mount there.
        let hook = write(
            "hooks/postmount",
            "mount -t tmpfs none dws/after && echo inside >dws/after/file\numount dws/before; true\n",
        );
        for flags in ["rec:slave", "rec:private", "slave"] {
            world.configure(&format!("siteFs=/srv/host/dws:/dws:{flags}\nsitePostMountHook={}", hook.display()));
            let run = world.shifter(&["cat", "/dws/after/file"]);
            assert_eq!(run.stdout, "inside\n", "{flags}: {run:?}");
            assert!(!Path::new("/srv/host/dws/after/file").exists(), "{flags}");
            assert_eq!(std::fs::read_to_string("/srv/host/dws/before/file").unwrap(), "before\n", "{flags}");
        }
    });
}
