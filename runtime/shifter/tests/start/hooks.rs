use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::process::{Command, Stdio};

use crate::world::{ALICE, World, at, isolated, write};

/// A script that notes that it ran; `more` is run too.
fn script(name: &str, more: &str) -> String {
    write(&format!("hooks/{name}"), &format!("echo {name} >>/srv/out/order\n{more}\n")).display().to_string()
}

fn all(world: &World) {
    let lines = format!(
        "sitePreMountHook={}\nsitePostMountHook={}\nmodule_m_roothook={}\nsiteFs=/srv/host:/host\ndefaultModules=m",
        script("premount", "pwd; env >/srv/out/environment; ls -A . >/srv/out/seen; [ ! -e host ]; id >/srv/out/id"),
        script("postmount", "[ -e host/marker ] && [ ! -e data ]"),
        script("roothook", "[ -e etc/passwd ] && [ ! -e dev/null ]"),
    );
    fs::write(at("host/marker"), "").unwrap();
    world.configure(&lines);
}

#[test]
fn hooks_run_in_order_as_root_in_the_tree_of_the_site() {
    isolated(|world| {
        all(world);
        let run = world.shifter(&["id", "-u"]);
        assert_eq!(run.stdout, format!("{ALICE}\n"), "{run:?}");
        assert_eq!(run.stderr, "sitePreMountHook: /srv/udi\n", "the output of a hook goes to standard error");
        assert_eq!(fs::read_to_string(at("out/order")).unwrap(), "premount\npostmount\nroothook\n");
        assert_eq!(fs::read_to_string(at("out/id")).unwrap(), "uid=0(root) gid=0(root) groups=0(root)\n");
        assert_eq!(fs::read_to_string(at("out/seen")).unwrap(), "dev\netc\nopt\nproc\nsys\ntmp\nvar\n");
    });
}

#[test]
fn a_hook_is_told_of_the_start_and_has_nothing_of_the_caller() {
    isolated(|world| {
        all(world);
        let prepare = |command: &mut Command| {
            command.env("ENV", "/tmp/evil").env("BASH_ENV", "/tmp/evil").env("SECRET", "1");
            command.env("SHIFTER_USER", "mischief").env("SHIFTER_PHASE", "mischief");
        };
        world.run_as(ALICE, prepare, &["-i", "id:busy", "id"]).ok();
        let environment = fs::read_to_string(at("out/environment")).unwrap();
        let names: Vec<&str> = environment.lines().filter_map(|line| line.split('=').next()).collect();
        // The shell itself sets PWD and the like.
        let of_shell = ["PATH", "PWD", "OLDPWD", "SHLVL", "_"];
        assert!(names.iter().all(|name| of_shell.contains(name) || name.starts_with("SHIFTER_")), "{environment}");
        for told in [
            "PATH=/usr/bin:/usr/sbin:/bin:/sbin",
            "SHIFTER_PHASE=premount",
            "SHIFTER_MODULES=m",
            "SHIFTER_SYSTEM=test",
            "SHIFTER_UDIMOUNT=/srv/udi",
            "SHIFTER_IMAGE=busy",
            "SHIFTER_IMAGEREQUEST=id:busy",
            "SHIFTER_USER=alice",
            "SHIFTER_UID=11100",
            "SHIFTER_GID=11100",
        ] {
            assert!(environment.lines().any(|line| line == told), "{told}: {environment}");
        }
        // What the caller calls the same is not believed.
        assert!(!environment.contains("mischief") && !environment.contains("SECRET"), "{environment}");
    });
}

#[test]
fn a_hook_has_no_descriptor_and_no_input_of_the_caller() {
    isolated(|world| {
        let hook = script("premount", "ls /proc/self/fd >/srv/out/fds; cat >/srv/out/input");
        world.configure(&format!("sitePreMountHook={hook}"));
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "exec 7</etc/hostname; echo typed | exec /srv/bin/shifter -i id:busy /bin/cat"]);
        assert_eq!(crate::world::run(ALICE, command.stdin(Stdio::null())).ok(), "typed\n");
        assert_eq!(fs::read_to_string(at("out/fds")).unwrap(), "0\n1\n2\n3\n", "3 is the directory that ls reads");
        assert_eq!(fs::read_to_string(at("out/input")).unwrap(), "");
    });
}

#[test]
fn a_hook_that_fails_stops_the_start() {
    isolated(|world| {
        let hook = script("premount", "echo broken >/dev/stderr; exit 9");
        world.configure(&format!("sitePreMountHook={hook}"));
        assert_eq!(
            world.shifter(&["id"]).fails(1),
            "sitePreMountHook: broken\n\
             shifter: cannot build the container: step `run sitePreMountHook /srv/hooks/premount` failed\n\
             shifter:   because: `/srv/hooks/premount` ended with status 9\n"
        );
        script("premount", "kill -SEGV $$");
        let said = world.shifter(&["id"]).fails(1);
        assert!(said.ends_with("`/srv/hooks/premount` was ended by signal 11 (SIGSEGV)\n"), "{said}");
    });
}

