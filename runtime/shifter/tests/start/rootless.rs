use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use shifter_sys::mount::{self, Depth};
use shifter_sys::node;
use shifter_sys::open::{self, For};

use crate::image;
use crate::world::{ALICE, Run, at, directory_of, isolated, run, write};

/// Takes the set-id bit off, and gives users the device that most systems give to all (udev's rules: 0666).
pub(crate) fn without_privilege() {
    fs::set_permissions(at("bin/shifter"), Permissions::from_mode(0o755)).unwrap();
    let ours = at("fuse");
    let made = Command::new("mknod").arg("-m666").arg(&ours).args(["c", "10", "229"]).status().unwrap();
    assert!(made.success());
    let device = mount::clone_at(open::host(&ours, For::Place).unwrap(), Depth::One).unwrap();
    mount::attach(device, open::host(Path::new("/dev/fuse"), For::Place).unwrap()).unwrap();
}

/// A copy without the set-id bit, a configuration and an unpacked image, all alice's.
fn prepare(lines: &str) {
    fs::set_permissions(at("bin/shifter"), Permissions::from_mode(0o755)).unwrap();
    directory_of("mine", ALICE, 0o700);
    for directory in ["mine/udi", "mine/loop", "mine/images", "mine/etc", "mine/files"] {
        directory_of(directory, ALICE, 0o755);
    }
    let copied = Command::new("cp").arg("-r").arg(image::tree()).arg(at("mine/images/unpacked")).status().unwrap();
    assert!(copied.success());
    for name in ["passwd", "group", "nsswitch.conf"] {
        fs::copy(at("etc").join(name), at("mine/etc").join(name)).unwrap();
    }
    write("mine/files/file", "of alice\n");
    let conf = format!(
        "system=test\nudiMount=/srv/mine/udi\nloopMount=/srv/mine/loop\nimagePath=/srv/mine/images\n\
         etcPath=/srv/mine/etc\nmountUdiRootWritable=1\nsiteFs=/srv/mine/files:/files\n{lines}"
    );
    write("mine/udiRoot.conf", &conf);
    let owned = Command::new("chown").args(["-R", &format!("{ALICE}:{ALICE}"), "/srv/mine"]).status().unwrap();
    assert!(owned.success());
}

fn start(words: &[&str]) -> Run {
    let mut command = Command::new(at("bin/shifter"));
    command.args(["--config=/srv/mine/udiRoot.conf", "-i", "id:unpacked"]).args(words);
    run(ALICE, command.current_dir("/").env_clear().env("PATH", "/bin"))
}

/// Whether an image's part of a directory can be hidden without privilege (overlayfs.rst, "userxattr"): since Linux 6.6.
fn tmpfs_has_user_attributes() -> bool {
    let directory = open::host(&at("mine/files"), For::Listing).unwrap();
    let has = node::set_attribute(directory, "user.test", b"y");
    if let Err(error) = &has {
        eprintln!("skipped in part: tmpfs has no attributes of users: {error}");
    }
    has.is_ok()
}

pub(crate) fn can_make_user_namespaces() -> bool {
    let made = Command::new("setpriv")
        .args([&format!("--reuid={ALICE}"), "--clear-groups", "unshare", "-Um", "true"])
        .status();
    let can = made.unwrap().success();
    if !can {
        eprintln!("skipped: this kernel lets users make no user namespaces");
    }
    can
}

