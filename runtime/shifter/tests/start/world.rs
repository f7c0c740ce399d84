//! A small site in a mount namespace of its own: a setuid `shifter`, a configuration, images, users.
//!
//! [`isolated`] runs a test again in a child process, alone, with its own mounts. There a tmpfs without `nosuid` lies
//! over `/srv`, and an overlay over `/etc` has the site's `/etc/shifter`. When the child ends, so do its mounts.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use shifter_sys::identity::{self, Triple};
use shifter_sys::mount::{self, Attributes, Parameter};
use shifter_sys::open::{self, For};
use shifter_sys::process::{self, Ended};

use crate::image;

pub(crate) const ALICE: u32 = 11_100;
pub(crate) const BOB: u32 = 11_200;
/// A supplementary group of both.
pub(crate) const STAFF: u32 = 11_027;
/// The root of the small site.
pub(crate) const ROOT: &str = "/srv";
const INSIDE: &str = "SHIFTER_TEST_INSIDE";

/// One at a time: a start uses loop devices and memory, and looks at the whole mount table.
static TURN: Mutex<()> = Mutex::new(());

/// Where the rights of a start come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rights {
    /// The program is setuid root.
    Setuid,
    /// It is not, and uses a user namespace.
    Users,
}

/// Runs `body` in a child process with its own mounts. Skips, saying so, where the kernel does not let us.
pub(crate) fn isolated(body: impl FnOnce(&World)) {
    isolated_each(&[Rights::Setuid], body);
}

/// Runs `body` twice, each time in a child process with its own mounts: with a setuid program, and with one that is not.
/// What it asserts holds for both.
pub(crate) fn with_and_without_privilege(body: impl FnOnce(&World)) {
    isolated_each(&[Rights::Setuid, Rights::Users], body);
}

fn isolated_each(each: &[Rights], body: impl FnOnce(&World)) {
    if let Some(inside) = std::env::var_os(INSIDE) {
        let rights = if inside == "users" { Rights::Users } else { Rights::Setuid };
        if rights == Rights::Setuid || crate::rootless::can_make_user_namespaces() {
            body(&World::new(rights));
        }
        return;
    }
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if !identity::user().unwrap().effective.eq(&0) {
        eprintln!("skipped: needs root");
        return;
    }
    let Some(_image) = image::build() else {
        panic!("cannot make an image: install the package `squashfs-tools`");
    };
    let thread = std::thread::current();
    let name = thread.name().expect("a test has a name");
    for rights in each {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name, "--nocapture", "--test-threads=1"])
            .env(INSIDE, if *rights == Rights::Users { "users" } else { "setuid" })
            .output()
            .unwrap();
        let shown = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && shown.contains("1 passed"), "{rights:?}: {shown}");
        shown.lines().filter(|line| line.starts_with("skipped")).for_each(|line| eprintln!("{line}"));
    }
}

pub(crate) struct World {
    /// Where the rights of its starts come from.
    pub(crate) rights: Rights,
    pub(crate) conf: Conf,
}

/// What a run gave back.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) ended: Ended,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// What a command that succeeded printed.
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.ended, Ended::Exited(0), "{self:#?}");
        self.stdout
    }

    /// What was said about a start that failed with this status.
    #[track_caller]
    pub(crate) fn fails(self, status: i32) -> String {
        assert_eq!(self.ended, Ended::Exited(status), "{self:#?}");
        self.stderr
    }
}

impl World {
    fn new(rights: Rights) -> World {
        process::new_mount_namespace().unwrap();
        mount::receive_only().unwrap();
        let etc = open::host(Path::new("/etc"), For::Place).unwrap();
        let site = mount::new("tmpfs", &[], Attributes::NONE).unwrap();
        mount::attach(site, open::host(Path::new(ROOT), For::Place).unwrap()).unwrap();
        fs::set_permissions(ROOT, Permissions::from_mode(0o755)).unwrap();
        for directory in ["bin", "udi", "loop", "images", "etc", "out", "above/upper/shifter", "above/work", "host"] {
            fs::create_dir_all(at(directory)).unwrap();
        }
        let (upper, work) = (at("above/upper"), at("above/work"));
        let parameters = [
            Parameter::Text("lowerdir", "/etc".as_ref()),
            Parameter::Text("upperdir", upper.as_os_str()),
            Parameter::Text("workdir", work.as_os_str()),
        ];
        mount::attach(mount::new("overlay", &parameters, Attributes::NONE).unwrap(), etc).unwrap();

        let program = at("bin/shifter");
        fs::copy(env!("CARGO_BIN_EXE_shifter"), &program).unwrap();
        fs::set_permissions(&program, Permissions::from_mode(0o4755)).unwrap();
        if rights == Rights::Users {
            crate::rootless::without_privilege();
        }
        write(
            "etc/passwd",
            "root:x:0:0:r:/root:/bin/sh\nalice:x:11100:11100:A:/home/alice:/bin/sh\nbob:x:11200:11200:B:/home/bob:/bin/sh\n",
        );
        write(
            "etc/group",
            "root:x:0:\nalice:x:11100:\nstaff:x:11027:bob,alice\nproj:x:11028:alice\nother:x:11029:bob\n",
        );
        write("etc/nsswitch.conf", "passwd: files\n");
        image::install("busy", "");
        let world = World { rights, conf: Conf::default() };
        world.configure("");
        world
    }

