//! `setupRoot`, `unsetupRoot` and the starts that join: the real programs, as root and as two users.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use shifter_sys::identity::{self, Triple};
use shifter_sys::mount::{self, Attributes, Depth, Parameter};
use shifter_sys::open::{self, For};
use shifter_sys::{Errno, mountinfo, node, process};

use crate::image;
use crate::world::{ALICE, BOB, Run, World, at, directory_of, isolated, run, write};

pub(crate) const SETUP: &str = env!("CARGO_BIN_EXE_setupRoot");
pub(crate) const UNSETUP: &str = env!("CARGO_BIN_EXE_unsetupRoot");

/// Calls `setupRoot` for alice, with these words more.
pub(crate) fn set_up(words: &[&str]) -> Run {
    set_up_for("alice", ALICE, words)
}

fn set_up_for(name: &str, uid: u32, words: &[&str]) -> Run {
    let id = uid.to_string();
    let mut command = Command::new(SETUP);
    command.args(["-U", &id, "-G", &id, "-u", name]).args(words).env_clear().current_dir("/");
    run(0, command)
}

pub(crate) fn unset() -> Run {
    run(0, Command::new(UNSETUP).env_clear().current_dir("/"))
}

/// What is mounted at udiMount and below.
pub(crate) fn mounted() -> Vec<mountinfo::Mount> {
    mountinfo::read().unwrap().into_iter().filter(|mount| mount.point.starts_with("/srv/udi")).collect()
}

/// Whether a start with these words joins, by what it says of itself.
pub(crate) fn joins(world: &World, words: &[&str]) -> bool {
    let run = world.start(&[&["-v"], words].concat());
    let joined = run.stderr.contains("joined the container of setupRoot");
    assert_eq!(joined, !run.stderr.contains("shifter: overlay at"), "{run:#?}");
    run.ok();
    joined
}

/// A process of a user that stays in a container until it is ended.
pub(crate) struct Inside(pub(crate) Child);

impl Inside {
    pub(crate) fn start(words: &[&str]) -> Inside {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=11100", "--regid=11100", "--groups=11027,11100", "/srv/bin/shifter"]);
        command.args(words).args(["/bin/sh", "-c", "echo ready; read line"]).current_dir("/");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut ready = [0; 6];
        std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut ready).unwrap();
        Inside(child)
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        let _ended_already = self.0.kill();
        let _ended = self.0.wait();
    }
}

#[test]
fn a_job_is_set_up_joined_and_taken_away() {
    isolated(|world| {
        let before = mountinfo::read().unwrap();
        assert_eq!(set_up(&["-N", "nid1/2 nid2/1", "docker", "busy"]).ok(), "");
        assert_eq!(
            fs::read_to_string(at("udi/var/shifterConfig.json")).unwrap(),
            "{\"identifier\":\"busy\",\"user\":\"alice\",\"volMap\":\"\",\"modules\":\"\"}\n"
        );
        assert_eq!(fs::read_to_string(at("udi/var/hostsfile")).unwrap(), "nid1\nnid1\nnid2\n");

        assert!(joins(world, &["-i", "id:busy", "id", "-u"]));
        // It is the container itself, not another like it.
        fs::write(at("udi/var/note"), "of the job").unwrap();
        assert_eq!(world.shifter(&["cat", "/var/note"]).ok(), "of the job");

        let run = unset();
        assert_eq!(run.stderr, "");
        run.ok();
        assert_eq!(mountinfo::read().unwrap(), before);
        assert!(!joins(world, &["-i", "id:busy", "id", "-u"]));
        assert_eq!(unset().ok(), "", "nothing is there any more");
    });
}

