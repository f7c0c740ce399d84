use std::fs;
use std::path::Path;

use shifter_sys::mount::{self, Attributes, Depth};
use shifter_sys::mountinfo;
use shifter_sys::open::{self, For};

use crate::world::{ALICE, World, at, directory_of, isolated, write};

/// Mounts a tmpfs with these attributes on a directory of the small site.
fn tmpfs(path: &str, attributes: Attributes) {
    let place = open::host(&directory_of(path, 0, 0o755), For::Place).unwrap();
    mount::attach(mount::new("tmpfs", &[], Attributes::NONE).unwrap(), place).unwrap();
    let top = open::host(&at(path), For::Place).unwrap();
    fs::write(at(path).join("file"), path).unwrap();
    fs::set_permissions(at(path), std::os::unix::fs::PermissionsExt::from_mode(0o1777)).unwrap();
    mount::restrict(top, Depth::One, attributes, None).unwrap();
}

fn options(world: &World, point: &str) -> String {
    let table = world.shifter(&["cat", "/proc/self/mountinfo"]).ok();
    let mounts = mountinfo::parse(table.as_bytes());
    mounts
        .into_iter()
        .rev()
        .find(|mount| mount.point == Path::new(point))
        .unwrap_or_else(|| panic!("{point}: {table}"))
        .options
}

#[test]
fn the_flags_of_a_host_mount_are_never_weakened() {
    isolated(|world| {
        tmpfs("host/strict", Attributes::READ_ONLY.and(Attributes::NOEXEC));
        world.configure("siteFs=/srv/host/strict:/strict");
        assert_eq!(options(world, "/strict"), "ro,nosuid,nodev,noexec,relatime");
        assert!(world.shifter(&["touch", "/strict/x"]).fails(1).contains("Read-only"));
    });
}

#[test]
fn rec_brings_the_mounts_below_with_the_same_limits() {
    isolated(|world| {
        tmpfs("host/top", Attributes::NONE);
        tmpfs("host/top/below", Attributes::NONE);
        world.configure("siteFs=/srv/host/top:/rec:rec:ro;/srv/host/top:/one");
        assert_eq!(world.shifter(&["cat", "/rec/below/file"]).ok(), "host/top/below");
        assert_eq!(options(world, "/rec/below"), "ro,nosuid,nodev,relatime");
        assert!(world.shifter(&["cat", "/one/below/file"]).fails(1).contains("No such file"));
    });
}

#[test]
fn a_slave_is_one_with_rec_too() {
    isolated(|world| {
        tmpfs("host/top", Attributes::NONE);
        let shared = std::process::Command::new("mount").args(["--make-shared", "/srv/host/top"]).status().unwrap();
        assert!(shared.success());
        world.configure("siteFs=/srv/host/top:/slave:rec:slave;/srv/host/top:/private:rec");
        let table = world.shifter(&["cat", "/proc/self/mountinfo"]).ok();
        let line = |point: &str| table.lines().find(|line| line.contains(&format!(" {point} "))).unwrap().to_owned();
        assert!(line("/slave").contains(" master:"), "{table}");
        assert!(!line("/private").contains(" master:"), "{table}");
        assert!(!table.contains(" shared:"), "{table}");
    });
}

#[test]
fn parents_are_made_and_files_are_mounted() {
    isolated(|world| {
        write("host/deep/file", "deep\n");
        world.configure(
            "siteFs=/srv/host/deep:/a/b/c/d;/srv/host/deep/file:/etc/site/file:ro;/srv/host/none:/none:optional",
        );
        assert_eq!(world.shifter(&["cat", "/a/b/c/d/file", "/etc/site/file"]).ok(), "deep\ndeep\n");
    });
}

#[test]
fn a_missing_source_is_named() {
    isolated(|world| {
        world.configure("siteFs=/srv/host/none:/none");
        assert_eq!(
            world.shifter(&["id"]).fails(1),
            "shifter: cannot build the container: step `bind /srv/host/none to /none nosuid nodev private` failed\n\
             shifter:   because: `/srv/host/none`: openat2: No such file or directory\n"
        );
    });
}

#[test]
fn links_of_the_site_stand_in_the_place_of_the_images() {
    isolated(|world| {
        write("host/scratch/u/file", "linked\n");
        world
            .configure("siteFs=/srv/host/scratch:/mnt/scratch\nsiteLink=mnt/scratch/u:/data;/mnt/scratch:/x/y/scratch");
        assert_eq!(world.shifter(&["cat", "/data/file", "/x/y/scratch/u/file"]).ok(), "linked\nlinked\n");
    });
}