    /// Writes udiRoot.conf with these lines after the usual ones.
    pub(crate) fn configure(&self, lines: &str) {
        self.write_conf(&format!("{}{lines}\n", self.conf.lines));
    }

    pub(crate) fn write_conf(&self, text: &str) {
        let path = Path::new("/etc/shifter/udiRoot.conf");
        fs::write(path, text).unwrap();
        fs::set_permissions(path, Permissions::from_mode(0o644)).unwrap();
    }

    /// Runs `shifter --image=id:busy WORDS` as alice.
    pub(crate) fn shifter(&self, words: &[&str]) -> Run {
        self.start(&[&["--image=id:busy"], words].concat())
    }

    /// Runs `shifter WORDS` as alice.
    pub(crate) fn start(&self, words: &[&str]) -> Run {
        self.run_as(ALICE, |_| {}, words)
    }

    /// Runs `shifter WORDS` as anybody.
    pub(crate) fn run_as(&self, uid: u32, prepare: impl FnOnce(&mut Command), words: &[&str]) -> Run {
        let mut command = Command::new(at("bin/shifter"));
        command.args(words).current_dir("/").env_clear().env("PATH", "/usr/bin:/bin");
        prepare(&mut command);
        run(uid, command)
    }
}

/// Runs a command with a user's ids and two groups, its output going to files.
pub(crate) fn run(uid: u32, mut command: impl std::borrow::BorrowMut<Command>) -> Run {
    let (out, err) = (at("out/stdout"), at("out/stderr"));
    let command = command.borrow_mut();
    command.stdout(File::create(&out).unwrap()).stderr(File::create(&err).unwrap());
    let child = process::in_child(|| {
        identity::set_groups(&[STAFF, uid]).unwrap();
        identity::set_group(Triple::all(uid)).unwrap();
        identity::set_user(Triple::all(uid)).unwrap();
        let error = command.exec();
        eprintln!("cannot start {command:?}: {error}");
        99
    });
    let ended = process::wait(child.unwrap()).unwrap();
    let read = |path| String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
    Run { ended, stdout: read(out), stderr: read(err) }
}

/// Puts alice among the users of the host, whom libc knows.
pub(crate) fn alice_is_known_to_the_host() {
    let passwd = fs::read_to_string("/etc/passwd").unwrap();
    if !passwd.contains("\nalice:") {
        fs::write("/etc/passwd", format!("{passwd}alice:x:{ALICE}:{ALICE}:A:/home/alice:/bin/sh\n")).unwrap();
    }
}

/// A path of the small site.
pub(crate) fn at(path: &str) -> PathBuf {
    Path::new(ROOT).join(path)
}

/// Writes a file of the small site with mode 0644, and its directories.
pub(crate) fn write(path: &str, text: &str) -> PathBuf {
    let path = at(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    path
}

/// Makes a directory of the small site that belongs to a user.
pub(crate) fn directory_of(path: &str, uid: u32, mode: u32) -> PathBuf {
    let path = at(path);
    fs::create_dir_all(&path).unwrap();
    std::os::unix::fs::chown(&path, Some(uid), Some(uid)).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    path
}

/// The usual lines of udiRoot.conf.
pub(crate) struct Conf {
    pub(crate) lines: String,
}

impl Default for Conf {
    fn default() -> Conf {
        let lines = format!(
            "system=test\nudiMount={ROOT}/udi\nloopMount={ROOT}/loop\nimagePath={ROOT}/images\netcPath={ROOT}/etc\n\
             mountUdiRootWritable=1\nmaxGroupCount=31\n"
        );
        Conf { lines }
    }
}