#[test]
fn what_a_hook_says_is_shown_behind_its_name_and_only_so_much() {
    isolated(|world| {
        let hook = script(
            "premount",
            "i=0; while [ $i -lt 9000 ]; do echo 'a line of forty characters, give or take'; i=$((i+1)); done; printf end >&2",
        );
        let of_module = script("roothook", "echo loaded");
        world.configure(&format!("sitePreMountHook={hook}\nmodule_m_roothook={of_module}\ndefaultModules=m"));
        let run = world.shifter(&["id", "-un"]);
        assert_eq!(run.stdout, "alice\n");
        let lines: Vec<&str> = run.stderr.lines().collect();
        assert_eq!(lines[0], "sitePreMountHook: a line of forty characters, give or take");
        assert_eq!(lines[lines.len() - 2], "sitePreMountHook: (more than 262144 bytes are not shown)");
        assert_eq!(lines[lines.len() - 1], "module_m_roothook: loaded");
    });
}

#[test]
fn a_start_that_is_killed_does_not_end_a_hook_in_the_middle() {
    isolated(|world| {
        let hook = script(
            "premount",
            "i=0; while [ $i -lt 3000 ]; do echo said || exit 7; i=$((i+1)); [ $i = 10 ] || continue; echo >/srv/out/ready; \
             j=0; until [ -e /srv/out/killed ] || [ $j -gt 3000 ]; do sleep 0.01; j=$((j+1)); done; done; echo whole >/srv/out/whole",
        );
        world.configure(&format!("sitePreMountHook={hook}"));
        let words = "/srv/bin/shifter -i id:busy id & i=0; \
            until [ -e /srv/out/ready ] || [ $i -gt 3000 ]; do sleep 0.01; i=$((i+1)); done; kill -9 $!; wait $!";
        let mut command = Command::new("/bin/sh");
        crate::world::run(ALICE, command.args(["-c", words]));
        fs::write(at("out/killed"), "").unwrap();
        let is_whole = || fs::read_to_string(at("out/whole")).is_ok_and(|text| text == "whole\n");
        let goes_on = (0..6000).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(10));
            is_whole()
        });
        assert!(goes_on, "{:?}", fs::read_to_string(at("out/whole")));
    });
}

#[test]
fn a_hook_that_others_can_write_is_refused() {
    isolated(|world| {
        let hook = script("premount", "");
        world.configure(&format!("sitePreMountHook={hook}"));
        fs::set_permissions(&hook, Permissions::from_mode(0o664)).unwrap();
        assert!(world.shifter(&["id"]).fails(1).contains("writable by group 0"));
        fs::set_permissions(&hook, Permissions::from_mode(0o644)).unwrap();
        chown(&hook, Some(ALICE), None).unwrap();
        assert!(world.shifter(&["id"]).fails(1).contains("owned by uid"));
        assert!(!at("out/order").exists());
    });
}

#[test]
fn what_a_hook_mounts_and_links_is_in_the_container() {
    isolated(|world| {
        write("host/bound/file", "bound\n");
        let hook = script(
            "premount",
            "mkdir -p made/by/hook; mount --bind /srv/host/bound made/by/hook; ln -s made/by/hook data",
        );
        world.configure(&format!("sitePreMountHook={hook}"));
        assert_eq!(world.shifter(&["cat", "/data/file", "/made/by/hook/file"]).ok(), "bound\nbound\n");
    });
}

#[test]
fn a_users_hook_runs_as_the_user_in_the_container() {
    isolated(|world| {
        world.configure("module_m_userhook=/data/hook\ndefaultModules=m\nsiteFs=/srv/host:/data");
        write("host/hook", "id -u; pwd; read line; echo \"[$line]\"; echo ${HOME-no home}; exit ${STATUS-0}\n");
        let run = world.shifter(&["-w/open", "/bin/sh", "-c", "echo command"]);
        let said: String = [&ALICE.to_string(), "/open", "[]", "no home"]
            .iter()
            .map(|line| format!("module_m_userhook: {line}\n"))
            .collect();
        assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("command\n", said.as_str()));
        write("host/hook", "echo $SHIFTER_PHASE $SHIFTER_MODULE $SHIFTER_IMAGE ${SHIFTER_UDIMOUNT-none}; exit 4\n");
        assert_eq!(
            world.shifter(&["id"]).fails(1),
            "module_m_userhook: userhook m busy none\nshifter: the module's hook `/data/hook` ended with status 4\n"
        );
    });
}

/// What was found to be root's alone before a script is not believed to be so after it.
#[test]
fn a_directory_that_a_script_mounts_over_is_judged_again() {
    isolated(|world| {
        let cover = "mount -t tmpfs -o mode=777 none /srv/hooks && echo >/srv/hooks/second";
        let (first, second) = (script("first", cover), script("second", ""));
        world.configure(&format!("sitePreMountHook={first}\nsitePostMountHook={second}"));
        let said = world.shifter(&["id"]).fails(1);
        assert!(said.contains("`/srv/hooks`: writable by everybody"), "{said}");
        assert_eq!(fs::read_to_string(at("out/order")).unwrap(), "first\n");
    });
}