#[test]
fn a_mount_that_would_hide_the_images_libraries_is_refused() {
    isolated(|world| {
        world.configure("siteFs=/srv/host:/lib32/gpu");
        let said = world.shifter(&["id"]).fails(1);
        assert!(
            said.contains("`/lib32` is a link in this image, and the site's mount at `/lib32/gpu` would hide it"),
            "{said}"
        );
    });
}

#[test]
fn directories_of_the_site_hide_the_images() {
    isolated(|world| {
        assert_eq!(
            world
                .shifter(&["ls", "/var/spool", "/var/run", "/opt/udiImage"])
                .ok()
                .lines()
                .filter(|l| !l.ends_with(':') && !l.is_empty())
                .collect::<Vec<_>>(),
            ["modules"]
        );
        assert!(!world.shifter(&["ls", "/tmp"]).ok().contains("hidden"));
        assert!(world.shifter(&["ls", "/opt"]).ok().contains("app"));
        assert_eq!(world.shifter(&["cat", "/a b"]).ok(), "blank\n");
    });
}

#[test]
fn the_root_is_read_only_unless_the_site_says_otherwise() {
    isolated(|world| {
        world.shifter(&["touch", "/open/x"]).ok();
        world.write_conf(&world.conf.lines.replace("mountUdiRootWritable=1\n", ""));
        assert!(world.shifter(&["touch", "/open/x"]).fails(1).contains("Read-only"));
        world.shifter(&["-V", "/tmp:/new/place", "ls", "/new/place"]).ok();
    });
}

#[test]
fn what_the_container_keeps_in_memory_is_limited() {
    isolated(|world| {
        world.configure("rootfsSize=1M");
        let fill = "i=0; while [ $i -lt 40 ]; do cat /bin/sh >/open/$i || exit 5; i=$((i+1)); done";
        let run = world.shifter(&["/bin/sh", "-c", fill]);
        assert_eq!(run.ended, shifter_sys::process::Ended::Exited(5), "{run:?}");
        assert!(run.stderr.contains("No space left on device"), "{run:?}");
    });
}

#[test]
fn a_per_node_cache_is_the_users_and_leaves_nothing() {
    isolated(|world| {
        let Some(mkfs) = ["/usr/sbin/mkfs.xfs", "/sbin/mkfs.xfs"].into_iter().find(|path| Path::new(path).exists())
        else {
            panic!("install the package `xfsprogs`");
        };
        directory_of("cache", 0, 0o700);
        let lines = format!("mkfsXfsPath={mkfs}\nperNodeCachePath=/srv/cache\nperNodeCacheSizeLimit=512M\n");
        world.configure(&lines);
        let script = "stat -f -c %T /fast; stat -c '%u %a' /fast; echo x >/fast/x && cat /fast/x";
        let run = world.shifter(&["-V", "/any:/fast:perNodeCache=size=400M", "/bin/sh", "-c", script]);
        assert_eq!(run.ok(), format!("xfs\n{ALICE} 755\nx\n"));
        assert_eq!(fs::read_dir(at("cache")).unwrap().count(), 0);
        world.configure(&format!("{lines}siteFs=/any:/of/site:perNodeCache=size=400M"));
        assert_eq!(world.shifter(&["stat", "-f", "-c", "%T", "/of/site"]).ok(), "xfs\n");

        let said = world.shifter(&["-V", "/any:/fast:perNodeCache=size=600M", "id"]).fails(1);
        assert!(said.contains("is larger than the 536870912 bytes of key perNodeCacheSizeLimit"), "{said}");
        let said =
            world.shifter(&["-V", "/any:/tmp/no-such-directory-of-a-test/fast:perNodeCache=size=400M", "id"]).fails(1);
        assert!(said.contains("no mount point is made"), "{said}");
        world.configure("");
        let said = world.shifter(&["-V", "/any:/fast:perNodeCache=size=400M", "id"]).fails(1);
        assert!(said.contains("udiRoot.conf does not say `perNodeCachePath`"), "{said}");
    });
}

#[test]
fn the_home_can_come_from_elsewhere() {
    isolated(|world| {
        directory_of("host/home/alice", ALICE, 0o700);
        fs::write(at("host/home/alice/file"), "site\n").unwrap();
        directory_of("host/other", ALICE, 0o700);
        fs::write(at("host/other/file"), "other\n").unwrap();
        let site = "siteFs=/srv/host/home:/home\n";
        world.configure(site);
        assert_eq!(world.shifter(&["cat", "/home/alice/file"]).ok(), "site\n");
        world.configure(&format!("{site}home=/srv/host/other"));
        assert_eq!(world.shifter(&["cat", "/home/alice/file"]).ok(), "other\n");
        world.configure(&format!("{site}home=none"));
        assert_eq!(world.shifter(&["ls", "/home/alice"]).ok(), "");
        world.configure(&format!("{site}home=image"));
        assert!(world.shifter(&["ls", "/home"]).fails(2).contains("No such file"));
    });
}
