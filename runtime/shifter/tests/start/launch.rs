use std::fs;
use std::process::{Command, Stdio};

use shifter_sys::process::Ended;

use crate::image;
use crate::world::{ALICE, directory_of, run, with_and_without_privilege, write};

#[test]
fn the_status_is_the_commands_or_says_why_there_was_none() {
    with_and_without_privilege(|world| {
        assert_eq!(world.shifter(&["/bin/sh", "-c", "exit 42"]).ended, Ended::Exited(42));
        assert_eq!(world.shifter(&["/bin/sh", "-c", "kill -9 $$"]).ended, Ended::Killed(9));
        assert_eq!(world.shifter(&["missing"]).fails(127), "shifter: missing: No such file or directory\n");
        assert_eq!(world.shifter(&["/data/file/x"]).fails(127), "shifter: /data/file/x: Not a directory\n");
        assert_eq!(
            world.shifter(&["not-executable"]).fails(126),
            "shifter: cannot start not-executable: it is not executable (mode 0644)\n"
        );
        assert_eq!(world.shifter(&["/root/x"]).fails(126), "shifter: /root/x: Permission denied\n");
        assert!(
            world.start(&["--image", "id:gone", "id"]).fails(1).starts_with("shifter: there is no image `id:gone`")
        );
        assert!(world.start(&["--imagine"]).fails(1).starts_with("shifter: unknown option `--imagine`"));
    });
}

#[test]
fn a_text_without_interpreter_is_given_to_the_shell() {
    with_and_without_privilege(|world| assert_eq!(world.shifter(&["no-interpreter", "x"]).ok(), "ran by sh: x\n"));
}

#[test]
fn help_and_version_need_no_privilege_and_no_config() {
    with_and_without_privilege(|world| {
        fs::remove_file("/etc/shifter/udiRoot.conf").unwrap();
        for uid in [0, ALICE] {
            assert!(world.run_as(uid, |_| {}, &["--help"]).ok().starts_with("Usage: shifter [OPTION]"));
            assert!(world.run_as(uid, |_| {}, &["--version"]).ok().starts_with("shifter "));
        }
    });
}

#[test]
fn the_command_starts_where_the_caller_is_if_the_container_has_it() {
    with_and_without_privilege(|world| {
        image::install("there", "WORKDIR: /work\n");
        let from = |directory: &'static str, words: &[&str]| {
            let prepare = move |command: &mut Command| {
                command.current_dir(directory);
            };
            world.run_as(ALICE, prepare, &[&["-i", "id:there"], words].concat())
        };
        assert_eq!(from("/tmp", &["pwd"]).ok(), "/tmp\n");
        assert_eq!(from("/tmp", &["-w/data", "pwd"]).ok(), "/data\n");
        assert_eq!(from("/tmp", &["-w", "pwd"]).ok(), "/work\n");
        let gone = from("/srv", &["pwd"]);
        assert_eq!(
            gone.stderr,
            "shifter: cannot enter `/srv` in the container (No such file or directory); staying in /\n"
        );
        assert_eq!(gone.ok(), "/\n");
        assert!(world.shifter(&["-w", "pwd"]).fails(1).contains("the image has no working directory"));
    });
}

#[test]
fn the_entry_point_of_the_image_runs_when_asked_for() {
    with_and_without_privilege(|world| {
        image::install("entry", "ENTRY: ['/bin/sh', '-c', 'pwd; echo \"$@\"', 'sh']\nCMD: ['from', 'cmd']\n");
        assert_eq!(world.start(&["-i", "id:entry", "--entrypoint"]).ok(), "/\nfrom cmd\n");
        assert_eq!(world.start(&["-i", "id:entry", "--entrypoint", "from", "us"]).ok(), "/\nfrom us\n");
        assert_eq!(world.start(&["-i", "id:entry", "--entrypoint=/bin/id", "--", "-u"]).ok(), format!("{ALICE}\n"));
        assert!(world.shifter(&["--entrypoint"]).fails(1).contains("the image has no entry point"));
    });
}

