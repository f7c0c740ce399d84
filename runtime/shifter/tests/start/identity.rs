//! Who the user is by name: what his job brought, what the site has, what libc knows. And very many groups.

use std::fmt::Write as _;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::process::Command;

use shifter_sys::identity::{self, Triple};
use shifter_sys::process;

use crate::world::{ALICE, Run, STAFF, World, alice_is_known_to_the_host, at, directory_of, isolated, run, write};

const ALICES_LINES: &str = "alice:x:11100:11100:A:/home/alice:/bin/sh\nalice:x:11100:\n\
    crew:x:11027:bob,alice\nother:x:11029:bob\n";

/// A site whose own files do not know alice, with the file that her job brought.
fn site(world: &World, lines: &str) {
    write("etc/passwd", "root:x:0:0:r:/root:/bin/sh\n");
    write("etc/group", "root:x:0:\n");
    write(&format!("identity/{ALICE}"), ALICES_LINES);
    world.configure(&format!("identityPath=/srv/identity\n{lines}"));
}

/// What alice's start calls, by strace(1).
fn traced(calls: &str) -> String {
    let mut command = Command::new("strace");
    command.args(["-f", "-u", "alice", "-o", "/srv/out/trace", "-e", &format!("trace={calls}")]);
    command.args(["/srv/bin/shifter", "-i", "id:busy", "id", "-un"]).current_dir("/");
    let output = command.output().expect("install the package `strace`");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "alice\n", "{}", String::from_utf8_lossy(&output.stderr));
    fs::read_to_string(at("out/trace")).unwrap()
}

#[test]
fn what_the_job_brought_is_read_and_nobody_is_asked() {
    isolated(|world| {
        alice_is_known_to_the_host();
        for how in ["populateEtcDynamically=1\nusersToImport=daemon", "allowLibcPwdCalls=1"] {
            site(world, how);
            let before_command =
                |trace: String| trace.split("execve(\"/bin/id\"").next().unwrap_or_default().to_owned();
            let trace = before_command(traced("%process,openat,openat2,socket,connect"));
            assert!(trace.contains("/srv/identity/11100\""), "{trace}");
            for forked in ["fork(", "clone(", "clone3("] {
                assert!(!trace.contains(forked), "{how}: {trace}");
            }
            for asked in ["\"/etc/nsswitch.conf", "libnss", "ldap", "sss", "nscd"] {
                assert!(!trace.contains(asked), "{how}, {asked}: {trace}");
            }
            // The only one to connect to is the log.
            assert!(trace.lines().all(|line| !line.contains("connect(") || line.contains("/dev/log")), "{trace}");
        }
        // The same start without the file does ask: so the trace shows what it is to show.
        fs::remove_file(at("identity/11100")).unwrap();
        let trace = traced("%process,openat,openat2,socket,connect");
        assert!(trace.contains("clone") && trace.contains("\"/etc/nsswitch.conf"), "{trace}");
    });
}

#[test]
fn the_container_has_the_jobs_names_beside_the_sites() {
    isolated(|world| {
        site(world, "");
        assert_eq!(
            world.shifter(&["cat", "/etc/passwd"]).ok(),
            "root:x:0:0:r:/root:/bin/sh\nalice:x:11100:11100:A:/home/alice:/bin/sh\n"
        );
        // Only groups that the kernel says she has; only she is a member.
        let groups = world.shifter(&["cat", "/etc/group"]).ok();
        assert_eq!(groups, "root:x:0:\nalice:x:11100:alice\ncrew:x:11027:alice\n");
        assert_eq!(world.shifter(&["id", "-Gn"]).ok(), "alice crew\n");
        site(world, "populateEtcDynamically=1");
        assert!(world.shifter(&["cat", "/etc/passwd"]).ok().ends_with("alice:x:11100:11100:A:/home/alice:/bin/sh\n"));
        assert_eq!(world.shifter(&["cat", "/etc/group"]).ok(), groups);
    });
}

#[test]
fn a_file_that_root_alone_has_not_written_is_refused() {
    isolated(|world| {
        site(world, "");
        let file = at(&format!("identity/{ALICE}"));
        fs::set_permissions(&file, Permissions::from_mode(0o664)).unwrap();
        assert!(world.shifter(&["id"]).fails(1).contains("`/srv/identity/11100`: writable by group 0"));
        fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
        chown(&file, Some(ALICE), None).unwrap();
        assert!(world.shifter(&["id"]).fails(1).contains("`/srv/identity/11100`: owned by uid 11100, not by root"));
        chown(&file, Some(0), None).unwrap();
        directory_of("identity", ALICE, 0o755);
        assert!(world.shifter(&["id"]).fails(1).contains("`/srv/identity`: owned by uid 11100, not by root"));
        directory_of("identity", 0, 0o1777);
        world.shifter(&["id"]).ok();
        fs::write(&file, "bob:x:11200:11200::/:/bin/sh\n").unwrap();
        let said = world.shifter(&["id"]).fails(1);
        assert_eq!(said, "shifter: `/srv/identity/11100` has no line of passwd(5) for uid 11100 (key identityPath)\n");
    });
}