#[test]
fn who_asks_for_something_else_gets_a_container_of_his_own() {
    isolated(|world| {
        image::install("other", "");
        let module = "module_m_siteEnv=A=1\nmodule_n_siteEnv=B=1\n";
        world.configure(module);
        set_up(&["-v", "/tmp:/data", "-m", "m", "id", "busy"]).ok();
        assert_eq!(
            fs::read_to_string(at("udi/var/shifterConfig.json")).unwrap(),
            "{\"identifier\":\"busy\",\"user\":\"alice\",\"volMap\":\"/tmp:/data\",\"modules\":\"m,\"}\n"
        );
        let usual = ["-i", "id:busy", "-V", "/tmp:/data", "-m", "m"];
        assert!(joins(world, &[&usual[..], &["id"]].concat()));
        for words in [
            vec!["-i", "id:other", "-V", "/tmp:/data", "-m", "m", "id"],
            vec!["-i", "id:busy", "-m", "m", "id"],
            vec!["-i", "id:busy", "-V", "/tmp:/data", "-m", "n", "id"],
            vec!["-i", "id:busy", "-V", "/tmp:/data:ro", "-m", "m", "id"],
            vec!["-i", "id:busy", "-V", "/tmp:/data", "-m", "m", "--home=none", "id"],
        ] {
            assert!(!joins(world, &words), "{words:?}");
        }
        let bobs = world.run_as(BOB, |_| {}, &[&["-v"], &usual[..], &["id", "-u"]].concat());
        assert!(bobs.stderr.contains("is not joined: it is for another image, user"), "{bobs:?}");
        assert_eq!(bobs.ok(), format!("{BOB}\n"));

        let said = |world: &World| world.start(&[&["-v"], &usual[..], &["id"]].concat()).stderr;
        world.configure(&format!("{module}siteEnv=C=1"));
        assert!(said(world).contains("is not joined: udiRoot.conf has changed"));
        world.configure(module);
        assert!(joins(world, &[&usual[..], &["id"]].concat()));
        fs::remove_file(at("images/busy.squashfs")).unwrap();
        image::install("busy", "");
        assert!(said(world).contains("is not joined: the file of its image was replaced"));
        unset().ok();
    });
}

#[test]
fn who_joins_has_what_a_start_gives_and_no_right_more() {
    isolated(|world| {
        let hook = write("hooks/root", "touch made-by-root\n");
        world.configure(&format!("siteFs=/srv/host:/site\nsiteEnv=SITE=1\nmodule_m_roothook={}\n", hook.display()));
        fs::write(at("host/file"), "of the site").unwrap();
        let words = [
            "-m",
            "m",
            "-e",
            "X=1",
            "-w/data",
            "/bin/sh",
            "-c",
            "pwd; echo $SITE $X; ls -a / /srv; cat /proc/self/status",
        ];
        // The numbers that differ from process to process.
        let shown = |world: &World| {
            let run = world.shifter(&words);
            let status: Vec<&str> = run
                .stdout
                .lines()
                .filter(|line| {
                    !["Pid", "NSpid", "Tgid", "Vm", "Rss", "Hugetlb", "ctxt", "NStgid", "NSpgid", "NSsid", "untag"]
                        .iter()
                        .any(|field| line.contains(field))
                })
                .collect();
            (status.join("\n"), run.stderr)
        };
        let own = shown(world);
        set_up(&["-m", "m", "id", "busy"]).ok();
        assert!(joins(world, &["-i", "id:busy", "-m", "m", "id"]));
        let (joined, said) = shown(world);
        assert_eq!((joined.replace("hostsfile\n", ""), said), own);
        assert!(joined.contains("made-by-root") && joined.contains("CapBnd:\t0000000000000000"), "{joined}");
        let mounts = world.shifter(&["-m", "m", "cat", "/proc/self/mountinfo"]).ok();
        let mounts = mountinfo::parse(mounts.as_bytes());
        let points: BTreeSet<_> = mounts.iter().map(|mount| mount.point.as_path()).collect();
        assert!(points.contains(Path::new("/site")) && !points.contains(Path::new("/srv")), "{points:?}");
        assert!(mounts.iter().all(|mount| mount.options.contains("nosuid")), "{mounts:#?}");
        assert_eq!(world.shifter(&["-m", "m", "suid-id", "-u"]).ok(), format!("{ALICE}\n"));
        unset().ok();
    });
}

#[test]
fn sixty_four_processes_join_at_once() {
    isolated(|_world| {
        set_up(&["id", "busy"]).ok();
        let before = mountinfo::read().unwrap();
        let script = "i=0; while [ $i -lt 64 ]; do /srv/bin/shifter -v -i id:busy id -u 2>>/srv/out/said >>/srv/out/ran & i=$((i+1)); done; wait";
        directory_of("out", ALICE, 0o755);
        let mut command = Command::new("/bin/sh");
        run(ALICE, command.args(["-c", script]).current_dir("/")).ok();
        assert_eq!(fs::read_to_string(at("out/ran")).unwrap(), format!("{ALICE}\n").repeat(64));
        let said = fs::read_to_string(at("out/said")).unwrap();
        assert_eq!(said, "shifter: joined the container of setupRoot\n".repeat(64));
        assert_eq!(mountinfo::read().unwrap(), before);
        unset().ok();
    });
}

