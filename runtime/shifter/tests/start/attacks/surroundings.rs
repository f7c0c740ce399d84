//! What a caller surrounds a start with: variables, descriptors, limits, words, a working directory.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::process::Command;

use shifter_sys::mountinfo;
use shifter_sys::process::Ended;

use super::shell;
use crate::world::{ALICE, alice_is_known_to_the_host, at, directory_of, isolated, run, write};

#[test]
fn variables_that_loaders_and_shells_obey_reach_nothing_of_roots() {
    isolated(|world| {
        directory_of("out", ALICE, 0o755);
        let hook = write("hooks/env", "env >/srv/out/env; echo \"[$IFS]\" >/srv/out/ifs; id -u >/srv/out/id\n");
        let evil = write("host/evil", "touch /srv/out/evil\n");
        world.configure(&format!("sitePreMountHook={}\nsitePostMountHook={0}", hook.display()));
        let evil = evil.to_str().unwrap();
        let hostile = [
            ("LD_PRELOAD", "/srv/host/evil"),
            ("LD_AUDIT", "/srv/host/evil"),
            ("LD_LIBRARY_PATH", "/srv/host"),
            ("LD_DEBUG", "all"),
            ("LD_DEBUG_OUTPUT", "/srv/out/ld"),
            ("LD_PROFILE", "libc.so.6"),
            ("LD_PROFILE_OUTPUT", "/srv/out"),
            ("GLIBC_TUNABLES", "glibc.malloc.check=3:glibc.mem.tagging=255:glibc.rtld.nns=0"),
            ("GCONV_PATH", "/srv/host"),
            ("LOCPATH", "/srv/host"),
            ("MALLOC_TRACE", "/srv/out/malloc"),
            ("RES_OPTIONS", "debug"),
            ("HOSTALIASES", evil),
            ("NLSPATH", "/srv/host/%N"),
            ("TMPDIR", "/srv/out"),
            ("PATH", "/srv/host"),
            ("IFS", "/i"),
            ("ENV", evil),
            ("BASH_ENV", evil),
            ("SHELLOPTS", "xtrace"),
            ("PS4", "$(touch /srv/out/evil)"),
            ("BASH_FUNC_id%%", "() { touch /srv/out/evil; }"),
            ("RUST_BACKTRACE", "full"),
            ("RUST_MIN_STACK", "18446744073709551615"),
            ("TZ", "/srv/host/evil"),
        ];
        let with_all = |command: &mut Command| {
            command.env_clear().envs(hostile);
        };
        assert_eq!(world.run_as(ALICE, with_all, &["--image=id:busy", "/bin/id", "-u"]).ok(), format!("{ALICE}\n"));
        assert_eq!(fs::read_to_string(at("out/id")).unwrap(), "0\n");
        assert_eq!(fs::read_to_string(at("out/ifs")).unwrap(), "[ \t\n]\n");
        let seen = fs::read_to_string(at("out/env")).unwrap();
        for (name, value) in hostile {
            assert!(!seen.lines().any(|line| line == format!("{name}={value}")), "{name} in {seen}");
        }
        let mut made: Vec<_> = fs::read_dir(at("out")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        made.sort();
        assert_eq!(made, ["env", "id", "ifs", "stderr", "stdout"]);
    });
}

#[test]
fn thousands_of_descriptors_are_the_commands_and_no_hooks() {
    isolated(|world| {
        directory_of("out", ALICE, 0o755);
        let hook = write("hooks/fds", "ls /proc/self/fd | wc -l >/srv/out/fds\n");
        world.configure(&format!("sitePreMountHook={}", hook.display()));
        let script = "$^F = 100000; for (1..3000) { open($f[$_], '<', '/dev/null') or die \"no more: $!\" } \
            exec qw(/srv/bin/shifter -i id:busy /bin/sh -c), 'ls /proc/self/fd' or die";
        let start = format!("ulimit -n 4096 && exec perl -e '{}'", script.replace('\'', "'\\''"));
        let listed = shell(&start).ok();
        assert!(listed.lines().count() >= 3000, "{}", listed.lines().count());
        let of_hook: usize = fs::read_to_string(at("out/fds")).unwrap().trim().parse().unwrap();
        // The three of a script, and what ls(1) lists it by.
        assert_eq!(of_hook, 4);
    });
}

/// user_namespaces(7): in a mount namespace of the user's own a set-id bit counts only for ids that are mapped there.
#[test]
fn a_configuration_that_a_user_mounts_in_a_namespace_of_his_own_gives_no_right() {
    isolated(|_world| {
        alice_is_known_to_the_host();
        fs::create_dir_all(at("host/closed")).unwrap();
        fs::set_permissions(at("host/closed"), std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
        directory_of("mine", ALICE, 0o755);
        for (file, text) in [
            ("mine/hook", "touch /srv/host/closed/reached; id -u >/srv/mine/ran\n"),
            (
                "mine/udiRoot.conf",
                "system=test\nudiMount=/srv/udi\nloopMount=/srv/loop\nimagePath=/srv/images\nallowLocalChroot=1\n\
                 populateEtcDynamically=1\nsitePreMountHook=/srv/mine/hook\nsiteFs=/srv/host/closed:/closed\n",
            ),
        ] {
            std::os::unix::fs::chown(write(file, text), Some(ALICE), Some(ALICE)).unwrap();
        }
        let start = "/srv/bin/shifter -i local:/ /bin/ls /closed";
        let mounts = "mount --bind /srv/mine/udiRoot.conf /etc/shifter/udiRoot.conf";
        let as_ns_root = format!("unshare -rm /bin/sh -c '{mounts} && exec {start}'");
        let as_himself = format!(
            "unshare -rm /bin/sh -c '{mounts} && exec unshare -U --map-user={ALICE} --map-group={ALICE} {start}'"
        );
        for (script, has_run) in [(as_ns_root, false), (as_himself, true)] {
            let run = shell(&script);
            if run.stderr.contains("unshare: ") {
                eprintln!("skipped: users make no user namespaces here: {}", run.stderr);
                return;
            }
            assert!(run.ended != Ended::Exited(0) && run.stdout.is_empty(), "{script}: {run:?}");
            // A script of his own he can run by himself; it runs as him.
            assert!(!at("host/closed/reached").exists(), "{script}: {run:?}");
            assert!(fs::metadata(at("mine/ran")).is_ok_and(|ran| ran.uid() == ALICE) == has_run, "{script}: {run:?}");
        }
        // Nor does it count where new rights are given up before.
        let run = shell("exec setpriv --no-new-privs /srv/bin/shifter -v -i id:busy id -u");
        assert!(run.stderr.starts_with("shifter: without privilege, in a user namespace"), "{run:?}");
    });
}

#[test]
fn no_umask_opens_or_closes_what_root_makes() {
    isolated(|world| {
        let hook = write("hooks/umask", "umask; : >made-by-root\n");
        world.configure(&format!("sitePreMountHook={}\nsiteFs=/srv/host:/deep/below/host", hook.display()));
        let seen = |umask: &str| {
            let script = "stat -c '%a %u %n' / /etc /etc/passwd /etc/group /var /var/tmp /var/empty /var/shifterConfig.json \
                /var/shifterRecord.json /opt/udiImage /tmp /deep /deep/below /made-by-root /data/new; umask";
            let start =
                format!("umask {umask}; exec /srv/bin/shifter -i id:busy -V /tmp:/data/new /bin/sh -c \"{script}\"");
            let run = shell(&start);
            assert_eq!(run.stderr, "sitePreMountHook: 0022\n", "{umask}");
            let (made, own) = run.stdout.trim_end().rsplit_once('\n').unwrap();
            assert_eq!(u32::from_str_radix(own, 8), u32::from_str_radix(umask, 8), "the command has its caller's");
            made.to_owned()
        };
        let usual = seen("022");
        assert!(usual.contains("755 0 /etc\n644 0 /etc/passwd\n") && usual.lines().count() == 15, "{usual}");
        for umask in ["000", "002", "077", "177", "777"] {
            assert_eq!(seen(umask), usual, "{umask}");
        }
    });
}

#[test]
fn a_start_under_any_limit_goes_well_or_leaves_nothing() {
    isolated(|world| {
        let cache = format!("limits-{}", std::process::id());
        directory_of(&cache, 0, 0o700);
        directory_of("out/cwd", ALICE, 0o755);
        let hook = write("hooks/hook", "touch made-by-root\n");
        world.configure(&format!(
            "sitePreMountHook={}\nmkfsExt4Path=/usr/sbin/mkfs.ext4\nperNodeCachePath=/srv/{cache}",
            hook.display()
        ));
        let before = mountinfo::read().unwrap();
        let mut stopped = 0;
        for limit in [
            "-f 0",
            "-f 1",
            "-f 64",
            "-n 0",
            "-n 3",
            "-n 4",
            "-n 6",
            "-n 8",
            "-n 12",
            "-s 16",
            "-s 128",
            "-v 3000",
            "-v 6000",
            "-v 20000",
            "-d 0",
            "-d 500",
            "-l 0",
            "-t 0",
            "-t 1",
            "-u 1",
            "-c unlimited",
            "-m 0",
        ] {
            let start =
                "exec /srv/bin/shifter -i id:busy -V /tmp:/data -V /any:/fast:perNodeCache=size=8M,fs=ext4 /bin/id";
            // With a core wherever one may be written.
            let run =
                shell(&format!("cd /srv/out/cwd; ulimit -c unlimited 2>/dev/null; ulimit {limit} || exit 99; {start}"));
            stopped += u32::from(run.ended != Ended::Exited(0));
            assert!(!run.stderr.contains("panicked"), "{limit}: {run:?}");
            assert_eq!(mountinfo::read().unwrap(), before, "{limit}");
            assert_eq!(fs::read_dir(at(&cache)).unwrap().count(), 0, "{limit}");
            let cores = fs::read_dir(at("out/cwd")).unwrap();
            // The command is his own process, and may leave a core of his.
            for core in cores.flatten() {
                assert_eq!(core.metadata().unwrap().uid(), ALICE, "{limit}");
                fs::remove_file(core.path()).unwrap();
            }
        }
        assert!(stopped > 3, "{stopped}");
    });
}

#[test]
fn many_and_long_words_are_understood_or_refused() {
    isolated(|world| {
        let long = "x".repeat(100_000);
        world.shifter(&["-e", &format!("LONG={long}"), "/bin/sh", "-c", "[ ${#LONG} = 100000 ]"]).ok();
        for words in [
            vec!["-V".to_owned(), format!("/tmp:/{long}")],
            vec!["-V".to_owned(), format!("/{long}:/data")],
            vec!["-m".to_owned(), long.clone()],
            vec![format!("--home=/{long}")],
            vec!["-w".to_owned(), format!("/{long}")],
            vec!["-i".to_owned(), format!("id:{long}")],
            vec!["-i".to_owned(), format!("docker:{long}:1")],
            (0..2000).flat_map(|nth| ["-V".to_owned(), format!("/tmp:/proc/{nth}")]).collect(),
        ] {
            let words: Vec<&str> = words.iter().map(String::as_str).chain(["/bin/id"]).collect();
            let run = world.shifter(&words);
            assert!(run.stdout.is_empty() && matches!(run.ended, Ended::Exited(1 | 126 | 127)), "{:?}", run.ended);
        }
    });
}

#[test]
fn a_caller_too_deep_for_a_path_starts_in_the_root() {
    isolated(|_world| {
        directory_of("out", ALICE, 0o755);
        let script = "my $d = 'd' x 200; chdir '/srv/out'; for (1..40) { mkdir $d or die; chdir $d or die } \
            exec qw(/srv/bin/shifter -i id:busy pwd) or die";
        let mut command = Command::new("perl");
        command.args(["-e", script]).env_clear().env("PATH", "/usr/bin:/bin").current_dir("/");
        assert_eq!(run(ALICE, command).ok(), "/\n");
    });
}