#[test]
fn without_the_file_the_sites_files_are_next_and_libc_is_last() {
    isolated(|world| {
        site(world, "");
        fs::remove_file(at("identity/11100")).unwrap();
        let said = world.shifter(&["id"]).fails(1);
        assert!(said.contains("no user has uid 11100 in `/srv/etc/passwd` (allowLibcPwdCalls=1 would ask"), "{said}");
        let passwd = fs::read_to_string("/etc/passwd").unwrap();
        fs::write("/etc/passwd", format!("{passwd}alibc:x:{ALICE}:{ALICE}:A:/home/alice:/bin/sh\n")).unwrap();
        site(world, "allowLibcPwdCalls=1");
        assert_eq!(world.shifter(&["id", "-un"]).ok(), "alice\n");
        fs::remove_file(at("identity/11100")).unwrap();
        assert_eq!(world.shifter(&["id", "-un"]).ok(), "alibc\n");
        write("etc/passwd", "root:x:0:0:r:/root:/bin/sh\nafile:x:11100:11100:A:/home/alice:/bin/sh\n");
        assert_eq!(world.shifter(&["id", "-un"]).ok(), "afile\n");
    });
}

/// The first of the many groups.
const FIRST: u32 = 100_000;

/// Runs a start with this many supplementary groups.
fn with_groups(count: u32, words: &[&str]) -> Run {
    let groups: Vec<u32> = (FIRST..FIRST + count).collect();
    let mut command = Command::new("/srv/bin/shifter");
    command.arg("-i").arg("id:busy").args(words).current_dir("/").env_clear();
    run_with(&groups, command)
}

fn run_with(groups: &[u32], mut command: Command) -> Run {
    use std::os::unix::process::CommandExt as _;
    let (out, err) = (at("out/stdout"), at("out/stderr"));
    command.stdout(fs::File::create(&out).unwrap()).stderr(fs::File::create(&err).unwrap());
    let child = process::in_child(|| {
        identity::set_groups(groups).unwrap();
        identity::set_group(Triple::all(ALICE)).unwrap();
        identity::set_user(Triple::all(ALICE)).unwrap();
        eprintln!("{}", command.exec());
        99
    });
    let ended = process::wait(child.unwrap()).unwrap();
    let read = |path| String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
    Run { ended, stdout: read(out), stderr: read(err) }
}

#[test]
fn a_user_in_three_thousand_groups_has_all_of_them_with_their_names() {
    isolated(|world| {
        let mut lines = ALICES_LINES.to_owned();
        for gid in FIRST..FIRST + 3000 {
            writeln!(lines, "project{gid}:x:{gid}:alice").unwrap();
        }
        site(world, "");
        write(&format!("identity/{ALICE}"), &lines);
        world.write_conf(&fs::read_to_string("/etc/shifter/udiRoot.conf").unwrap().replace("Count=31", "Count=2000"));
        assert_eq!(with_groups(3000, &["id", "-G"]).ok().split_whitespace().count(), 3001);
        let names = with_groups(3000, &["id", "-Gn"]).ok();
        assert!(names.contains("project102999") && names.split_whitespace().count() == 3001, "{names}");
        let groups = with_groups(3000, &["cat", "/etc/group"]).ok();
        // The primary group, which has his name, is the first of the 2000.
        assert_eq!(groups.lines().filter(|line| line.ends_with(":alice")).count(), 2000);
        assert_eq!(groups.lines().count(), 2 + 3000);
    });
}

#[test]
fn as_many_groups_as_the_kernel_gives_are_kept() {
    isolated(|world| {
        site(world, "");
        let ids = with_groups(65_536, &["cat", "/proc/self/status"]).ok();
        let groups = ids.lines().find_map(|line| line.strip_prefix("Groups:")).unwrap();
        assert_eq!(groups.split_whitespace().count(), 65_536);
    });
}

#[test]
fn a_group_file_of_ten_thousand_lines_and_a_line_of_two_million_letters_are_read_whole() {
    isolated(|world| {
        let mut group = "root:x:0:\n".to_owned();
        for gid in FIRST..FIRST + 10_000 {
            writeln!(group, "project{gid}:x:{gid}:bob,alice").unwrap();
        }
        let mut members: String = (0..200_000).fold(String::new(), |text, n| text + &format!("user{n:06},"));
        members += "alice";
        writeln!(group, "everybody:x:{STAFF}:{members}").unwrap();
        write("etc/group", &group);
        world.write_conf(&world.conf.lines.replace("maxGroupCount=31", "maxGroupCount=20000"));
        let groups = world.shifter(&["cat", "/etc/group"]).ok();
        assert_eq!(groups.lines().filter(|line| line.ends_with(":alice")).count(), 10_001);
        assert!(groups.ends_with(&format!("everybody:x:{STAFF}:alice\n")));

        // The same by libc, whose buffer has to grow.
        for (file, lines) in [("/etc/passwd", "alice:x:11100:11100:A:/home/alice:/bin/sh\n"), ("/etc/group", &group)] {
            let before = fs::read_to_string(file).unwrap();
            fs::write(file, format!("{before}{lines}")).unwrap();
        }
        world.configure("populateEtcDynamically=1");
        assert!(world.shifter(&["cat", "/etc/group"]).ok().contains(&format!("\neverybody:x:{STAFF}:\n")));
    });
}

#[test]
fn a_user_without_a_name_on_the_host_runs_by_the_jobs_file() {
    isolated(|world| {
        site(world, "home=none");
        let mut command = Command::new("/srv/bin/shifter");
        command.args(["-i", "id:busy", "ls", "-d", "/home/alice"]).current_dir("/").env_clear();
        assert_eq!(run(ALICE, command).ok(), "/home/alice\n");
    });
}
