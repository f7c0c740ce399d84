//! The mount calls on a real kernel, each test in a child with a mount namespace of its own.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test")]

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use shifter_sys::mount::{self, Attributes, Depth, Parameter, Propagation};
use shifter_sys::open::{self, For};
use shifter_sys::process::{self, Ended};
use shifter_sys::{Errno, loopdev, mountinfo};

/// A directory for one test, removed again.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Scratch {
        let path = std::env::temp_dir().join(format!("sys-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("the temporary directory is writable");
        Scratch(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).expect("nothing is mounted in it here");
    }
}

/// Runs `body` in a child with its own mounts; skips, saying so, where the kernel does not let us.
fn with_own_mounts(body: impl FnOnce()) {
    let child = process::in_child(|| {
        if let Err(error) = process::new_mount_namespace() {
            eprintln!("skipped: {error}");
            return 0;
        }
        mount::receive_only().unwrap();
        body();
        0
    });
    assert_eq!(process::wait(child.unwrap()).unwrap(), Ended::Exited(0));
}

fn tmpfs_at(place: &Path) {
    let new = mount::new("tmpfs", &[Parameter::Text("size", OsStr::new("1m"))], Attributes::NOSUID).unwrap();
    mount::attach(new, open::host(place, For::Place).unwrap()).unwrap();
}

fn options_of(place: &Path) -> String {
    let id = open::facts(open::host(place, For::Place).unwrap()).unwrap().mount_id;
    mountinfo::read().unwrap().into_iter().find(|mount| mount.id == id).unwrap().options
}

#[test]
fn a_clone_keeps_the_attributes_of_its_source_and_gets_more() {
    let scratch = Scratch::new("clone");
    with_own_mounts(|| {
        tmpfs_at(&scratch.0);
        let (from, to) = (scratch.0.join("from"), scratch.0.join("to"));
        std::fs::create_dir(&from).unwrap();
        std::fs::create_dir(&to).unwrap();
        tmpfs_at(&from);
        let source = open::host(&from, For::Place).unwrap();
        mount::restrict(&source, Depth::One, Attributes::READ_ONLY.and(Attributes::NOEXEC), None).unwrap();
        let copy = mount::clone_at(&source, Depth::Tree).unwrap();
        mount::restrict(&copy, Depth::Tree, Attributes::NODEV, Some(Propagation::Private)).unwrap();
        mount::attach(copy, open::host(&to, For::Place).unwrap()).unwrap();
        assert_eq!(options_of(&to), "ro,nosuid,nodev,noexec,relatime");
    });
}

#[test]
fn read_only_reaches_the_mounts_below() {
    let scratch = Scratch::new("below");
    with_own_mounts(|| {
        tmpfs_at(&scratch.0);
        let below = scratch.0.join("from/below");
        std::fs::create_dir_all(&below).unwrap();
        tmpfs_at(&below);
        let copy = mount::clone_at(open::host(&scratch.0, For::Place).unwrap(), Depth::Tree).unwrap();
        mount::restrict(&copy, Depth::Tree, Attributes::READ_ONLY, None).unwrap();
        let below = open::below(&copy, Path::new("from/below"), open::Within::Root, For::Listing).unwrap();
        let refused = shifter_sys::node::make_dir(below, OsStr::new("x"), 0o755).unwrap_err();
        assert_eq!(refused.to_string(), "mkdirat: Read-only file system");
    });
}

