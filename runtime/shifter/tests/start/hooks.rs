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
        assert_eq!(run.stderr, "/srv/udi\n", "the output of a hook goes to standard error");
        assert_eq!(fs::read_to_string(at("out/order")).unwrap(), "premount\npostmount\nroothook\n");
        assert_eq!(fs::read_to_string(at("out/id")).unwrap(), "uid=0(root) gid=0(root) groups=0(root)\n");
        assert_eq!(fs::read_to_string(at("out/seen")).unwrap(), "dev\netc\nopt\nproc\nsys\ntmp\nvar\n");
    });
}

#[test]
fn a_hook_has_path_and_nothing_else_of_the_caller() {
    isolated(|world| {
        all(world);
        let prepare = |command: &mut Command| {
            command.env("ENV", "/tmp/evil").env("BASH_ENV", "/tmp/evil").env("SECRET", "1");
        };
        world.run_as(ALICE, prepare, &["-i", "id:busy", "id"]).ok();
        let environment = fs::read_to_string(at("out/environment")).unwrap();
        let names: Vec<&str> = environment.lines().filter_map(|line| line.split('=').next()).collect();
        // The shell itself sets PWD and the like.
        assert!(names.iter().all(|name| ["PATH", "PWD", "OLDPWD", "SHLVL", "_"].contains(name)), "{environment}");
        assert!(environment.contains("PATH=/usr/bin:/usr/sbin:/bin:/sbin\n"), "{environment}");
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
        let hook = script("premount", "echo broken >&2; exit 9");
        world.configure(&format!("sitePreMountHook={hook}"));
        assert_eq!(
            world.shifter(&["id"]).fails(1),
            "broken\n\
             shifter: cannot build the container: step `run sitePreMountHook /srv/hooks/premount` failed\n\
             shifter:   because: `/srv/hooks/premount` ended with status 9\n"
        );
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
        assert_eq!(run.ok(), format!("{ALICE}\n/open\n[]\nno home\ncommand\n"));
        write("host/hook", "exit 4\n");
        assert!(world.shifter(&["id"]).fails(1).contains("the module's hook `/data/hook` failed"));
    });
}
