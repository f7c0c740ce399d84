//! What `shifter` prints instead of a start.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use crate::image;
use crate::world::{ALICE, BOB, at, isolated, write};

const CONF: &str = "/etc/shifter/udiRoot.conf";

#[test]
fn an_explanation_starts_nothing_and_says_what_a_start_would_do() {
    isolated(|world| {
        image::install("told", "ENTRY: ['/bin/entry']\nWORKDIR: /work\nENV: FROM=image\n");
        world.configure("siteEnv=SITE=1\ndefaultModules=m\nmodule_m_siteEnv=M=1\nmodule_m_userhook=/no/such/hook");
        let told =
            world.start(&["--explain", "-i", "id:told", "-V", "/tmp:/mine", "--env=FROM=me", "no such command"]).ok();
        for line in [
            "image    id:told\n           source: --image\n           identity told\n",
            "volumes  /tmp:/mine\n",
            "command  [no such command]\n",
            "           not ENTRYPOINT of the image: [/bin/entry] (--entrypoint takes it)\n",
            "home     /home/alice, as the site mounts it\n",
            "  --env    FROM=me\n    - image    set image\n      --env    set me\n",
            "  module m M=1\n",
            "  site     SITE=1\n",
        ] {
            assert!(told.contains(line), "{line} in\n{told}");
        }
    });
}

#[test]
fn a_file_of_variables_is_explained_as_it_is_outside_and_a_program_can_read_it_all() {
    isolated(|world| {
        write("host/variables", "A=file\n# B=not\n");
        let words = ["--env-file=/srv/host/variables", "-i", "id:busy", "env"];
        let told = world.start(&[&["--explain"], &words[..]].concat()).ok();
        assert!(
            told.contains("  --env-file /srv/host/variables: as it is here") && told.contains(" A=file\n"),
            "{told}"
        );
        let json = world.start(&[&["--explain=json"], &words[..]].concat()).ok();
        assert!(json.contains("{\"name\":\"A\",\"value\":\"file\",\"source\":\"--env-file\","), "{json}");
        // Read as the caller.
        fs::set_permissions(at("host/variables"), Permissions::from_mode(0o600)).unwrap();
        let told = world.start(&[&["--explain"], &words[..]].concat()).ok();
        assert!(told.contains("here it is not: Permission denied") && !told.contains("A=file"), "{told}");
        assert!(world.start(&["--explain=xml", "-i", "id:busy"]).fails(1).contains("json, or nothing for a table"));
    });
}

#[test]
fn what_is_explained_is_what_a_start_does() {
    isolated(|world| {
        image::install("same", "ENV: A=image\nENV: B=image\n");
        world.configure("siteEnv=A=site\nsiteEnvAppend=PATH=/x\nsiteEnvUnset=LMOD_*\nkeepEnv=B\nconfId=c");
        let variables = [("B", "mine"), ("LMOD_X", "1"), ("C", "mine"), ("TMPDIR", "/t")];
        let run = |words: &[&str]| {
            let prepare = |command: &mut std::process::Command| {
                command.envs(variables);
            };
            world.run_as(ALICE, prepare, &[&["-i", "id:same", "-e", "D=e"], words].concat())
        };
        let real = run(&["env"]).ok();
        let told = run(&["--explain", "env"]).ok();
        let mut real: Vec<&str> =
            real.lines().filter(|line| !line.starts_with("PWD=") && !line.starts_with("_=")).collect();
        real.sort_unstable();
        let told = told.split_once("environment\n").unwrap().1.split_once("not in the container").unwrap().0;
        // Who it is from, then the variable: `  module m  A=1`.
        let variable = |line: &str| {
            let (head, value) = line.split_once('=').unwrap();
            format!("{}={value}", head.rsplit(' ').next().unwrap())
        };
        let mut told: Vec<String> = told.lines().filter(|line| !line.starts_with("    ")).map(variable).collect();
        told.sort_unstable();
        assert_eq!(told, real);
    });
}

#[test]
fn an_explanation_tells_no_private_image_from_a_missing_one() {
    isolated(|world| {
        image::install("private", "USERACL: 11200\n");
        let private = world.start(&["--explain", "-i", "id:private"]).fails(1);
        assert_eq!(private, world.start(&["--explain", "-i", "id:missing"]).fails(1).replace("missing", "private"));
        let told = world.run_as(BOB, |_| {}, &["--explain", "-i", "id:private"]).ok();
        assert!(told.contains("identity private\n"), "{told}");
    });
}

#[test]
fn an_explanation_refuses_what_a_start_would_refuse() {
    isolated(|world| {
        assert!(world.shifter(&["--explain", "-V", "/tmp:/proc"]).fails(1).contains("`/proc`"));
        assert!(world.shifter(&["--explain", "-m", "none-such"]).fails(1).contains("no module is called"));
        assert!(world.start(&["--explain"]).fails(1).contains("no image was named"));
    });
}

#[test]
fn the_modules_are_listed_without_privilege_and_without_an_image() {
    isolated(|world| {
        world.configure(
            "defaultModules=m\nmodule_m_description=what everybody needs\nmodule_m_version=2\n\
             module_m@2_siteEnv=M=2\nmodule_m@1_deprecatedUntil=2030-01-31\nmodule_m@1_replacedBy=2",
        );
        assert_eq!(
            world.start(&["--modules"]).ok(),
            "m  what everybody needs\n   versions: 2 (default), 1 (until 2030-01-31; use 2)\n\n\
             Loaded unless you name others: m. --module=NAME[/VERSION][,...] names them.\n"
        );
        assert!(world.start(&["--modules=json"]).ok().starts_with("{\"modules\":[{\"name\":\"m\","));
        assert!(world.start(&["--modules=xml"]).fails(1).contains("json, or nothing for a table"));
        // A copy without the set-id bit reads the same file.
        fs::set_permissions(at("bin/shifter"), Permissions::from_mode(0o755)).unwrap();
        world.start(&["--modules"]).ok();
        fs::set_permissions(at("bin/shifter"), Permissions::from_mode(0o4755)).unwrap();
        fs::set_permissions(CONF, Permissions::from_mode(0o600)).unwrap();
        assert!(world.start(&["--modules"]).fails(1).contains("Permission denied"), "nothing is read as root");
        world.shifter(&["id"]).ok();
        let named = world.start(&["--modules", "--config=/tmp/x"]).fails(1);
        assert!(named.contains("a setuid shifter has one configuration"), "{named}");
    });
}
