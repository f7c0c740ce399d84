//! Which command runs: words of the caller, of the image, of a script's first line.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use crate::image;
use crate::world::{ALICE, run, with_and_without_privilege};

/// A command that shows its arguments one by one.
const SHOW: &str = "for word; do echo \"[$word]\"; done";

#[test]
fn lists_of_python_and_json_are_the_same_words() {
    with_and_without_privilege(|world| {
        let python = "['/bin/sh', '-c', 'for word; do echo \"[$word]\"; done', 'sh', \"it's\", u'a b']";
        let json = r#"["/bin/sh", "-c", "for word; do echo \"[$word]\"; done", "sh", "it's", "a b"]"#;
        for (id, entry, cmd) in [("python", python, "['c', '']"), ("json", json, r#"["c", ""]"#)] {
            image::install(id, &format!("ENTRY: {entry}\nCMD: {cmd}\nWORKDIR: /work\n"));
            let image = format!("--image=id:{id}");
            let given = |words: &[&str]| world.start(&[&[image.as_str()], words].concat()).ok();
            assert_eq!(given(&["--entrypoint"]), "[it's]\n[a b]\n[c]\n[]\n", "{id}");
            assert_eq!(given(&["--entrypoint", "x y"]), "[it's]\n[a b]\n[x y]\n", "{id}");
            assert_eq!(given(&["--entry=/bin/pwd"]), "/\n", "{id}");
            assert_eq!(given(&["--entry=/bin/pwd", "-w"]), "/work\n", "{id}");
            assert_eq!(given(&["--entry=/bin/ls", "-w/data", "--", "-a", "file"]), "file\n", "{id}");
            assert_eq!(given(&["/bin/sh", "-c", SHOW, "sh", "a", "b c"]), "[a]\n[b c]\n", "{id}");
        }
    });
}

#[test]
fn the_program_of_an_entry_point_is_one_word() {
    with_and_without_privilege(|world| {
        let said = world.shifter(&["--entrypoint=/bin/ls -l"]).fails(127);
        assert_eq!(said, "shifter: /bin/ls -l: No such file or directory\n");
        image::install("empty", "ENTRY: \n");
        assert!(world.start(&["-iid:empty", "--entrypoint"]).fails(1).contains("the image has no entry point"));
        image::install("one", "ENTRY: /bin/ls -l\n");
        assert!(world.start(&["-iid:one", "--entrypoint"]).fails(127).contains("/bin/ls -l: No such file"));
    });
}

#[test]
fn a_script_names_shifter_and_more() {
    with_and_without_privilege(|world| {
        world.configure("siteEnv=SITE=1");
        fs::create_dir_all("/tmp/shifter-test-words").unwrap();
        let script = |line: &str, body: &str, variable: Option<&str>| {
            let path = "/tmp/shifter-test-words/script";
            fs::write(path, format!("{line}\n{body}\n")).unwrap();
            fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
            let mut command = Command::new(path);
            command.arg("one two").current_dir("/").env_clear().envs(variable.map(|image| ("SHIFTER", image)));
            run(ALICE, command)
        };
        let body = "echo \"$SITE:$1:$-\"; ls /data";
        for line in [
            "#!/srv/bin/shifter --image=id:busy /bin/sh",
            "#! /srv/bin/shifter\t--image=id:busy   --volume=/data:/work /bin/sh",
            "#!/srv/bin/shifter -iid:busy -E -- /bin/sh ",
        ] {
            assert_eq!(script(line, body, None).ok().lines().next(), Some("1:one two:"), "{line}");
        }
        assert_eq!(script("#!/srv/bin/shifter /bin/sh", body, Some("id:busy")).ok(), "1:one two:\nfile\n");
        let strict = script("#!/srv/bin/shifter /bin/sh -e", body, Some("id:busy")).ok();
        assert_eq!(strict, "1:one two:e\nfile\n");
        let alone = script("#!/srv/bin/shifter --image=id:busy", body, None).fails(126);
        assert!(alone.contains("let it end in what runs the script there"), "{alone}");
        fs::remove_dir_all("/tmp/shifter-test-words").unwrap();
    });
}

#[test]
fn what_an_image_says_about_volumes_and_users_changes_nothing() {
    with_and_without_privilege(|world| {
        image::install("says", "VOLUME: /anonymous\nUSER: root\n");
        assert_eq!(world.start(&["-iid:says", "id", "-u"]).ok(), format!("{ALICE}\n"));
        assert!(world.start(&["-iid:says", "ls", "/anonymous"]).fails(2).contains("No such file"));
    });
}

#[test]
fn a_verbose_start_tells_each_step() {
    with_and_without_privilege(|world| {
        let run = world.shifter(&["-v", "-n", "id", "-u"]);
        assert!(run.stderr.contains("shifter: overlay at /srv/udi over /srv/loop\n"), "{run:#?}");
        assert_eq!(run.ok(), format!("{ALICE}\n"));
    });
}