#[test]
fn a_second_set_up_is_refused_with_the_job_that_is_there() {
    isolated(|world| {
        set_up(&["id", "busy"]).ok();
        fs::write(at("udi/var/shifterSlurm.jobid"), "4711").unwrap();
        let there = mounted();
        for run in [set_up(&["id", "busy"]), set_up_for("bob", BOB, &["id", "busy"])] {
            let said = run.fails(1);
            assert_eq!(
                said,
                format!(
                    "setupRoot: `/srv/udi` holds a container already, of job 4711, of uid {ALICE}: \
                     {{\"identifier\":\"busy\",\"user\":\"alice\",\"volMap\":\"\",\"modules\":\"\"}}; unsetupRoot takes it away\n"
                )
            );
        }
        assert_eq!(mounted(), there);
        assert!(joins(world, &["-i", "id:busy", "id"]));
        unset().ok();
        assert_eq!(mounted(), []);
        set_up_for("bob", BOB, &["id", "busy"]).ok();
        assert!(!joins(world, &["-i", "id:busy", "id"]));
        unset().ok();
    });
}

#[test]
fn who_is_inside_when_it_is_taken_away_keeps_it_and_is_named() {
    isolated(|_world| {
        set_up(&["id", "busy"]).ok();
        let inside = Inside::start(&["-i", "id:busy"]);
        let pid = inside.0.id();
        let said = unset().fails(1);
        assert_eq!(
            said,
            format!(
                "unsetupRoot: the container is unmounted, but processes keep it, which are not ended here:\n\
                 unsetupRoot:   pid {pid} (`sh`, uid {ALICE}): it is in its mount namespace\n"
            )
        );
        assert_eq!(mounted(), []);
        let root = format!("/proc/{pid}/root");
        assert!(Path::new(&root).join("bin/sh").exists(), "the container is whole for him");
        assert!(Path::new(&root).join("proc/self/status").exists());
        // The next job has the place, and the one who is left keeps the old one.
        set_up_for("bob", BOB, &["id", "busy"]).ok();
        drop(inside);
        unset().ok();
        assert_eq!(mounted(), []);
    });
}

#[test]
fn who_went_in_without_joining_is_named_too() {
    isolated(|_world| {
        for (script, how) in [
            ("cd /srv/udi; echo ready; read line", "its working directory is in it"),
            ("exec 7</srv/udi/bin/sh; echo ready; read line", "it has a file open in it"),
            ("exec chroot /srv/udi /bin/sh -c 'cd /; echo ready; read line'", "its root is in it"),
        ] {
            set_up(&["id", "busy"]).ok();
            let mut command = Command::new("/bin/sh");
            command.args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped());
            let mut inside = Inside(command.spawn().unwrap());
            std::io::Read::read_exact(inside.0.stdout.as_mut().unwrap(), &mut [0; 6]).unwrap();
            let said = unset().fails(1);
            assert!(said.contains(&format!("pid {} (`sh`, uid 0): {how}\n", inside.0.id())), "{said}");
            assert_eq!(mounted(), []);
        }
        unset().ok();
    });
}

#[test]
fn what_is_not_ours_is_never_unmounted() {
    isolated(|_world| {
        let tmpfs = || mount::new("tmpfs", &[Parameter::Text("mode", "0755".as_ref())], Attributes::NONE).unwrap();
        let place = || open::host(Path::new("/srv/udi"), For::Place).unwrap();
        mount::attach(tmpfs(), place()).unwrap();
        let alone = mounted();
        assert_eq!(
            set_up(&["id", "busy"]).fails(1),
            "setupRoot: something that setupRoot did not make is mounted at `/srv/udi` (key udiMount)\n"
        );
        let run = unset();
        assert_eq!(
            run.stderr,
            "unsetupRoot: a tmpfs that setupRoot did not mount is at `/srv/udi`; it is left there\n"
        );
        run.ok();
        assert_eq!(mounted(), alone);
        mount::detach(place()).unwrap();

        set_up(&["id", "busy"]).ok();
        mount::attach(tmpfs(), place()).unwrap();
        let covered = mounted();
        let said = unset().fails(1);
        assert!(said.contains("a tmpfs that setupRoot did not mount covers what is mounted at `/srv/udi`"), "{said}");
        assert_eq!(mounted(), covered);
        mount::detach(place()).unwrap();
        unset().ok();
        assert_eq!(mounted(), []);
    });
}

