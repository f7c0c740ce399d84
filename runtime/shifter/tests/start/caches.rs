//! A perNodeCache: which file systems, how large, whose, and that nothing of it stays.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::world::{ALICE, World, alice_is_known_to_the_host, at, directory_of, isolated};

fn mkfs(name: &str, package: &str) -> String {
    let found =
        ["/usr/sbin", "/sbin"].map(|directory| Path::new(directory).join(name)).into_iter().find(|p| p.exists());
    found.unwrap_or_else(|| panic!("install the package `{package}`")).display().to_string()
}

fn lines() -> String {
    directory_of("cache", 0, 0o700);
    let (xfs, ext4) = (mkfs("mkfs.xfs", "xfsprogs"), mkfs("mkfs.ext4", "e2fsprogs"));
    format!("mkfsXfsPath={xfs}\nmkfsExt4Path={ext4}\nperNodeCachePath=/srv/cache\nperNodeCacheSizeLimit=512M\n")
}

fn left() -> usize {
    fs::read_dir(at("cache")).unwrap().count()
}

fn asked(world: &World, arguments: &str, script: &str) -> crate::world::Run {
    world.shifter(&["-V", &format!("/any:/fast:perNodeCache={arguments}"), "/bin/sh", "-c", script])
}

#[test]
fn a_cache_is_of_the_kind_and_block_size_that_was_asked_for() {
    isolated(|world| {
        world.configure(&lines());
        // ext4 has the magic number of ext2 and ext3 (statfs(2)).
        let script = "stat -f -c '%t %S' /fast; stat -c '%u %a' /fast; echo x >/fast/x && cat /fast/x";
        for (arguments, shown) in [
            ("size=400M", "58465342 4096"),
            ("size=400M,fs=xfs,bs=2048,method=loop", "58465342 2048"),
            ("size=40M,fs=ext4", "ef53 1024"),
            ("size=40M,fs=ext4,bs=4096", "ef53 4096"),
            ("size=40M,fs=ext4,bs=1m", "ef53 1024"),
        ] {
            assert_eq!(asked(world, arguments, script).ok(), format!("{shown}\n{ALICE} 755\nx\n"), "{arguments}");
        }
        assert_eq!(left(), 0);
        world.configure(&format!("{}siteFs=/any:/of/site:perNodeCache=size=40M,fs=ext4", lines()));
        assert_eq!(world.shifter(&["stat", "-f", "-c", "%t", "/of/site"]).ok(), "ef53\n");
    });
}

#[test]
fn a_cache_is_as_large_as_was_asked_for_and_no_larger() {
    isolated(|world| {
        world.configure(&lines());
        let fill = "i=0; while [ $i -lt 400 ]; do cat /bin/sh >/fast/$i || exit 5; i=$((i+1)); done";
        let run = asked(world, "size=8M,fs=ext4", fill);
        assert_eq!(run.ended, shifter_sys::process::Ended::Exited(5));
        assert!(run.stderr.contains("No space left on device"), "{run:?}");
    });
}

#[test]
fn what_the_site_or_mkfs_does_not_allow_is_refused() {
    isolated(|world| {
        let lines = lines();
        world.configure(&format!("{lines}perNodeCacheAllowedFsType=xfs"));
        let said = asked(world, "size=40M,fs=ext4", ":").fails(1);
        let why = "the perNodeCache at `/fast` may not be ext4; key perNodeCacheAllowedFsType allows xfs";
        assert_eq!(said, format!("shifter: {why}\n"));
        asked(world, "size=400M", ":").ok();
        let said = asked(world, "size=1M", ":").fails(1);
        assert!(said.contains("perNodeCache: ") && said.contains("mkfs.xfs` ended with status 1"), "{said}");
        let said = asked(world, "size=400M,bs=64k", ":").fails(1);
        assert!(said.contains("no file system of a `perNodeCache` has blocks of 65536 bytes; write bs=1024"), "{said}");
        let said = asked(world, "size=400M,fs=btrfs", ":").fails(1);
        assert!(said.contains("`perNodeCache` does not understand `fs=btrfs`"), "{said}");
        world.configure(&lines.replace("mkfsExt4Path", "# mkfsExt4Path"));
        assert!(asked(world, "size=40M,fs=ext4", ":").fails(1).contains("udiRoot.conf does not say `mkfsExt4Path`"));
        assert_eq!(left(), 0);
    });
}

/// strace(1) lets the call fail that makes a file without a name, so that the file has one for a moment; and it holds
/// the process there, while it is killed again and again as its user.
#[test]
fn a_start_that_is_killed_leaves_no_file_even_where_files_must_have_names() {
    isolated(|world| {
        world.configure(&lines());
        alice_is_known_to_the_host();
        let traced = |more: &[&str]| {
            let mut command = Command::new("strace");
            command.args(["-u", "alice", "-o", "/srv/out/trace", "-P", "/srv/cache"]);
            command.args(["-e", "inject=openat:error=EOPNOTSUPP:when=1"]).args(more);
            command.args(["/srv/bin/shifter", "-i", "id:busy", "-V", "/any:/fast:perNodeCache=size=40M,fs=ext4"]);
            command.args(["/bin/id", "-un"]).current_dir("/");
            command
        };
        let output = traced(&[]).output().expect("install the package `strace`");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "alice\n", "{}", String::from_utf8_lossy(&output.stderr));
        assert!(fs::read_to_string(at("out/trace")).unwrap().contains("perNodeCache_"));
        assert_eq!(left(), 0);

        let mut start = traced(&["-e", "inject=unlinkat:delay_enter=1000000"]).spawn().unwrap();
        let killer = format!(
            "i=0; while [ $i -lt 1500 ]; do i=$((i+1)); sleep 0.02; \
            [ -z \"$(ls /srv/cache)\" ] && {{ [ ! -e /srv/out/seen ] || break; continue; }}; echo seen >>/srv/out/seen; \
            setpriv --reuid={ALICE} --clear-groups kill -9 $(cat /proc/{0}/task/{0}/children); done",
            start.id()
        );
        Command::new("/bin/sh").args(["-c", &killer]).output().unwrap();
        let _ended = start.wait().unwrap();
        assert!(at("out/seen").exists(), "the file was never seen with its name");
        assert_eq!(left(), 0);
    });
}
