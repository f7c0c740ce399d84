//! What is tried while the process has rights: tracing it, ending it at the wrong moment, giving its scripts keys.

use std::fs;
use std::process::Command;

use shifter_sys::node;
use shifter_sys::open::{self, For};
use shifter_sys::process::Ended;

use super::{shell, traced};
use crate::world::{ALICE, at, directory_of, isolated, run, write};

/// prctl(2): a change of identity sets what the node has as default, by which a core may be written (core(5)).
#[test]
fn no_core_is_written_and_nobody_traces_after_any_change_of_identity() {
    isolated(|_world| {
        let traced = traced(&["-e", "trace=setresuid,setresgid,setgroups,prctl,openat2"], &["id", "-u"]);
        assert_eq!(run(0, traced).ok(), format!("{ALICE}\n"));
        let trace = fs::read_to_string(at("out/trace")).unwrap();
        let (mut is_hidden, mut opened) = (true, 0);
        for line in trace.lines() {
            match line.split('(').next() {
                Some("setresuid" | "setresgid") => is_hidden = false,
                Some("prctl") if line.contains("PR_SET_DUMPABLE, SUID_DUMP_DISABLE") => is_hidden = true,
                Some("openat2") => {
                    assert!(is_hidden, "{line} in {trace}");
                    opened += 1;
                }
                _ => {}
            }
        }
        assert!(opened > 10, "{trace}");
    });
}

#[test]
fn a_start_that_is_traced_by_its_user_has_no_rights() {
    isolated(|_world| {
        directory_of("out", ALICE, 0o755);
        let run =
            shell("strace -o /srv/out/seen -e trace=setresuid,geteuid,getresuid /srv/bin/shifter -i id:busy id -u");
        let seen = fs::read_to_string(at("out/seen")).unwrap();
        assert!(seen.contains(&format!("getresuid([{ALICE}], [{ALICE}], [{ALICE}])")), "{run:?} {seen}");
    });
}

/// A timer set before the start, and the keys of a terminal, ask for nobody's uid. strace(1) lets the call fail that makes
/// a file without a name.
#[test]
fn what_the_kernel_sends_for_a_user_does_not_end_a_start_while_a_file_has_a_name() {
    isolated(|world| {
        directory_of("cache", 0, 0o700);
        world.configure("mkfsExt4Path=/usr/sbin/mkfs.ext4\nperNodeCachePath=/srv/cache");
        let words = ["-V", "/any:/fast:perNodeCache=size=40M,fs=ext4", "id"];
        let trace_of = |options: &[&str]| {
            run(0, traced(&[&["-e", "trace=openat,unlinkat,rt_sigprocmask"], options].concat(), &words)).ok();
            fs::read_to_string(at("out/trace")).unwrap()
        };
        // The first start leaves a note of its loop device.
        let (_first, trace) = (trace_of(&[]), trace_of(&[]));
        let mut opened = trace.lines().filter(|line| line.starts_with("openat("));
        let nth = 1 + opened.position(|line| line.contains("O_TMPFILE")).unwrap();
        let trace = trace_of(&["-e", &format!("inject=openat:error=EOPNOTSUPP:when={nth}")]);
        let lines: Vec<&str> = trace.lines().collect();
        let made = lines.iter().position(|line| line.contains("perNodeCache_") && line.starts_with("openat(")).unwrap();
        assert!(lines[made - 1].starts_with("rt_sigprocmask(SIG_SETMASK, ~["), "{trace}");
        assert!(lines[made + 1].starts_with("unlinkat("), "{trace}");
        assert!(lines[made + 2].starts_with("rt_sigprocmask(SIG_SETMASK, []"), "{trace}");
        assert_eq!(fs::read_dir(at("cache")).unwrap().count(), 0);
    });
}