#[test]
fn a_squashfs_is_read_through_a_loop_device_that_goes_away() {
    let scratch = Scratch::new("loop");
    let (tree, image, at) = (scratch.0.join("tree"), scratch.0.join("image"), scratch.0.join("at"));
    std::fs::create_dir(&tree).unwrap();
    std::fs::create_dir(&at).unwrap();
    std::fs::write(tree.join("hello"), "from the image").unwrap();
    let made = std::process::Command::new("mksquashfs").args([&tree, &image]).output();
    assert!(made.is_ok_and(|made| made.status.success()), "install the package `squashfs-tools`");
    with_own_mounts(|| {
        let file = open::host(&image, For::Reading).unwrap();
        let device = match loopdev::attach(&file, loopdev::Access::ReadOnly) {
            Err(error) if error.errno == Errno::NOENT => return eprintln!("skipped: {error}"),
            attached => attached.unwrap(),
        };
        let source = Parameter::Text("source", device.path.as_os_str());
        let squashfs = mount::new("squashfs", &[source, Parameter::Flag("ro")], Attributes::READ_ONLY).unwrap();
        mount::attach(squashfs, open::host(&at, For::Place).unwrap()).unwrap();
        drop(device);
        assert_eq!(std::fs::read_to_string(at.join("hello")).unwrap(), "from the image");
    });
    let backing = format!("{}\n", image.display());
    let is_ours = |name: &OsStr| {
        let file = Path::new("/sys/block").join(name).join("loop/backing_file");
        std::fs::read_to_string(file).is_ok_and(|file| file == backing)
    };
    // Autoclear happens when the namespace is torn down, which the kernel does in its own time.
    let gone = (0..500).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(10));
        !std::fs::read_dir("/sys/block").unwrap().any(|entry| is_ours(&entry.unwrap().file_name()))
    });
    assert!(gone, "a loop device still holds {}", image.display());
}

#[test]
fn the_old_root_is_gone_after_a_pivot() {
    let scratch = Scratch::new("pivot");
    with_own_mounts(|| {
        tmpfs_at(&scratch.0);
        std::fs::create_dir(scratch.0.join("only")).unwrap();
        mount::enter(open::host(&scratch.0, For::Listing).unwrap()).unwrap();
        mount::pivot_to_working_directory().unwrap();
        let names: Vec<_> = std::fs::read_dir("/").unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["only"]);
        assert!(!Path::new("/../proc").exists());
    });
}

#[test]
fn a_wrong_option_is_named_with_the_kernels_reason() {
    with_own_mounts(|| {
        let error = mount::new("tmpfs", &[Parameter::Text("sice", OsStr::new("1m"))], Attributes::NONE).unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot make a tmpfs file system: fsconfig: Invalid argument (option sice); \
             the kernel says: tmpfs: Unknown parameter 'sice'"
        );
    });
}

#[test]
fn the_topmost_of_several_mounts_is_detached_and_then_the_next() {
    let scratch = Scratch::new("detach");
    with_own_mounts(|| {
        let here = || open::host(&scratch.0, For::Place).unwrap();
        let id = || open::facts(here()).unwrap().mount_id;
        tmpfs_at(&scratch.0);
        let (lower, lower_id) = (here(), id());
        tmpfs_at(&scratch.0);
        assert_ne!(id(), lower_id);
        mount::detach(&lower).unwrap();
        assert_eq!(id(), lower_id, "the one that covers it is gone");
        mount::detach(&lower).unwrap();
        assert_eq!(mount::detach(&lower).unwrap_err().errno, Errno::INVAL);
        assert!(!open::facts(here()).unwrap().is_mount_root);
    });
}

#[test]
fn a_process_can_come_back_to_the_mounts_it_left() {
    let scratch = Scratch::new("back");
    with_own_mounts(|| {
        let namespace = process::mount_namespace().unwrap();
        let tree = {
            process::new_mount_namespace().unwrap();
            mount::receive_only().unwrap();
            tmpfs_at(&scratch.0);
            mount::clone_at(open::host(&scratch.0, For::Place).unwrap(), Depth::Tree).unwrap()
        };
        process::enter_mount_namespace(namespace).unwrap();
        let is_mount = || open::facts(open::host(&scratch.0, For::Place).unwrap()).unwrap().is_mount_root;
        assert!(!is_mount());
        mount::attach(tree, open::host(&scratch.0, For::Place).unwrap()).unwrap();
        assert!(is_mount());
    });
}

#[test]
fn a_wish_that_the_kernel_does_not_know_is_left_out_and_any_other_parameter_is_an_error() {
    with_own_mounts(|| {
        let unknown = OsStr::new("1");
        assert!(mount::new("tmpfs", &[Parameter::Wish("no_such_option", unknown)], Attributes::NONE).is_ok());
        let error = mount::new("tmpfs", &[Parameter::Text("no_such_option", unknown)], Attributes::NONE).unwrap_err();
        assert_eq!(error.parameter.as_deref(), Some("no_such_option"));
    });
}
