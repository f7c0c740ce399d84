//! `setupRoot -s`: `ssh` to a host of the job arrives in the job's container, and nothing is left of it afterwards.
//!
//! The image is the host's own root (`local:/`), so the client is Debian's, as it is in an image that has one.

use std::fs::{self, Permissions};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use shifter_formats::job_key::JobKey;

use crate::setup::{SETUP, joins, mounted, set_up, unset};
use crate::world::{ALICE, BOB, Run, World, at, directory_of, isolated, run, write};

/// The daemon's program, which the workspace's tests have built; built here where only this crate's were asked for.
fn built() -> PathBuf {
    let program = Path::new(SETUP).with_file_name("shifter-sshd");
    if !program.exists() {
        let mut cargo = Command::new(env!("CARGO"));
        assert!(cargo.args(["build", "--locked", "-p", "shifter-sshd"]).status().unwrap().success());
    }
    program
}

/// A site with an sshd, and alice with a key.
struct Site {
    key: String,
    port: u16,
}

impl Site {
    fn new(world: &World) -> Site {
        crate::node::memory();
        directory_of("home", ALICE, 0o700);
        let passwd =
            "root:x:0:0:r:/root:/bin/sh\nalice:x:11100:11100:A:/srv/home:/bin/sh\nbob:x:11200:11200:B:/:/bin/sh\n";
        write("etc/passwd", passwd);
        fs::write("/etc/passwd", passwd).unwrap();
        // Only a start with the same groups joins a container of the host's own files.
        fs::write("/etc/group", "root:x:0:\nalice:x:11100:\nstaff:x:11027:alice\n").unwrap();
        let program = at("udiImage/sbin/shifter-sshd");
        fs::create_dir_all(program.parent().unwrap()).unwrap();
        fs::copy(built(), &program).unwrap();
        fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        world.configure(&format!("allowLocalChroot=1\nimageOwner=0\noptUdiImage=/srv/udiImage\nsshdPort={port}\n"));
        let mut new_keys = Command::new(program);
        let key = run(ALICE, new_keys.args(["new-keys", "--home", "/srv/home"]).env_clear().current_dir("/")).ok();
        Site { key: key.trim_end().to_owned(), port }
    }

    fn keys(&self) -> PathBuf {
        JobKey::parse(&self.key).unwrap().directory(&at("home"))
    }

    fn set_up(&self) -> Run {
        set_up(&["-s", &self.key, "-N", "nid1/2 localhost/1", "local", "/"])
    }

    fn listens(&self) -> bool {
        TcpStream::connect(("127.0.0.1", self.port)).is_ok()
    }
}

/// `ssh localhost LINE`, by alice in a container that joins.
fn ssh(world: &World, line: &str) -> Run {
    world.start(&["-i", "local:/", "ssh", "-n", "-o", "BatchMode=yes", "localhost", line])
}

/// Takes the container away also where a test fails.
struct Ends;

impl Drop for Ends {
    fn drop(&mut self) {
        unset();
    }
}

/// How many processes have this among the words they were started with.
fn count(word: &str) -> usize {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let has_it = |words: Vec<u8>| words.split(|byte| *byte == 0).any(|found| found == word.as_bytes());
    processes.filter(|process| has_it(fs::read(process.path().join("cmdline")).unwrap_or_default())).count()
}

#[test]
fn ssh_to_a_host_of_the_job_arrives_in_its_container_without_a_right_more() {
    isolated(|world| {
        let site = Site::new(world);
        let _ends = Ends;
        assert_eq!(site.set_up().ok(), "");
        assert!(joins(world, &["-i", "local:/", "id"]));
        fs::write(at("udi/var/note"), "of the job\n").unwrap();
        let said = ssh(world, "cat /var/note; id -u; id -G; echo $SHIFTER_IMAGEREQUEST; cat /var/hostsfile").ok();
        assert_eq!(said, "of the job\n11100\n11100 11027\nlocal:/\nnid1\nnid1\nlocalhost\n");
        let status = ssh(world, "cat /proc/self/status").ok();
        for line in [
            "CapEff:\t0000000000000000",
            "CapBnd:\t0000000000000000",
            "NoNewPrivs:\t1",
            "Uid:\t11100\t11100\t11100\t11100",
        ] {
            assert!(status.contains(line), "{line}: {status}");
        }
        let mounts = ssh(world, "cat /proc/self/mountinfo").ok();
        assert!(!mounts.contains("/srv/udi"), "{mounts}");
        assert_eq!(ssh(world, "exit 5").fails(5), "");
        // Its processes see each other, by a /proc of their own.
        assert_eq!(ssh(world, "cat /proc/1/comm").ok(), "shifter-sshd\n");
        unset().ok();
        assert!(!site.listens());
    });
}

