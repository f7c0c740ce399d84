//! `facts`, and `check` with what they found: nothing of this machine is looked at unless that is asked for.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::support::{GOOD, Site, good_but, repository};

/// The root of a node: kernel modules, users, tools, what `etc.path` holds, a link that leads out.
fn node_root(site: &Site) -> String {
    let root = site.path().join("node");
    let write = |name: &str, text: &str| {
        let file = root.join(name);
        fs::create_dir_all(file.parent().expect("a directory")).expect("made");
        fs::write(file, text).expect("written");
    };
    write("etc/hostname", "nid00007.cluster\n");
    write("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nshifter:x:501:501::/:/bin/false\n");
    write("etc/group", "root:x:0:\nshifter:x:501:\n");
    write("etc/nsswitch.conf", "passwd: files sss\ngroup: files sss\n");
    write("etc/selinux/config", "SELINUX=permissive\n");
    write("etc/slurm/slurm.conf", "PrologFlags=Alloc,Contain\nJobContainerType=job_container/tmpfs\n");
    write("etc/slurm/job_container.conf", "BasePath=/local Shared=true\n");
    write("etc/shifter/shifter_etc_files/passwd", "root:x:0:0::/:\nold:$6$salt$verysecrethash:9:9::/:\n");
    write("etc/shifter/shifter_etc_files/group", "root:x:0:\nstaff::50:\n");
    write(
        "lib/modules/5.14.0-503.el9.x86_64/modules.builtin",
        "kernel/drivers/block/loop.ko\nkernel/fs/ext4/ext4.ko\n",
    );
    write(
        "lib/modules/5.14.0-503.el9.x86_64/modules.dep",
        "kernel/fs/squashfs/squashfs.ko.xz:\nkernel/fs/xfs/xfs.ko.xz:\n",
    );
    for tool in ["cp", "mv", "chmod", "dd"] {
        write(&format!("usr/bin/{tool}"), "#!/bin/sh\n");
    }
    write("usr/sbin/modprobe", "#!/bin/sh\n");
    write("home/x", "");
    fs::create_dir_all(root.join("shared")).expect("made");
    symlink("usr/bin", root.join("bin")).expect("linked");
    symlink("/../../../../home", root.join("shared/images")).expect("linked");
    settle(&root);
    root.to_str().expect("UTF-8").to_owned()
}

/// Modes that no umask decides: programs 0755, files 0644, directories 0755.
fn settle(path: &Path) {
    let kind = fs::symlink_metadata(path).expect("there").file_type();
    if kind.is_symlink() {
        return;
    }
    let is_program = path.to_string_lossy().contains("/bin/") || path.to_string_lossy().contains("/sbin/");
    let mode = if kind.is_dir() || is_program { 0o755 } else { 0o644 };
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("our own");
    if kind.is_dir() {
        for entry in fs::read_dir(path).expect("readable") {
            settle(&entry.expect("an entry").path());
        }
    }
}