#[test]
fn a_script_of_roots_finds_no_key_of_the_callers() {
    isolated(|world| {
        let hook = write("hooks/keys", "cat /proc/keys >/srv/out/keys\n");
        world.configure(&format!("sitePreMountHook={}", hook.display()));
        let (add_key, keyctl) = if cfg!(target_arch = "aarch64") { (217, 219) } else { (248, 250) };
        let with_key = |program: &str| {
            let script = format!(
                "$type = 'user'; $name = 'of-alice'; $text = 'secret'; syscall({keyctl}, 1, 0, 0, 0, 0) > 0 or die \"no keys: $!\"; \
                 syscall({add_key}, $type, $name, $text, 6, -3) > 0 or die \"no key: $!\"; exec {program}"
            );
            let mut command = Command::new("perl");
            command.args(["-e", &script]).env_clear().env("PATH", "/usr/bin:/bin").current_dir("/");
            run(ALICE, command)
        };
        let own = with_key("qw(cat /proc/keys)");
        if own.stderr.contains("no key") {
            eprintln!("skipped: this kernel gives no keys: {}", own.stderr);
            return;
        }
        assert!(own.stdout.contains("of-alice"), "{own:?}");
        // The command is his own process, and has his keys.
        assert!(with_key("qw(/srv/bin/shifter -i id:busy cat /proc/keys)").ok().contains("of-alice"));
        let seen = fs::read_to_string(at("out/keys")).unwrap();
        assert!(!seen.is_empty() && !seen.contains("of-alice"), "{seen}");
    });
}

/// acl(5): the bits of the group are then the mask, and the group is still root's.
#[test]
fn a_directory_that_an_access_list_opens_to_others_is_not_roots_alone() {
    isolated(|world| {
        let hook = write("hooks/hook", ":\n");
        fs::create_dir_all(at("hooks/tree")).unwrap();
        for lines in [format!("sitePreMountHook={}", hook.display()), "module_m_copyPath=/srv/hooks/tree".to_owned()] {
            world.configure(&lines);
            let words: &[&str] = if lines.starts_with("module") { &["-m", "m", "id", "-u"] } else { &["id", "-u"] };
            world.shifter(words).ok();
            // Version 2; owner rwx, alice rwx, group r-x, mask rwx, others r-x: tag, rights, id.
            let mut list = 2_u32.to_le_bytes().to_vec();
            for (tag, rights, id) in
                [(1_u16, 7_u16, u32::MAX), (2, 7, ALICE), (4, 5, u32::MAX), (16, 7, u32::MAX), (32, 5, u32::MAX)]
            {
                list.extend(tag.to_le_bytes().into_iter().chain(rights.to_le_bytes()).chain(id.to_le_bytes()));
            }
            let directory = open::host(&at("hooks"), For::Listing).unwrap();
            node::set_attribute(&directory, "system.posix_acl_access", &list).unwrap();
            assert_eq!(open::facts(&directory).unwrap().mode, 0o775);
            let said = world.shifter(words).fails(1);
            assert!(said.contains("`/srv/hooks`: writable by those whom its access control list names"), "{said}");
            fs::remove_dir_all(at("hooks.gone")).ok();
            fs::rename(at("hooks"), at("hooks.gone")).unwrap();
            write("hooks/hook", ":\n");
            fs::create_dir_all(at("hooks/tree")).unwrap();
        }
    });
}

#[test]
fn a_user_namespace_that_the_site_denies_is_not_made() {
    isolated(|world| {
        world.configure("allowLocalChroot=1");
        let allowed = world.start(&["-i", "local:/", "unshare", "-U", "true"]);
        if allowed.ended != Ended::Exited(0) {
            eprintln!("skipped: users make no user namespaces here: {}", allowed.stderr);
            return;
        }
        world.configure("allowLocalChroot=1\nuserNamespaces=deny");
        for words in [["unshare", "-U", "true"], ["unshare", "-Ur", "true"]] {
            let said = world.start(&[&["-i", "local:/"], &words[..]].concat()).fails(1);
            assert!(said.contains("Operation not permitted"), "{said}");
        }
        assert_eq!(world.start(&["-i", "local:/", "id", "-u"]).ok(), format!("{ALICE}\n"));
    });
}

/// The first line of /proc/thread-self/status is the name of the process, which is that of the file it was called by.
#[test]
fn a_name_with_a_line_of_its_own_says_nothing_of_rights() {
    isolated(|_world| {
        for line in ["CapBnd:\t0", "CapEff:\t0", "Uid:\t0 0 0 0"] {
            let program = at("out").join(format!("x\n{line}"));
            std::os::unix::fs::symlink(at("bin/shifter"), &program).unwrap();
            let mut command = Command::new(program);
            command.args(["-i", "id:busy", "cat", "/proc/self/status"]).env_clear().current_dir("/");
            let status = run(ALICE, command.env("PATH", "/usr/bin:/bin")).ok();
            assert!(status.contains("\nCapBnd:\t0000000000000000\n"), "{line:?}: {status}");
            assert!(status.contains(&format!("\nUid:\t{ALICE}\t{ALICE}\t{ALICE}\t{ALICE}\n")), "{line:?}: {status}");
        }
    });
}
