//! The command's environment, by real starts.

use std::fs;
use std::process::Command;

use crate::image;
use crate::world::{ALICE, World, with_and_without_privilege};

/// The container's environment as `env` prints it; `env` alone is the command.
fn environment(world: &World, caller: &[(&str, &str)], words: &[&str]) -> Vec<String> {
    let prepare = |command: &mut Command| {
        command.envs(caller.iter().copied());
    };
    let printed = world.run_as(ALICE, prepare, &[words, &["/bin/env"]].concat()).ok();
    printed.lines().map(str::to_owned).collect()
}

#[track_caller]
fn has(environment: &[String], entry: &str) {
    assert!(environment.iter().any(|line| line == entry), "{entry} is not in {environment:#?}");
}

#[track_caller]
fn lacks(environment: &[String], name: &str) {
    let start = format!("{name}=");
    assert!(!environment.iter().any(|line| line.starts_with(&start)), "{name} is in {environment:#?}");
}

/// A number for each source, in the order in which they win; `V3` is set by all sources up to the third, and so on.
const ORDER: [&str; 6] = ["caller", "image", "file", "option", "module", "site"];

fn all_from(nth: usize) -> Vec<(String, &'static str)> {
    (nth..ORDER.len()).map(|last| (format!("V{last}"), ORDER[nth])).collect()
}

#[test]
fn each_source_replaces_the_ones_before_it() {
    with_and_without_privilege(|world| {
        let lines = |nth, prefix: &str, suffix: &str| -> String {
            all_from(nth).iter().map(|(name, value)| format!("{prefix}{name}={value}{suffix}")).collect()
        };
        image::install("order", &lines(1, "ENV: ", "\n"));
        fs::write("/tmp/shifter-test-order.env", lines(2, "", "\n")).unwrap();
        world.configure(&format!(
            "module_m_siteEnv={}\nsiteEnv={}",
            lines(4, "", " ").trim_end(),
            lines(5, "", " ").trim_end()
        ));
        let caller = all_from(0);
        let caller: Vec<(&str, &str)> = caller.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        let options: Vec<String> = all_from(3).iter().map(|(name, value)| format!("-e{name}={value}")).collect();
        let mut words = vec!["--image=id:order", "--module=m", "--env-file=/tmp/shifter-test-order.env"];
        words.extend(options.iter().map(String::as_str));
        let got = environment(world, &caller, &words);
        for (nth, source) in ORDER.iter().enumerate() {
            has(&got, &format!("V{nth}={source}"));
        }
        words.push("-E");
        let cleared = environment(world, &caller, &words);
        lacks(&cleared, "V0");
        for (nth, source) in ORDER.iter().enumerate().skip(1) {
            has(&cleared, &format!("V{nth}={source}"));
        }
        fs::remove_file("/tmp/shifter-test-order.env").unwrap();
    });
}

#[test]
fn patterns_of_the_site_take_variables_away_and_keep_them() {
    with_and_without_privilege(|world| {
        image::install("env", "ENV: PMI_RANK=image\nENV: OTHER=image\nENV: LMOD_OF_IMAGE=1\n");
        world.configure("siteEnvUnset=BASH_FUNC_* LMOD_* X_?\nkeepEnv=PMI_* SLURM_JOB_I?\nsiteEnv=X_1=site");
        let caller = [
            ("BASH_FUNC_module%%", "() { echo; }"),
            ("LMOD_CMD", "/x"),
            ("X_1", "x"),
            ("X_12", "x"),
            ("PMI_RANK", "7"),
            ("SLURM_JOB_ID", "42"),
            ("OTHER", "caller"),
            ("HOME", "/home/alice"),
        ];
        let got = environment(world, &caller, &["-iid:env"]);
        for name in ["BASH_FUNC_module%%", "LMOD_CMD", "LMOD_OF_IMAGE", "X_1"] {
            lacks(&got, name);
        }
        for entry in ["X_12=x", "PMI_RANK=7", "SLURM_JOB_ID=42", "OTHER=image", "HOME=/home/alice"] {
            has(&got, entry);
        }
        let cleared = environment(world, &caller, &["-iid:env", "--clearenv"]);
        for entry in ["PMI_RANK=7", "SLURM_JOB_ID=42", "OTHER=image"] {
            has(&cleared, entry);
        }
        for name in ["HOME", "X_12"] {
            lacks(&cleared, name);
        }
        let named = environment(world, &caller, &["-iid:env", "-E", "--env=PMI_RANK=mine"]);
        has(&named, "PMI_RANK=mine");
    });
}