#[test]
fn nothing_a_user_asks_for_through_root_is_more_than_he_may() {
    isolated(|world| {
        image::install("private", "USERACL: 11200\n");
        directory_of("host/bobs/deep", BOB, 0o755);
        directory_of("host/bobs", BOB, 0o700);
        world.configure("siteFs=/srv/host:/site\nallowLocalChroot=1\nimageOwner=0");
        let wrong = |words: &[&str], why: &str| {
            let said = set_up(words).fails(1);
            assert!(said.contains(why), "{words:?}: {said}");
            assert_eq!(mounted(), [], "{words:?}");
        };
        wrong(&["id", "private"], "you may not use it");
        wrong(&["-v", "/site/bobs/deep:/data", "id", "busy"], "Permission denied");
        wrong(&["-v", "/tmp:/etc/x", "id", "busy"], "nothing may be mounted there");
        wrong(&["local", "/srv/host/bobs"], "cannot open `/srv/host/bobs` as you");
        wrong(&["-m", "x", "id", "busy"], "no module is called `x`");
        wrong(&["id", "../busy"], "../busy");
        wrong(&["id", "missing"], "there is no image `id:missing`");
        wrong(&["-s", "ssh-rsa KEY", "id", "busy"], "option -s: not a public key of the form `ssh-ed25519 AAAA");
        wrong(&["-u", "bob", "id", "busy"], "uid 11100 is `alice`, not `bob` (options -U and -u)");
        wrong(&["-U", "11999", "id", "busy"], "no user has uid 11999");
        for ids in [["0", "11100"], ["11100", "0"], ["4294967295", "11100"], ["11100", "4294967295"]] {
            wrong(&["-U", ids[0], "-G", ids[1], "id", "busy"], "no container is made for uid 0, gid 0 or 4294967295");
        }
        set_up_for("bob", BOB, &["-v", "/site/bobs/deep:/data", "id", "private"]).ok();
        unset().ok();
    });
}

