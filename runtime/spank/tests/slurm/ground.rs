//! The machine below the cluster: `/srv` in memory, `/etc` with users and configuration of its own, the built programs.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use shifter_sys::mount::{self, Attributes, Parameter};
use shifter_sys::mountinfo;
use shifter_sys::open::{self, For};

/// A user who submits.
pub(crate) const ALICE: u32 = 11_100;
/// Where Shifter is installed.
pub(crate) const PREFIX: &str = "/srv/shifter";

/// A path of the cluster.
pub(crate) fn at(path: &str) -> PathBuf {
    Path::new("/srv").join(path)
}

/// Writes a file of root's with this mode, and its directories.
pub(crate) fn write(path: &str, text: impl AsRef<[u8]>, mode: u32) -> PathBuf {
    let path = at(path);
    fs::create_dir_all(path.parent().expect("it has one")).expect("made");
    fs::write(&path, text).expect("written");
    fs::set_permissions(&path, Permissions::from_mode(mode)).expect("our own file");
    path
}

/// Runs a command that has to succeed; what it printed.
pub(crate) fn must(program: &str, words: &[&str]) -> String {
    let output = Command::new(program).args(words).env("PATH", crate::inside::PATH).output();
    let output = output.unwrap_or_else(|error| panic!("cannot run {program}: {error}"));
    assert!(output.status.success(), "{program} {words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Lays it all out. To be called in a mount namespace of our own.
pub(crate) fn lay() {
    mount::receive_only().expect("our own mounts");
    // What others have mounted below /run (ip-netns(8)) would be hidden below ours, and `--ccm` has the whole table.
    let table = mountinfo::read().expect("a mount table");
    let below = table.iter().rev().filter(|mount| mount.point.starts_with("/run/"));
    below.for_each(|mount| drop(must("umount", &["-l", &mount.point.display().to_string()])));
    let place = |path: &str| open::host(Path::new(path), For::Place).expect("a directory");
    let etc = place("/etc");
    let memory = || mount::new("tmpfs", &[], Attributes::NONE).expect("a tmpfs");
    mount::attach(memory(), place("/srv")).expect("mounted");
    mount::attach(memory(), place("/run")).expect("mounted");
    for directory in ["/srv", "/run"] {
        fs::set_permissions(directory, Permissions::from_mode(0o755)).expect("our own directory");
    }
    for directory in ["above/upper/shifter", "above/work", "udi", "loop", "images", "log", "slurm/state", "slurm/spool"]
    {
        fs::create_dir_all(at(directory)).expect("made");
    }
    let (upper, work) = (at("above/upper"), at("above/work"));
    let parameters = [
        Parameter::Text("lowerdir", "/etc".as_ref()),
        Parameter::Text("upperdir", upper.as_os_str()),
        Parameter::Text("workdir", work.as_os_str()),
    ];
    mount::attach(mount::new("overlay", &parameters, Attributes::NONE).expect("an overlay"), etc).expect("mounted");
    users();
    programs();
}

fn users() {
    let passwd = fs::read_to_string("/etc/passwd").expect("users");
    let alice = format!("alice:x:{ALICE}:{ALICE}:A:/srv/home:/bin/sh\n");
    fs::write("/etc/passwd", format!("{}\n{alice}", passwd.trim_end())).expect("written");
    let group = fs::read_to_string("/etc/group").expect("groups");
    fs::write("/etc/group", format!("{}\nalice:x:{ALICE}:\n", group.trim_end())).expect("written");
    write("etc/passwd", format!("root:x:0:0:r:/root:/bin/sh\n{alice}"), 0o644);
    write("etc/group", format!("root:x:0:\nalice:x:{ALICE}:\n"), 0o644);
    write("etc/nsswitch.conf", "passwd: files\n", 0o644);
    for home in ["home", "out", "scratch/in", "scratch/out"] {
        fs::create_dir_all(at(home)).expect("made");
        std::os::unix::fs::chown(at(home), Some(ALICE), Some(ALICE)).expect("root may");
    }
}

/// The programs as they are built, and the plugin, which lies beside the test that was built with it.
fn programs() {
    let plugin = std::env::current_exe().expect("this program").with_file_name("libshifter_slurm.so");
    write("shifter/lib/shifter_slurm.so", fs::read(plugin).expect("built with this test"), 0o755);
    let built = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("debug");
    for (name, place, mode) in [
        ("shifter", "bin/shifter", 0o4755),
        ("shifterimg", "bin/shifterimg", 0o755),
        ("setupRoot", "sbin/setupRoot", 0o755),
        ("unsetupRoot", "sbin/unsetupRoot", 0o755),
        ("shifter-imagegw", "sbin/shifter-imagegw", 0o755),
    ] {
        let source = built.join(name);
        assert!(source.is_file(), "`{}` is not built: run `cargo build --workspace` first", source.display());
        let bytes = fs::read(source).expect("readable");
        write(&format!("shifter/{place}"), bytes, mode);
    }
}