#[test]
fn without_a_command_the_shell_runs() {
    with_and_without_privilege(|world| {
        let prepare = |command: &mut Command| {
            let (reading, writing) = shifter_sys::process::pipe().unwrap();
            shifter_sys::node::write_all(writing, b"pwd; exit 3\n").unwrap();
            command.stdin(Stdio::from(reading));
        };
        let run = world.run_as(ALICE, prepare, &["-i", "id:busy"]);
        assert_eq!((run.ended, run.stdout.as_str()), (Ended::Exited(3), "/\n"));
    });
}

#[test]
fn variables_come_from_the_image_the_file_and_the_command_line() {
    with_and_without_privilege(|world| {
        image::install("env", "ENV: A=image\nENV: B=image\nENV: C=image\n");
        fs::write("/tmp/shifter-test.env", "# note\nB=file\nC=file\n").unwrap();
        let words = ["-i", "id:env", "--env-file=/tmp/shifter-test.env", "-e", "C=line", "env"];
        let prepare = |command: &mut Command| {
            command.env("A", "caller").env("TMPDIR", "/x").env("LD_LIBRARY_PATH", "/x").env("KEPT", "1");
        };
        let environment = world.run_as(ALICE, prepare, &words).ok();
        for entry in ["A=image", "B=file", "C=line", "KEPT=1", "SHIFTER_IMAGE=env", "SHIFTER_IMAGEREQUEST=id:env"] {
            assert!(environment.lines().any(|line| line == entry), "{entry} in {environment}");
        }
        assert!(!environment.contains("=/x"), "{environment}");
        fs::write("/tmp/shifter-test.env", "A=1\nwrong\n").unwrap();
        assert_eq!(
            world.start(&words).fails(1),
            "shifter: `/tmp/shifter-test.env`, line 2: the line holds no `=`; write NAME=VALUE\n"
        );
        fs::remove_file("/tmp/shifter-test.env").unwrap();
    });
}

#[test]
fn a_file_of_variables_is_read_as_the_user_in_the_container() {
    with_and_without_privilege(|world| {
        for file in ["/root/secret", "/srv/host/x"] {
            assert!(world.shifter(&["--env-file", file, "env"]).fails(1).contains("cannot read"), "{file}");
        }
    });
}

#[test]
fn descriptors_of_the_caller_reach_the_command_and_ours_do_not() {
    with_and_without_privilege(|_world| {
        let list = "/bin/sh -c 'echo /proc/$$/fd/*; cat <&7'";
        let listed = |start: &str| {
            let mut command = Command::new("/bin/sh");
            command.args(["-c", &format!("exec 7</etc/hostname; exec {start} {list}")]);
            let shown = run(ALICE, command.stdin(Stdio::null())).ok();
            let (descriptors, read) = shown.split_once('\n').unwrap();
            let numbers = descriptors.split(' ').filter_map(|fd| fd.rsplit('/').next().map(str::to_owned));
            (numbers.collect::<Vec<_>>(), read.to_owned())
        };
        assert_eq!(listed("/srv/bin/shifter -i id:busy"), listed(""));
    });
}

#[test]
fn a_script_can_name_shifter_with_options_as_its_interpreter() {
    with_and_without_privilege(|_world| {
        directory_of("host", ALICE, 0o755);
        let script =
            write("host/script", "#!/srv/bin/shifter --image=id:busy --volume=/tmp:/work /bin/sh\necho $0 $1; pwd\n");
        fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let shared = std::path::Path::new("/tmp/shifter-test-script");
        fs::copy(&script, shared).unwrap();
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "cd /; exec /tmp/shifter-test-script x"]);
        assert_eq!(run(ALICE, command).ok(), "/tmp/shifter-test-script x\n/\n");
        fs::remove_file(shared).unwrap();
    });
}

#[test]
fn a_caller_in_a_removed_directory_starts_in_the_root() {
    with_and_without_privilege(|_world| {
        directory_of("host", ALICE, 0o755);
        let mut command = Command::new("/bin/sh");
        command.args([
            "-c",
            "mkdir /srv/host/gone && cd /srv/host/gone && rmdir ../gone && exec /srv/bin/shifter -i id:busy pwd",
        ]);
        assert_eq!(run(ALICE, command).ok(), "/\n");
    });
}

#[test]
fn user_namespaces_can_be_denied() {
    with_and_without_privilege(|world| {
        world.configure("userNamespaces=deny");
        let status = world.shifter(&["cat", "/proc/self/status"]).ok();
        assert!(status.contains("Seccomp:\t2"), "{status}");
    });
}
