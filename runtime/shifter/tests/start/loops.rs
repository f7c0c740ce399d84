//! One loop device for all containers of an image.

use std::fs::{self, File};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use shifter_sys::loopdev::{self, Access, Backing, Control};
use shifter_sys::mount::{self, Depth};
use shifter_sys::open::{self, For};

use crate::image;
use crate::world::{ALICE, at, isolated, write};

/// As many at once as a node has cores.
const MANY: usize = 128;

/// The devices that have this file of the store, attached by a start.
fn devices(image: &str) -> Vec<u32> {
    devices_of(&store(image))
}

fn devices_of(file: &Path) -> Vec<u32> {
    let backing = Backing::of(File::open(file).unwrap()).unwrap();
    let names = fs::read_dir("/sys/block").unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let numbers = names.filter_map(|name| name.strip_prefix("loop")?.parse().ok());
    numbers.filter(|number| loopdev::find_numbered(*number, &backing).is_some()).collect()
}

fn store(image: &str) -> std::path::PathBuf {
    at(&format!("images/{image}.squashfs"))
}

/// A container that lives until its standard input ends.
pub(crate) fn begin(image: &str) -> Child {
    let mut command = Command::new(at("bin/shifter"));
    command.args([&format!("--image=id:{image}"), "cat"]).current_dir("/").env_clear();
    command.uid(ALICE).gid(ALICE).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    command.spawn().unwrap()
}

/// Waits until the command of a container answers.
pub(crate) fn answers(container: &mut Child) {
    use std::io::{Read as _, Write as _};
    container.stdin.as_mut().unwrap().write_all(b"x").unwrap();
    container.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
}

pub(crate) fn end(mut container: Child) {
    drop(container.stdin.take());
    assert!(container.wait().unwrap().success());
}

/// The kernel tears a namespace and its mounts down after the last process has ended, in its own time.
#[track_caller]
fn none_stays(image: &str) {
    none_stays_of(&store(image));
}