#[test]
fn a_function_of_the_callers_shell_passes_where_the_site_lets_it() {
    with_and_without_privilege(|world| {
        let got = environment(world, &[("BASH_FUNC_module%%", "() { echo; }")], &["-iid:busy"]);
        has(&got, "BASH_FUNC_module%%=() { echo; }");
    });
}

#[test]
fn the_container_says_what_it_is() {
    with_and_without_privilege(|world| {
        world.configure("confId=0123abcd");
        let stale = [("SHIFTER_IMAGETYPE", "docker"), ("SHIFTER_IMAGE", "stale"), ("SHIFTER_CONFIG_ID", "stale")];
        for clear in [&[][..], &["-E"]] {
            let got = environment(world, &stale, &[&["--image=id:busy"], clear].concat());
            for entry in [
                "SHIFTER_IMAGEREQUEST=id:busy",
                "SHIFTER_IMAGETYPE=id",
                "SHIFTER_IMAGE=busy",
                "SHIFTER_CONFIG_ID=0123abcd",
            ] {
                has(&got, entry);
            }
        }
        image::install("liar", "ENV: SHIFTER_IMAGE=other\n");
        has(&environment(world, &[], &["--image=id:liar"]), "SHIFTER_IMAGE=other");
        // The two variables of a container name the same image again, for a start from a start's environment.
        let again = [("SHIFTER_IMAGETYPE", "id"), ("SHIFTER_IMAGE", "busy"), ("SHIFTER_IMAGEREQUEST", "docker:a:b")];
        let got = environment(world, &again, &[]);
        has(&got, "SHIFTER_IMAGE=busy");
        has(&got, "SHIFTER_IMAGEREQUEST=docker:a:b");
    });
}

#[test]
fn a_file_of_variables_is_found_from_where_the_command_starts() {
    with_and_without_privilege(|world| {
        fs::create_dir_all("/tmp/shifter-test-env").unwrap();
        fs::write("/tmp/shifter-test-env/one.env", "A=1\nB=1\n").unwrap();
        fs::write("/tmp/shifter-test-env/two.env", "# note\n  A=\" 2\" \n\nC=\n").unwrap();
        let words = ["-iid:busy", "-w/tmp/shifter-test-env", "--env-file=one.env", "--env-file", "two.env"];
        let got = environment(world, &[], &words);
        has(&got, "A=\" 2\"");
        has(&got, "C=");
        lacks(&got, "B");
        fs::write("/tmp/shifter-test-env/one.env", "A=1\nB = 2\n").unwrap();
        let said = world.shifter(&["--env-file=/tmp/shifter-test-env/one.env", "/bin/env"]).fails(1);
        assert!(said.contains("line 2: no name without blanks stands before the `=`"), "{said}");
        let said = world.shifter(&["--env-file=two.env", "/bin/env"]).fails(1);
        assert_eq!(said, "shifter: cannot read `two.env` in the container: No such file or directory\n");
        fs::remove_dir_all("/tmp/shifter-test-env").unwrap();
    });
}

#[test]
fn the_command_is_looked_for_in_the_containers_path() {
    with_and_without_privilege(|world| {
        assert!(world.shifter(&["-ePATH=/work", "id", "-u"]).fails(127).contains("id: No such file or directory"));
        assert_eq!(world.shifter(&["-e", "PATH=/work:/bin", "id", "-u"]).ok(), format!("{ALICE}\n"));
        world.configure("siteEnvAppend=PATH=/bin");
        assert_eq!(world.shifter(&["-ePATH=/work", "id", "-u"]).ok(), format!("{ALICE}\n"));
    });
}