#[test]
fn what_sessions_leave_behind_ends_with_the_container() {
    isolated(|world| {
        let site = Site::new(world);
        let _ends = Ends;
        site.set_up().ok();
        for line in [
            "setsid sleep 7201.25 < /dev/null > /dev/null 2>&1 &",
            "nohup sleep 7201.25 < /dev/null > /dev/null 2>&1 &",
            "(setsid sh -c 'sleep 7201.25 & setsid sleep 7201.25 &' < /dev/null > /dev/null 2>&1 &)",
        ] {
            ssh(world, line).ok();
        }
        for _ in 0..1000 {
            if count("7201.25") == 4 {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        assert_eq!(count("7201.25"), 4);
        // One of somebody else by the same name.
        let mut other =
            Command::new("sleep").arg0("/opt/udiImage/sbin/shifter-sshd").arg("7202.25").uid(BOB).spawn().unwrap();
        let run = unset();
        assert_eq!(run.stderr, "");
        run.ok();
        assert_eq!((count("7201.25"), count("7202.25"), site.listens()), (0, 1, false));
        other.kill().unwrap();
        other.wait().unwrap();
        assert_eq!(mounted().len(), 0);
        assert_eq!(fs::read_dir("/run/shifter/sshd").unwrap().count(), 0);
    });
}

#[test]
fn a_user_who_ends_his_sshd_ends_all_it_started_and_nothing_else() {
    isolated(|world| {
        let site = Site::new(world);
        let _ends = Ends;
        site.set_up().ok();
        ssh(world, "setsid sleep 7203.25 < /dev/null > /dev/null 2>&1 &").ok();
        let note = fs::read_dir("/run/shifter/sshd").unwrap().flatten().find_map(|note| {
            let text = fs::read_to_string(note.path()).unwrap();
            let pid = text.strip_prefix("pid=")?.split(' ').next()?.to_owned();
            fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name == "shifter-sshd\n").then_some(pid)
        });
        let mut kill = Command::new("kill");
        run(ALICE, kill.args(["-9", &note.unwrap()])).ok();
        for _ in 0..1000 {
            if !site.listens() && count("7203.25") == 0 {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        assert_eq!((count("7203.25"), site.listens()), (0, false));
        assert!(joins(world, &["-i", "local:/", "id"]));
        unset().ok();
    });
}

#[test]
fn the_keys_in_the_container_are_the_users_alone_and_no_plan_shows_them() {
    isolated(|world| {
        let site = Site::new(world);
        let _ends = Ends;
        let words = ["-V", "-s", &site.key, "local", "/"];
        let said = set_up(&words);
        assert!(
            said.stderr.contains("file /etc/ssh/shifter/id_ed25519 0600 of uid 11100")
                && !said.stderr.contains("BEGIN"),
            "{said:?}"
        );
        said.ok();
        let key = "/srv/udi/etc/ssh/shifter/id_ed25519";
        run(BOB, Command::new("cat").arg(key).current_dir("/")).fails(1);
        assert!(run(ALICE, Command::new("cat").arg(key).current_dir("/")).ok().contains("BEGIN OPENSSH PRIVATE KEY"));
        unset().ok();
    });
}

#[test]
fn without_a_program_or_the_jobs_keys_nothing_is_set_up() {
    isolated(|world| {
        let site = Site::new(world);
        let refused = |what: &str, why: &str| {
            let said = site.set_up().fails(1);
            assert!(said.contains("option -s: ") && said.contains(why), "{what}: {said}");
            assert_eq!(mounted().len(), 0, "{what}");
            assert!(!site.listens(), "{what}");
        };
        let host = site.keys().join("host_ed25519");
        fs::set_permissions(&host, Permissions::from_mode(0o644)).unwrap();
        refused("readable by all", "is not a file of the user's alone (mode 0600)");
        fs::set_permissions(&host, Permissions::from_mode(0o600)).unwrap();
        chown(&host, Some(BOB), Some(BOB)).unwrap();
        refused("another's", "the user cannot read");
        chown(&host, Some(ALICE), Some(ALICE)).unwrap();
        fs::write(&host, "no key").unwrap();
        refused(
            "no key",
            "the sshd did not begin: shifter-sshd: `/etc/ssh/shifter/host_ed25519` holds no key of ed25519",
        );
        fs::remove_file(&host).unwrap();
        refused("missing", "the user cannot read");
        fs::remove_file(at("udiImage/sbin/shifter-sshd")).unwrap();
        refused("no program", "there is no sshd for containers at `/srv/udiImage/sbin/shifter-sshd`");
        world.configure("allowLocalChroot=1\nimageOwner=0\n");
        refused("no optUdiImage", "udiRoot.conf has no such key");
    });
}