/// The facts below a root, with the user of the tests as root.
fn gathered(site: &Site, root: &str) -> Value {
    let ran = site.run(&["facts", "--profile", "site.toml", "--root", root]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(!ran.out.contains("verysecrethash"), "a hash is among the facts");
    let own = fs::metadata(site.path()).expect("there");
    let mut facts: Value = serde_json::from_str(&ran.out).expect("JSON");
    facts["root"] = "NODE".into();
    for path in facts["paths"].as_object_mut().expect("paths").values_mut() {
        let path = path.as_object_mut().expect("a path");
        for (number, name, of_tests) in [("uid", "owner", own.uid()), ("gid", "group", own.gid())] {
            if path.get(number).and_then(Value::as_u64) == Some(u64::from(of_tests)) {
                path.insert(number.to_owned(), 0.into());
                path.insert(name.to_owned(), "root".into());
            }
        }
        path.sort_keys();
    }
    facts
}

#[test]
fn the_facts_below_a_root_are_the_reviewed_ones() {
    let site = Site::new().with("site.toml", GOOD);
    let root = node_root(&site);
    let text = format!("{:#}\n", gathered(&site, &root));
    let golden = repository().join("tests/golden/facts/below-a-root.json");
    if std::env::var_os("SHIFTER_UPDATE").is_some_and(|value| value == "1") {
        fs::create_dir_all(golden.parent().expect("a directory")).expect("made");
        fs::write(&golden, &text).expect("written");
    }
    let kept = fs::read_to_string(&golden).unwrap_or_default();
    assert!(text == kept, "{} is stale: SHIFTER_UPDATE=1 writes it\n{text}", golden.display());
}

#[test]
fn facts_follow_their_schema() {
    let site = Site::new().with("site.toml", GOOD);
    let root = node_root(&site);
    let schema = site.run(&["schema", "--name", "facts"]).out;
    let schema: Value = serde_json::from_str(&schema).expect("a schema");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let live: Value = serde_json::from_str(&site.run(&["facts", "--profile", "site.toml"]).out).expect("JSON");
    for facts in [gathered(&site, &root), live] {
        let errors: Vec<String> = validator.iter_errors(&facts).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
    }
}

#[test]
fn what_is_wrong_below_a_root_is_found_by_check() {
    let site = Site::new().with("site.toml", GOOD);
    let root = node_root(&site);
    let from_root = site.run(&["check", "--format", "concise", "--root", &root, "site.toml"]);
    assert_eq!(from_root.code, 1);
    for expected in [
        "error[RT019] helper-tool: on nid00007: `/usr/sbin/insmod` is not there",
        "error[ETC001] etc-missing-files: on nid00007: `/etc/shifter/shifter_etc_files` has no `nsswitch.conf`",
        "error[ETC009] etc-has-hashes: on nid00007: `passwd` of containers holds the hash of a password for old",
        "error[ETC011] etc-group-empty-password: on nid00007: `group` of containers has an empty second field for staff",
    ] {
        assert!(from_root.out.contains(expected), "{expected}\nis not in\n{}", from_root.out);
    }
    // The same facts in files say the same, once for all nodes that show it.
    site.run(&["facts", "--profile", "site.toml", "--root", &root, "--output-dir", "facts"]);
    let file = site.path().join("facts/nid00007.json");
    let text = fs::read_to_string(&file).expect("written");
    fs::write(site.path().join("facts/other.json"), text.replace("nid00007", "nid00008")).expect("written");
    let from_files = site.run(&["check", "--format", "concise", "--facts", "facts", "site.toml"]);
    let of_nodes = |out: &str| out.lines().filter(|line| line.contains(": on nid")).count();
    assert_eq!(of_nodes(&from_files.out), of_nodes(&from_root.out));
    assert!(from_files.out.contains("on nid00007, nid00008: `/usr/sbin/insmod` is not there"), "{}", from_files.out);
}

#[test]
fn a_file_without_facts_is_named_with_the_reason() {
    let site = Site::new().with("site.toml", GOOD).with("bad.json", "{\"schema\": 1, \"host\": \"a\", \"kernal\": 1}");
    let ran = site.run(&["check", "--facts", "bad.json", "site.toml"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("`bad.json` holds no facts: unknown field `kernal`"), "{}", ran.err);
    assert_eq!(site.run(&["check", "--facts", "none.json", "site.toml"]).code, 74);
    let classes = good_but("[scale]", "[class.compute]\n\n[class.login]\n\n[scale]");
    let site = Site::new().with("site.toml", &classes);
    let ran = site.run(&["check", "--root", ".", "site.toml"]);
    assert_eq!(ran.code, 64);
    assert!(ran.err.contains("add `--class` with one of compute, login"), "{}", ran.err);
}

#[test]
fn a_program_that_never_answers_is_left_behind() {
    let site = Site::new().with("venv/bin/python", "#!/bin/sh\nexec sleep 600\n");
    let venv = site.path().join("venv");
    fs::set_permissions(venv.join("bin/python"), Permissions::from_mode(0o755)).expect("our own");
    let profile = good_but("[gateway]\n", &format!("[gateway]\npython = \"{}\"\n", venv.display()));
    let site = site.with("site.toml", &profile);
    let before = Instant::now();
    let ran = site.run(&["facts", "--profile", "site.toml", "--timeout", "1"]);
    assert!(before.elapsed() < Duration::from_secs(120));
    let facts: Value = serde_json::from_str(&ran.out).expect("JSON");
    let why = facts["unknown"]["python.version"].as_str().unwrap_or_default().to_owned();
    assert!(why.ends_with("did not answer in time"), "{facts:#}");
}

#[test]
fn without_being_asked_check_looks_at_nothing_of_the_machine() {
    let site = Site::new().with("site.toml", GOOD);
    let trace = site.path().join("trace");
    let status = Command::new("strace")
        .args(["-f", "-qq", "-e", "trace=%file,%network,execve", "-o"])
        .arg(&trace)
        .arg(env!("CARGO_BIN_EXE_shifter-site"))
        .args(["check", "--tier", "strict", "site.toml"])
        .current_dir(site.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("strace, of the package strace");
    assert!(status.code().is_some());
    let calls = fs::read_to_string(trace).expect("a trace");
    assert!(calls.contains("site.toml"), "strace saw nothing:\n{calls}");
    let named =
        ["/shared", "/home", "/usr/bin/cp", "/usr/sbin/modprobe", "/etc/shifter", "/var/cache", "/proc/filesystems"];
    for line in calls.lines() {
        let looks = named.iter().any(|path| line.contains(&format!("\"{path}")));
        assert!(!looks, "check looked at the machine: {line}");
        assert!(!line.contains("connect("), "check spoke to somebody: {line}");
    }
    assert_eq!(calls.matches("execve(").count(), 1, "check ran a program:\n{calls}");
}

/// A munge daemon of its own.
struct Munged {
    child: Child,
}

impl Munged {
    fn start(directory: &Path) -> Self {
        fs::write(directory.join("munge.key"), [7_u8; 64]).expect("written");
        fs::set_permissions(directory.join("munge.key"), Permissions::from_mode(0o600)).expect("our own");
        let file = |name: &str| directory.join(name).to_str().expect("UTF-8").to_owned();
        let child = Command::new("/usr/sbin/munged")
            .args(["--foreground", "--force", "--socket", &file("munge.socket"), "--key-file", &file("munge.key")])
            .args([
                "--pid-file",
                &file("munged.pid"),
                "--log-file",
                &file("munged.log"),
                "--seed-file",
                &file("munged.seed"),
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("munged, of the package munge");
        let munged = Self { child };
        let end = Instant::now() + Duration::from_secs(60);
        while std::os::unix::net::UnixStream::connect(directory.join("munge.socket")).is_err() {
            assert!(Instant::now() < end, "munged does not start");
            std::thread::sleep(Duration::from_millis(20));
        }
        munged
    }
}

impl Drop for Munged {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_credential_goes_round_through_the_named_daemon() {
    let site = Site::new();
    let socket = site.path().join("munge.socket");
    let profile = good_but("[gateway]\n", &format!("[gateway]\nmunge_socket = \"{}\"\n", socket.display()));
    let site = site.with("site.toml", &profile);
    let round_trip = || {
        let facts: Value = serde_json::from_str(&site.run(&["facts", "--profile", "site.toml"]).out).expect("JSON");
        facts["munge"]["round_trip"].clone()
    };
    let munged = Munged::start(site.path());
    assert_eq!(round_trip(), Value::Bool(true));
    drop(munged);
    assert_eq!(round_trip(), Value::Bool(false));
}
