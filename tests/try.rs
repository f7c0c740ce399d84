//! `shifter-site try`: the main job end to end, with the programs that ship.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use nix::unistd::Uid;

/// The account without files of its own.
const NOBODY: u32 = 65534;

/// One try at a time: each looks at the loop devices of the whole machine.
static TURN: Mutex<()> = Mutex::new(());

/// All programs of a site and the laptop's profile in a folder that any user can reach.
struct Bench(tempfile::TempDir);

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("our own folder");
        let built = Path::new(env!("CARGO_BIN_EXE_shifter-site")).parent().expect("a folder of programs");
        for program in ["shifter-site", "shifter", "shifterimg", "shifter-imagegw"] {
            let source = built.join(program);
            assert!(source.is_file(), "`{}` is not built: run `cargo build --workspace` first", source.display());
            fs::copy(source, folder.path().join(program)).expect("a copy");
        }
        let profile = Path::new(env!("CARGO_MANIFEST_DIR")).join("site-profiles/laptop.toml");
        fs::copy(profile, folder.path().join("laptop.toml")).expect("a copy");
        Self(folder)
    }

    /// Runs `shifter-site try laptop.toml -- COMMAND`, as root or as nobody, with the scratch directory in a place of its own.
    fn try_as(&self, uid: u32, arguments: &[&str]) -> Tried {
        let place = self.0.path().join(format!("scratch-{uid}"));
        fs::create_dir(&place).expect("a place");
        fs::set_permissions(&place, fs::Permissions::from_mode(0o1777)).expect("our own place");
        let mut command = Command::new(self.0.path().join("shifter-site"));
        command
            .args(["try", "laptop.toml"])
            .args(arguments)
            .current_dir(self.0.path())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("TMPDIR", &place);
        if uid != 0 {
            command.uid(uid).gid(uid);
        }
        let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let (mounts_before, loops_before) = (mounts(), loops());
        let output = command.output().expect("shifter-site runs");
        assert_eq!(mounts(), mounts_before, "mounts are left on the host");
        // The kernel clears a loop device some time after its last user has gone (loop(4), autoclear).
        let begun = Instant::now();
        while loops() != loops_before && begun.elapsed() < Duration::from_secs(10) {
            std::thread::sleep(Duration::from_millis(10));
        }
        assert_eq!(loops(), loops_before, "loop devices are left on the host");
        Tried {
            output,
            left: fs::read_dir(&place).expect("a place").map(|entry| entry.expect("an entry").path()).collect(),
        }
    }
}

struct Tried {
    output: Output,
    /// What is left in the folder for scratch directories.
    left: Vec<PathBuf>,
}

impl Tried {
    fn text(&self) -> String {
        format!("{}{}", String::from_utf8_lossy(&self.output.stdout), String::from_utf8_lossy(&self.output.stderr))
    }
}

/// The mount table of the host, as this process sees it.
fn mounts() -> String {
    fs::read_to_string("/proc/self/mountinfo").expect("a mount table")
}

/// Loop devices whose backing file is an image of a scratch machine.
fn loops() -> BTreeSet<String> {
    let Ok(entries) = fs::read_dir("/sys/block") else { return BTreeSet::new() };
    entries
        .filter_map(|entry| fs::read_to_string(entry.ok()?.path().join("loop/backing_file")).ok())
        .filter(|backing| backing.contains("shifter"))
        .collect()
}

fn is_root() -> bool {
    Uid::effective().is_root()
}

#[test]
fn as_root_the_tour_runs_as_an_unprivileged_user_and_leaves_nothing() {
    if !is_root() {
        println!("skipped: needs root");
        return;
    }
    let tried = Bench::new().try_as(0, &[]);
    let text = tried.text();
    assert!(tried.output.status.success(), "{text}");
    for expected in [
        "Shifter tour image, assembled from this machine",
        "uid=65534",
        "CapEff: 0000000000000000",
        "CapBnd: 0000000000000000",
        "NoNewPrivs: 1",
        "IMAGE_SAYS=hello",
        "SHIFTER_RUNTIME=1",
    ] {
        assert!(text.contains(expected), "no `{expected}` in:\n{text}");
    }
    assert_eq!(tried.left, Vec::<PathBuf>::new());
}

#[test]
fn without_root_the_tour_runs_in_a_user_namespace_and_says_so() {
    if !is_root() {
        println!("skipped: needs root to become another user");
        return;
    }
    let tried = Bench::new().try_as(NOBODY, &[]);
    let text = tried.text();
    assert!(tried.output.status.success(), "{text}");
    for expected in ["user namespace", "Shifter tour image, assembled from this machine", "uid=65534", "NoNewPrivs: 1"]
    {
        assert!(text.contains(expected), "no `{expected}` in:\n{text}");
    }
    assert_eq!(tried.left, Vec::<PathBuf>::new());
}

#[test]
fn the_commands_exit_status_is_ours() {
    let uid = Uid::effective().as_raw();
    let tried = Bench::new().try_as(uid, &["--", "sh", "-c", "echo said >&2; exit 7"]);
    assert_eq!(tried.output.status.code(), Some(7), "{}", tried.text());
    assert!(tried.text().contains("said"));
}

#[test]
fn a_module_of_the_profile_is_loaded() {
    let uid = Uid::effective().as_raw();
    let tried = Bench::new().try_as(uid, &["--module", "site-tools", "--", "env"]);
    let text = tried.text();
    assert!(tried.output.status.success(), "{text}");
    assert!(text.contains("SITE_TOOLS=/opt/site"), "{text}");
}

