//! Image files of a start without privilege: squashfuse_ll, and how it ends.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use shifter_sys::mount::{self, Attributes, Parameter};
use shifter_sys::open::{self, For};
use shifter_sys::process::Ended;

use crate::rootless::{can_make_user_namespaces, without_privilege};
use crate::world::{World, at, isolated};

/// The processes that have this very file open.
fn servers_of(image: &Path) -> Vec<String> {
    let wanted = fs::metadata(image).unwrap();
    let is_it = |link: &Path| fs::metadata(link).is_ok_and(|f| (f.dev(), f.ino()) == (wanted.dev(), wanted.ino()));
    let has_it = |process: &Path| {
        let open = fs::read_dir(process.join("fd")).into_iter().flatten().flatten();
        open.into_iter().any(|descriptor| is_it(&descriptor.path()))
    };
    let processes = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
    let found = processes.filter(|process| process.join("comm").exists() && has_it(process));
    found.filter_map(|process| fs::read_to_string(process.join("comm")).ok()).collect()
}

/// Waits until there are none.
fn all_end(image: &Path) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !servers_of(image).is_empty() {
        assert!(Instant::now() < deadline, "{:?} of a container that ended", servers_of(image));
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn without(body: impl FnOnce(&World)) {
    isolated(|world| {
        if can_make_user_namespaces() {
            without_privilege();
            body(world);
        }
    });
}

#[test]
fn an_image_file_is_served_while_a_process_of_the_container_lives() {
    without(|world| {
        let image = at("images/busy.squashfs");
        assert_eq!(world.shifter(&["cat", "/data/file"]).ok(), "of the image\n");
        all_end(&image);
        assert_eq!(world.shifter(&["/bin/sh", "-c", "kill -9 $$"]).ended, Ended::Killed(9));
        all_end(&image);

        // A process that outlives the command goes on to have its files.
        let script = "(until [ -e /tmp/shifter-test-go-on ]; do :; done; cat /data/file >/tmp/shifter-test-late) &";
        let _ = fs::remove_file("/tmp/shifter-test-go-on");
        world.shifter(&["/bin/sh", "-c", script]).ok();
        assert_eq!(servers_of(&image).iter().filter(|name| name.trim() == "squashfuse_ll").count(), 1);
        fs::write("/tmp/shifter-test-go-on", "").unwrap();
        all_end(&image);
        assert_eq!(fs::read_to_string("/tmp/shifter-test-late").unwrap(), "of the image\n");
        for file in ["/tmp/shifter-test-go-on", "/tmp/shifter-test-late"] {
            fs::remove_file(file).unwrap();
        }
    });
}

#[test]
fn the_server_is_no_child_of_the_command_and_has_no_right() {
    without(|world| {
        let script = "echo $$; cat /proc/[0-9]*/status";
        let shown = world.shifter(&["/bin/sh", "-c", script]);
        let (own, all) = shown.stdout.split_once('\n').unwrap();
        let servers: Vec<&str> = all.split("Name:\t").filter(|status| status.starts_with("squashfuse_ll\n")).collect();
        assert!(!servers.is_empty(), "{shown:?}");
        for line in [format!("PPid:\t{own}\n"), "CapEff:\t0000000000200000".to_owned()] {
            assert!(servers.iter().all(|status| !status.contains(&line)), "{line} in {servers:?}");
        }
        for line in ["CapEff:\t0000000000000000", "CapPrm:\t0000000000000000", "NoNewPrivs:\t1"] {
            assert!(servers.iter().any(|status| status.contains(line)), "{line} in {servers:?}");
        }
    });
}

#[test]
fn a_file_that_is_no_image_is_told_as_such() {
    without(|world| {
        fs::write(at("images/busy.squashfs"), "no image").unwrap();
        let said = world.shifter(&["id"]).fails(1);
        assert!(said.contains("squashfuse_ll does not answer for `/srv/images/busy.squashfs`"), "{said}");
        all_end(&at("images/busy.squashfs"));
        fs::write(at("images/busy.meta"), "FORMAT: ext4\n").unwrap();
        fs::write(at("images/busy.ext4"), "no image").unwrap();
        let said = world.shifter(&["id"]).fails(1);
        assert!(said.contains("must be a squashfs file or an unpacked directory, not ext4"), "{said}");
    });
}

#[test]
fn no_place_is_made_in_a_directory_of_an_image_file() {
    without(|world| {
        let said = world.shifter(&["-V", "/tmp:/work/x", "id"]).fails(1);
        assert!(said.contains("`/work` is a directory of the image file, in which nothing can be made"), "{said}");
    });
}

#[test]
fn without_squashfuse_or_its_device_the_way_to_an_unpacked_image_is_told() {
    without(|world| {
        let way = "; unpacked it needs none: unsquashfs -d /srv/images/busy /srv/images/busy.squashfs";
        fs::set_permissions(at("fuse"), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let said = world.shifter(&["id"]).fails(1);
        assert!(said.contains(&format!("needs /dev/fuse: openat2: Permission denied{way}")), "{said}");

        let bin = open::host(Path::new("/usr/bin"), For::Place).unwrap();
        for directory in ["hidden/upper", "hidden/work"] {
            fs::create_dir_all(at(directory)).unwrap();
        }
        symlink("nowhere", at("hidden/upper/squashfuse_ll")).unwrap();
        let (upper, work) = (at("hidden/upper"), at("hidden/work"));
        let parameters = [
            Parameter::Text("lowerdir", "/usr/bin".as_ref()),
            Parameter::Text("upperdir", upper.as_os_str()),
            Parameter::Text("workdir", work.as_os_str()),
        ];
        mount::attach(mount::new("overlay", &parameters, Attributes::NONE).unwrap(), bin).unwrap();
        let said = world.shifter(&["id"]).fails(1);
        assert!(said.contains("needs squashfuse_ll, and none is in /usr/bin/squashfuse_ll, "), "{said}");
        assert!(said.contains(way), "{said}");

        // What it tells is what works.
        let words = ["-q", "-n", "-d", "/srv/images/busy", "/srv/images/busy.squashfs"];
        assert!(Command::new("unsquashfs").args(words).stdout(Stdio::null()).status().unwrap().success());
        assert_eq!(world.shifter(&["cat", "/data/file"]).ok(), "of the image\n");
    });
}