#[track_caller]
fn none_stays_of(file: &Path) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !devices_of(file).is_empty() {
        assert!(Instant::now() < deadline, "{} still has {:?}", file.display(), devices_of(file));
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn many_containers_that_start_at_once_have_one_device_for_each_image() {
    isolated(|_world| {
        let images = ["busy", "second", "third"];
        images[1..].iter().for_each(|id| image::install(id, ""));
        let mut containers: Vec<Child> = (0..MANY).map(|nth| begin(images[nth % images.len()])).collect();
        containers.iter_mut().for_each(answers);
        for image in images {
            assert_eq!(devices(image).len(), 1, "{image}");
        }
        containers.into_iter().for_each(end);
        images.into_iter().for_each(none_stays);
    });
}

#[test]
fn starts_and_ends_and_kills_at_the_same_time_leave_no_device_and_never_two() {
    isolated(|_world| {
        let mut containers: Vec<Child> = Vec::new();
        for nth in 0..2 * MANY {
            containers.push(begin("busy"));
            assert!(devices("busy").len() <= 1);
            match nth % 4 {
                // In the middle of its start, as a rule.
                1 => containers.last_mut().unwrap().kill().unwrap(),
                3 if containers.len() > 8 => {
                    let mut oldest = containers.remove(0);
                    drop(oldest.stdin.take());
                    oldest.wait().unwrap();
                }
                _ => {}
            }
        }
        for mut container in containers {
            drop(container.stdin.take());
            container.wait().unwrap();
        }
        none_stays("busy");
        let (mut one, mut other) = (begin("busy"), begin("busy"));
        answers(&mut one);
        answers(&mut other);
        assert_eq!(devices("busy").len(), 1);
        end(one);
        end(other);
        none_stays("busy");
    });
}

#[test]
fn notes_about_devices_are_only_hints() {
    isolated(|world| {
        image::install("second", "");
        let mut other = begin("second");
        answers(&mut other);
        let wrong = format!("loop{}", devices("second")[0]);
        let backing = Backing::of(File::open(store("busy")).unwrap()).unwrap();
        let note = at("loop").join(format!(".loop-{}", backing.name()));
        for target in
            [wrong.as_str(), "loop0/../../etc/shadow", "/dev/loop-control", "loop4294967295", "loop99999999999"]
        {
            let _ = fs::remove_file(&note);
            std::os::unix::fs::symlink(target, &note).unwrap();
            assert_eq!(world.shifter(&["cat", "/data/file"]).ok(), "of the image\n", "{target}");
            none_stays("busy");
        }
        fs::remove_file(&note).unwrap();
        fs::create_dir(&note).unwrap();
        let mut container = begin("busy");
        answers(&mut container);
        let mut again = begin("busy");
        answers(&mut again);
        assert_eq!(devices("busy").len(), 1, "without a note the devices are looked at");
        [container, again, other].into_iter().for_each(end);
    });
}

#[test]
fn a_file_that_was_replaced_or_changed_is_not_the_file_that_is_mounted() {
    isolated(|world| {
        let mut container = begin("busy");
        answers(&mut container);
        let before = Backing::of(File::open(store("busy")).unwrap()).unwrap();
        fs::set_permissions(store("busy"), fs::Permissions::from_mode(0o600)).unwrap();
        assert!(loopdev::find(&before).unwrap().is_some(), "the container has it still");
        assert!(devices("busy").is_empty(), "the same inode in another state");
        fs::copy(store("busy"), at("images/new")).unwrap();
        fs::rename(at("images/new"), store("busy")).unwrap();
        assert!(devices("busy").is_empty(), "another inode");
        assert_eq!(world.shifter(&["cat", "/data/file"]).ok(), "of the image\n");
        end(container);
    });
}

#[test]
fn a_device_that_somebody_else_attached_is_not_used() {
    isolated(|_world| {
        let file = OwnedFd::from(File::open(store("busy")).unwrap());
        let foreign = loopdev::attach(&file, Access::ReadOnly).unwrap();
        let mut container = begin("busy");
        answers(&mut container);
        let [ours] = devices("busy")[..] else { panic!("{:?}", devices("busy")) };
        assert_ne!(foreign.path, Path::new(&format!("/dev/loop{ours}")));
        end(container);
    });
}

#[test]
fn an_erofs_image_is_mounted_with_a_loop_device_and_where_there_is_none_without() {
    isolated(|world| {
        // On a disk: the file systems in memory cannot serve a mounted file (no `read_folio`).
        let disk = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("disk-{}", std::process::id()));
        fs::create_dir(&disk).unwrap();
        fs::set_permissions(&disk, fs::Permissions::from_mode(0o755)).unwrap();
        let file = disk.join("flat.erofs");
        let made = Command::new("mkfs.erofs").arg(&file).arg(image::tree()).output();
        assert!(made.is_ok_and(|made| made.status.success()), "install the package `erofs-utils`");
        write("images/flat.meta", "FORMAT: erofs\nENV: PATH=/bin:/usr/bin\n");
        fs::copy(at("images/flat.meta"), disk.join("flat.meta")).unwrap();
        let copy = mount::clone_at(open::host(&disk, For::Place).unwrap(), Depth::One).unwrap();
        mount::attach(copy, open::host(&at("images"), For::Place).unwrap()).unwrap();
        assert_eq!(world.start(&["-i", "id:flat", "cat", "/data/file"]).ok(), "of the image\n");

        let nothing = mount::clone_at(open::host(Path::new("/dev/null"), For::Place).unwrap(), Depth::One).unwrap();
        mount::attach(nothing, open::host(Path::new("/dev/loop-control"), For::Place).unwrap()).unwrap();
        none_stays_of(&file);
        let run = world.start(&["-i", "id:flat", "cat", "/data/file"]);
        if run.stderr.contains("no loop device for the image") {
            eprintln!("skipped: this kernel mounts no file as erofs (Linux 6.12, EROFS_FS_BACKED_BY_FILE)");
        } else {
            assert_eq!(run.ok(), "of the image\n");
        }
        fs::remove_dir_all(&disk).unwrap();
    });
}

#[test]
fn a_lock_that_is_never_given_back_stops_no_start() {
    isolated(|world| {
        let control = Control::open().unwrap();
        while !control.try_lock().unwrap() {
            std::thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(world.shifter(&["cat", "/data/file"]).ok(), "of the image\n");
        drop(control);
    });
}