#[test]
fn an_image_without_an_index_is_looked_up_at_the_gateway() {
    if !is_root() {
        println!("skipped: needs root");
        return;
    }
    let script = "rm -r /var/lib/shifter/images/index && exec setpriv --reuid=65534 --regid=65534 --clear-groups \
                  shifter --image=$SHIFTER_TRY_IMAGE cat /etc/os-release";
    let tried = Bench::new().try_as(0, &["--on-machine", "--", "sh", "-c", script]);
    let text = tried.text();
    assert!(tried.output.status.success(), "{text}");
    assert!(text.contains("ID=shifter-tour"), "{text}");
}

/// Both ways to get rights behave as users rely on; the same program asks any other installation.
#[test]
fn the_installation_behaves_as_users_rely_on() {
    if !is_root() {
        println!("skipped: needs root");
        return;
    }
    let bench = Bench::new();
    // The machine has a /tmp of its own.
    let seen = tempfile::tempdir_in("/var/tmp").expect("a folder");
    fs::set_permissions(seen.path(), fs::Permissions::from_mode(0o755)).expect("our own folder");
    let ask = seen.path().join("shifter-compliance");
    let built = Path::new(env!("CARGO_BIN_EXE_shifter-site")).with_file_name("shifter-compliance");
    assert!(built.is_file(), "`{}` is not built: run `cargo build --workspace` first", built.display());
    fs::copy(built, &ask).expect("a copy");
    let become_nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups";
    for (uid, user) in [(0, become_nobody), (NOBODY, "")] {
        let script = format!("exec {user} {} --image=$SHIFTER_TRY_IMAGE", ask.display());
        let tried = bench.try_as(uid, &["--on-machine", "--", "sh", "-c", &script]);
        let text = tried.text();
        assert!(tried.output.status.success(), "{text}");
        assert!(text.contains("holds    the command has no capability\n"), "{text}");
        assert!(!text.contains("\nDIFFERS "), "{text}");
    }
}

#[test]
fn a_profile_with_errors_stops_before_anything_is_built() {
    let bench = Bench::new();
    fs::write(bench.0.path().join("laptop.toml"), "schema = 1\n[site]\nnmae = \"laptop\"\n").expect("a file");
    let uid = Uid::effective().as_raw();
    let tried = bench.try_as(uid, &[]);
    assert_eq!(tried.output.status.code(), Some(1), "{}", tried.text());
    assert!(tried.text().contains("nmae"), "{}", tried.text());
    assert_eq!(tried.left, Vec::<PathBuf>::new());
}

/// The mounts of a container: place → options of the mount itself (proc_pid_mountinfo(5)).
fn mounts_in(text: &str) -> BTreeMap<String, Vec<String>> {
    let line = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let is_mount = words.len() > 9 && words.contains(&"-") && words[0].parse::<u32>().is_ok();
        is_mount.then(|| (words[4].to_owned(), words[5].split(',').map(str::to_owned).collect()))
    };
    text.lines().filter_map(line).collect()
}

#[test]
fn a_container_has_the_mounts_that_show_mounts_draws() {
    let uid = Uid::effective().as_raw();
    let bench = Bench::new();
    let tried = bench.try_as(uid, &["--module", "site-tools", "--", "cat", "/proc/self/mountinfo"]);
    assert!(tried.output.status.success(), "{}", tried.text());
    let real = mounts_in(&String::from_utf8_lossy(&tried.output.stdout));
    let shown = Command::new(bench.0.path().join("shifter-site"))
        .args(["show", "mounts", "laptop.toml", "--modules", "site-tools", "--format", "json"])
        .current_dir(bench.0.path())
        .output()
        .expect("shifter-site runs");
    let shown: serde_json::Value = serde_json::from_slice(&shown.stdout).expect("JSON");
    let places: Vec<(&str, &str, Vec<&str>)> = shown["places"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|place| {
            let options = place["options"].as_array().expect("a list").iter().filter_map(|option| option.as_str());
            (place["at"].as_str().expect("a path"), place["kind"].as_str().expect("a word"), options.collect())
        })
        .collect();
    assert!(places.iter().any(|(at, ..)| *at == "/opt/site") && places.iter().any(|(at, ..)| *at == "/home"));
    for (at, kind, options) in places.iter().filter(|(_, kind, _)| matches!(*kind, "mount" | "root")) {
        let has = real.get(*at).unwrap_or_else(|| panic!("no {kind} at {at}: {real:#?}"));
        for option in options.iter().filter(|option| matches!(**option, "ro" | "nosuid" | "nodev" | "noexec")) {
            assert!(has.iter().any(|real| real == option), "{at} lacks {option}: {has:?}");
        }
    }
    // What is mounted below something that is shown with all that is below it is the host's.
    let is_shown = |mount: &str| {
        places
            .iter()
            .any(|(at, _, options)| *at == mount || options.contains(&"rec") && mount.starts_with(&format!("{at}/")))
    };
    let others: Vec<&String> = real.keys().filter(|mount| !is_shown(mount)).collect();
    // In a user namespace everything is bound with what is below it (mount_namespaces(7)).
    assert!(others.is_empty() || uid != 0, "mounts that are not shown: {others:?}");
}
