//! What the prologue runs on a compute node, run in a mount namespace with services and caches of its own.

use std::{fs, os::unix::fs::PermissionsExt as _, process::Command};

use crate::mom::{Mom, Ran};

/// Runs a rendered script below `/bin/sh -c SET_UP`, which ends with `"$@"`.
fn run(mom: &Mom, set_up: &str, script: &str, arguments: &[&str]) -> Ran {
    let output = Command::new("unshare")
        .args(["--mount", "--propagation", "private", "--", "/bin/sh", "-euc", set_up, "sh"])
        .arg(mom.path(""))
        .arg(mom.path(&format!("rendered/wlm/{script}")))
        .args(arguments)
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .output()
        .expect("unshare runs");
    Ran { code: output.status.code().unwrap_or(-1), err: String::from_utf8_lossy(&output.stderr).into_owned() }
}

/// The node's services record what they are told; its kernel modules are there.
const SERVICES: &str = "here=$1; shift
mount --bind $here/run /run; mkdir -p $here/etc/init.d $here/module/loop $here/module/squashfs
for name in munge nscd; do
    printf '#!/bin/sh\\necho ${0##*/} $1 $(ls /run/nscd) >> %scalls\\n' $here > $here/etc/init.d/$name
    chmod 755 $here/etc/init.d/$name
done
mkdir -p /etc/init.d; mount --bind $here/etc/init.d /etc/init.d; mount --bind $here/module /sys/module
exec \"$@\"";

fn seed(mom: &Mom, name: &str, mode: u32) {
    let path = mom.path(&format!("spool/{name}"));
    fs::create_dir_all(mom.path("spool")).expect("made");
    fs::write(&path, "seed").expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("set");
}

#[test]
fn seeds_lie_in_the_cache_before_nscd_starts_and_go_after_it_stopped() {
    let Some(mom) = Mom::new() else { return };
    fs::remove_file(mom.path("run/nscd/passwd")).expect("there");
    fs::remove_file(mom.path("run/nscd/group")).expect("there");
    seed(&mom, "passwd.77", 0o600);
    seed(&mom, "group.77", 0o600);
    let ran = run(&mom, SERVICES, "cray-shifter-extra-service", &["start", "77"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert_eq!(mom.calls(), ["munge start", "nscd start group passwd"]);
    assert_eq!(fs::read_to_string(mom.path("run/nscd/passwd")).expect("installed"), "seed");
    assert_eq!(run(&mom, SERVICES, "cray-shifter-extra-service", &["stop", "77"]).code, 0);
    assert_eq!(mom.calls()[2..], ["nscd stop group passwd", "munge stop group passwd"]);
    assert!(!mom.path("run/nscd/passwd").exists() && !mom.path("run/nscd/group").exists());
}

#[test]
fn a_seed_that_is_not_roots_alone_is_not_installed() {
    let Some(mom) = Mom::new() else { return };
    fs::remove_file(mom.path("run/nscd/passwd")).expect("there");
    fs::remove_file(mom.path("run/nscd/group")).expect("there");
    seed(&mom, "passwd.77", 0o644);
    std::os::unix::fs::symlink("/etc/passwd", mom.path("spool/group.77")).expect("linked");
    let ran = run(&mom, SERVICES, "cray-shifter-extra-service", &["start", "77"]);
    assert_eq!(ran.code, 0);
    assert!(ran.err.contains("no seed for passwd") && ran.err.contains("no seed for group"), "{}", ran.err);
    assert_eq!(mom.calls().last().expect("called"), "nscd start");
    for job in ["", "../77", "7 7", "$(touch PWNED)", ".", "-x;"] {
        assert_eq!(run(&mom, SERVICES, "cray-shifter-extra-service", &["start", job]).code, 2, "{job:?}");
    }
}

#[test]
fn only_the_users_processes_in_the_container_are_ended() {
    let Some(mom) = Mom::new() else { return };
    let set_up = "here=$1; shift
mount -t tmpfs none /var; mkdir /var/udiMount; mount --rbind / /var/udiMount
chroot --userspec=4242:4243 /var/udiMount sleep 301 & inside=$!
chroot --userspec=65534:65534 /var/udiMount sleep 302 & other=$!
setpriv --reuid 4242 --regid 4243 --clear-groups sleep 303 & outside=$!
sleep 0.3
\"$@\"; code=$?
for pid in $inside $other $outside; do
    if kill -0 $pid 2>/dev/null && ! grep -q '^State:.Z' /proc/$pid/status; then echo left; else echo ended; fi
done > $here/left
kill -9 $other $outside $inside 2>/dev/null || :
exit $code";
    let ran = run(&mom, set_up, "cray-shifter-ssh-cleanup", &["4242"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(fs::read_to_string(mom.path("left")).expect("told"), "ended\nleft\nleft\n");
    for uid in ["0", "", "x", "4242 0"] {
        assert_eq!(run(&mom, "shift; exec \"$@\"", "cray-shifter-ssh-cleanup", &[uid]).code, 2, "{uid:?}");
    }
}