#[test]
fn only_root_calls_these_programs_and_its_environment_is_not_looked_at() {
    isolated(|_world| {
        for (program, words) in [(SETUP, &["-U1", "-G1", "-uada", "id", "busy"][..]), (UNSETUP, &[])] {
            let copy = at("bin").join(Path::new(program).file_name().unwrap());
            fs::copy(program, &copy).unwrap();
            for mode in [0o755, 0o4755] {
                fs::set_permissions(&copy, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
                let said = run(ALICE, Command::new(&copy).args(words).current_dir("/")).fails(1);
                assert!(said.ends_with("only root itself may call this; users call shifter\n"), "{said}");
            }
        }
        let mut command = Command::new(SETUP);
        command.args(["-U11100", "-G11100", "-ualice", "id", "busy"]);
        for name in ["SHIFTER_IMAGE", "SHIFTER_VOLUME", "SHIFTER_MODULE", "SHIFTER_CONFIG", "SHIFTER_IMAGETYPE"] {
            command.env(name, "wrong");
        }
        run(0, command).ok();
        let said = run(0, Command::new(UNSETUP).arg("-f").current_dir("/")).fails(1);
        assert_eq!(said, "unsetupRoot: unsetupRoot takes no arguments\n");
        unset().ok();
    });
}

#[test]
fn a_user_made_record_is_no_container() {
    isolated(|world| {
        let record = "{\"identifier\":\"busy\",\"user\":\"alice\",\"volMap\":\"\",\"modules\":\"\"}\n";
        // As a file of his, on a mount of his, and as root's without the mark.
        for uid in [ALICE, 0] {
            let forged = directory_of("forged/var", uid, 0o755);
            fs::write(forged.join("shifterConfig.json"), record).unwrap();
            std::os::unix::fs::chown(forged.join("shifterConfig.json"), Some(uid), None).unwrap();
            let copy = mount::clone_at(open::host(&at("forged"), For::Place).unwrap(), Depth::One).unwrap();
            mount::attach(copy, open::host(&at("udi"), For::Place).unwrap()).unwrap();
            assert!(!joins(world, &["-i", "id:busy", "id"]));
            mount::detach(open::host(&at("udi"), For::Place).unwrap()).unwrap();
        }
        // In a user namespace he can mount what he likes at udiMount; but not mark it, and no program is setuid there.
        let child = process::in_child(|| {
            identity::set_group(Triple::all(ALICE)).unwrap();
            identity::set_user(Triple::all(ALICE)).unwrap();
            if let Err(error) = process::new_user_and_mount_namespace(ALICE, ALICE) {
                eprintln!("skipped in part: {error}");
                return 0;
            }
            let forged = mount::new("tmpfs", &[Parameter::Text("mode", "0755".as_ref())], Attributes::NONE).unwrap();
            mount::attach(forged, open::host(&at("udi"), For::Place).unwrap()).unwrap();
            fs::create_dir(at("udi/var")).unwrap();
            fs::write(at("udi/var/shifterConfig.json"), record).unwrap();
            let file = open::host(&at("udi/var/shifterConfig.json"), For::Reading).unwrap();
            assert_eq!(
                node::set_attribute(file, "trusted.shifter.setup", b"uid=11100").unwrap_err().errno,
                Errno::PERM
            );
            let mut start = Command::new(at("bin/shifter"));
            let said = start.args(["-v", "-i", "id:busy", "id"]).current_dir("/").output().unwrap();
            let text = String::from_utf8_lossy(&said.stderr).into_owned();
            assert!(!said.status.success() && !text.contains("joined"), "{text}");
            0
        });
        assert_eq!(process::wait(child.unwrap()).unwrap(), process::Ended::Exited(0));
    });
}

#[test]
fn a_local_image_is_joined_with_the_same_groups_only() {
    isolated(|world| {
        world.configure("allowLocalChroot=1");
        if !fs::read_to_string("/etc/group").unwrap().contains("staff-of-test") {
            let users = format!("{}alice:x:11100:11100::/:/bin/sh\n", fs::read_to_string("/etc/passwd").unwrap());
            let groups = format!("{}staff-of-test:x:11027:alice\n", fs::read_to_string("/etc/group").unwrap());
            fs::write("/etc/passwd", users).unwrap();
            fs::write("/etc/group", groups).unwrap();
        }
        set_up(&["local", "/"]).ok();
        assert!(at("udi/usr/bin").exists());
        let start = ["-i", "local:/", "/bin/id", "-u"];
        assert!(joins(world, &start));
        let mut command = Command::new("setpriv");
        command.args(["--reuid=11100", "--regid=11100", "--groups=11029", "/srv/bin/shifter", "-v"]).args(start);
        let other = run(0, command.current_dir("/"));
        assert!(other.stderr.contains("is not joined: the user's groups are others"), "{other:?}");
        assert_eq!(other.ok(), format!("{ALICE}\n"));
        unset().ok();
        assert_eq!(mounted(), []);
    });
}

#[test]
fn a_plugin_that_is_root_joins_for_its_user_alone() {
    isolated(|_world| {
        set_up(&["id", "busy"]).ok();
        let conf = shifter::config::load_installed().unwrap();
        let joined = |uid: u32| {
            let child = process::in_child(|| match shifter::attach::join_for(uid, &conf).unwrap() {
                shifter::attach::Joined::Yes => i32::from(!Path::new("/var/shifterConfig.json").exists()),
                shifter::attach::Joined::NoneThere => 10,
                shifter::attach::Joined::Differs(_) => 11,
            });
            process::wait(child.unwrap()).unwrap()
        };
        assert_eq!((joined(ALICE), joined(BOB)), (process::Ended::Exited(0), process::Ended::Exited(11)));
        unset().ok();
        assert_eq!(joined(ALICE), process::Ended::Exited(10));
    });
}

#[test]
fn a_plugin_joins_no_container_of_what_the_site_denies_by_now() {
    isolated(|world| {
        world.configure("module_m_siteEnv=A=1\nmodule_n_siteEnv=A=1");
        set_up(&["-v", "/tmp:/mine", "-m", "m", "id", "busy"]).ok();
        let conf = shifter::config::load_installed().unwrap();
        let said = at("out/said");
        let joined = || {
            let child = process::in_child(|| match shifter::attach::join_for(ALICE, &conf) {
                Ok(joined) => i32::from(joined != shifter::attach::Joined::Yes),
                Err(error) => 20 + i32::from(fs::write(&said, error.to_string()).is_err()),
            });
            process::wait(child.unwrap()).unwrap()
        };
        for (line, what) in [
            ("everything maintenance", "every start is"),
            ("image id:bu* withdrawn", "image `id:busy` is"),
            ("module m broken", "module `m` is"),
            ("volumes being cleaned", "volumes are"),
        ] {
            crate::deny::deny(&format!("{line}\n"));
            assert_eq!(joined(), process::Ended::Exited(20), "{line}");
            let said = fs::read_to_string(&said).unwrap();
            assert!(said.starts_with(&format!("{what} denied here: ")), "{line}: {said}");
        }
        crate::deny::deny("module n broken\nimage id:other withdrawn\n");
        assert_eq!(joined(), process::Ended::Exited(0));
        unset().ok();
    });
}