#[test]
fn a_start_without_privilege_has_the_same_container() {
    isolated(|_world| {
        prepare("");
        if !can_make_user_namespaces() {
            return;
        }
        assert_eq!(start(&["id", "-u"]).ok(), format!("{ALICE}\n"));
        assert_eq!(start(&["cat", "/files/file", "/data/file"]).ok(), "of alice\nof the image\n");
        assert_eq!(start(&["-V", "/files:/new/deep", "cat", "/new/deep/file"]).ok(), "of alice\n");
        assert!(start(&["cat", "/etc/passwd"]).ok().contains("alice:x:"));
        if tmpfs_has_user_attributes() {
            assert!(start(&["cat", "/etc/ssh/ssh_host_key"]).fails(1).contains("No such file"));
        }
        assert!(start(&["ls", "/srv"]).fails(2).contains("No such file"));
        start(&["/bin/sh", "-c", "echo new >/data/new && cat /data/new"]).ok();
        assert!(!at("mine/images/unpacked/data/new").exists());
        let status = start(&["cat", "/proc/self/status"]).ok();
        for line in
            ["CapEff:\t0000000000000000", "CapPrm:\t0000000000000000", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1"]
        {
            assert!(status.contains(line), "{line} in {status}");
        }
    });
}

#[test]
fn a_configuration_can_be_named_by_a_variable() {
    isolated(|_world| {
        prepare("siteEnv=MINE=1");
        if !can_make_user_namespaces() {
            return;
        }
        let mut command = Command::new(at("bin/shifter"));
        command.args(["-i", "id:unpacked", "/bin/env"]).env_clear().env("SHIFTER_CONFIG", "/srv/mine/udiRoot.conf");
        assert!(run(ALICE, command.current_dir("/")).ok().contains("MINE=1\n"));
    });
}

#[test]
fn a_dynamic_etc_a_read_only_root_and_modules_need_no_privilege() {
    isolated(|_world| {
        prepare(
            "populateEtcDynamically=1\nsiteLink=files:/linked\ndefaultModules=m\nmodule_m_copyPath=/srv/mine/files\n",
        );
        if !can_make_user_namespaces() {
            return;
        }
        let passwd = fs::read_to_string("/etc/passwd").unwrap();
        fs::write("/etc/passwd", format!("{passwd}alice:x:{ALICE}:{ALICE}:A:/home/alice:/bin/sh\n")).unwrap();
        let conf = fs::read_to_string(at("mine/udiRoot.conf")).unwrap();
        fs::write(at("mine/udiRoot.conf"), conf.replace("mountUdiRootWritable=1\n", "")).unwrap();
        let shown = start(&["cat", "/linked/file", "/opt/udiImage/modules/m/file", "/etc/passwd"]).ok();
        assert!(shown.starts_with("of alice\nof alice\nroot:x:0:0:root:/root:/bin/sh\nalice:x:11100"), "{shown}");
        assert!(start(&["touch", "/open/x"]).fails(1).contains("Read-only"));
    });
}

#[test]
fn a_start_without_privilege_has_the_same_choices_and_explanations() {
    isolated(|_world| {
        prepare("module_m_siteEnv=M=1\n");
        if !can_make_user_namespaces() {
            return;
        }
        assert_eq!(start(&["--home=/files", "cat", "/home/alice/file"]).ok(), "of alice\n");
        assert_eq!(start(&["--home=none", "ls", "/home/alice"]).ok(), "");
        let told = start(&["--explain", "-m", "m", "--home=/files", "id"]).ok();
        assert!(told.contains("rights   a user namespace of your own; this shifter is not setuid root\n"), "{told}");
        assert!(told.contains("lost: a container of setupRoot is not joined\n"), "{told}");
        let verbose = start(&["-v", "-m", "m", "true"]);
        assert!(verbose.stderr.contains("`--explain` tells what is lost"), "{verbose:?}");
        for line in ["image    id:unpacked\n", "home     /home/alice, which is /files\n", "  module m M=1\n"] {
            assert!(told.contains(line), "{line} in {told}");
        }
        assert!(start(&["--modules"]).ok().starts_with("m\n\nLoaded unless you name others: none."));
        let mut command = Command::new(at("bin/shifter"));
        command.arg("--modules=json").current_dir("/").env_clear().env("SHIFTER_CONFIG", "/srv/mine/udiRoot.conf");
        assert!(run(ALICE, command).ok().starts_with("{\"modules\":[{\"name\":\"m\","));
    });
}
