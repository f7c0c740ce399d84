//! A machine below `/srv` in mounts of this process's own, with a setuid `shifter` and one user.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};

const ROOT: &str = "/srv";
const INSIDE: &str = "SHIFTER_TEST_INSIDE";

/// Runs `body` in a child process, which is to give itself mounts of its own.
pub(crate) fn isolated(body: impl FnOnce()) {
    if std::env::var_os(INSIDE).is_some() {
        body();
        return;
    }
    if !nix::unistd::geteuid().is_root() {
        println!("skipped: needs root");
        return;
    }
    let thread = std::thread::current();
    let name = thread.name().expect("a test has a name");
    let output = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(INSIDE, "1")
        .output()
        .expect("this program runs");
    let shown = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && shown.contains("1 passed"), "{shown}");
}

/// A path of the small site.
pub(crate) fn at(path: &str) -> PathBuf {
    Path::new(ROOT).join(path)
}

/// A tmpfs without `nosuid` over `/srv`, and an overlay over `/etc` with `/etc/shifter`.
pub(crate) fn lie_over_the_host() {
    let none: Option<&str> = None;
    unshare(CloneFlags::CLONE_NEWNS).expect("root may");
    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_SLAVE, none).expect("our own mounts");
    mount(Some("tmpfs"), ROOT, Some("tmpfs"), MsFlags::empty(), Some("mode=0755")).expect("a tmpfs");
    for directory in ["bin", "udi", "loop", "images", "etc", "opt", "trees", "above/upper/shifter", "above/work"] {
        fs::create_dir_all(at(directory)).expect("made");
    }
    let options = format!("lowerdir=/etc,upperdir={ROOT}/above/upper,workdir={ROOT}/above/work");
    mount(Some("overlay"), "/etc", Some("overlay"), MsFlags::empty(), Some(options.as_str())).expect("an overlay");
}

pub(crate) fn write(path: &str, text: &str) {
    let path = at(path);
    fs::create_dir_all(path.parent().expect("it has one")).expect("made");
    fs::write(&path, text).expect("written");
    fs::set_permissions(path, Permissions::from_mode(0o644)).expect("our own file");
}

pub(crate) fn run(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("cannot run {program}: {error}"));
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The runtime as it is installed, and the accounts that containers know.
pub(crate) fn install_shifter(alice: u32) {
    let program = at("bin/shifter");
    let built = Path::new(env!("CARGO_BIN_EXE_shifter-site")).with_file_name("shifter");
    assert!(built.is_file(), "`{}` is not built: run `cargo build --workspace` first", built.display());
    fs::copy(built, &program).expect("a copy");
    fs::set_permissions(&program, Permissions::from_mode(0o4755)).expect("our own file");
    write("etc/passwd", &format!("root:x:0:0:r:/:/bin/sh\nalice:x:{alice}:{alice}:A:/:/bin/sh\n"));
    write("etc/group", &format!("root:x:0:\nalice:x:{alice}:\n"));
    write("etc/nsswitch.conf", "passwd: files\n");
}

/// Copies what a program needs of this machine into the tree of an image.
pub(crate) fn copy_libraries(program: &str, image: &str) {
    let listed = Command::new("ldd").arg(at(program)).output().expect("ldd");
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    for library in listed.split_whitespace().filter(|word| word.starts_with('/')) {
        let target = at(image).join(library.trim_start_matches('/'));
        fs::create_dir_all(target.parent().expect("it has one")).expect("made");
        fs::copy(library, target).expect("a copy");
    }
}
