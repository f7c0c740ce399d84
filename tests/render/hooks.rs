//! premount.sh and postmount.sh, run as the runtime runs them: by /bin/sh in the new root.

use crate::support::{plan, plan_of, text};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// Run a script in `root`, with `root` in place of the profile's udi_mount.
fn run(script: &str, udi_mount: &str, root: &Path, cwd: &Path) -> Output {
    let script = script.replace(&format!("cd -P {udi_mount} "), &format!("cd -P '{}' ", root.display()));
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), script).unwrap();
    Command::new("/bin/sh").arg(file.path()).current_dir(cwd).output().unwrap()
}

/// Everything below `root`, links with what they say.
fn tree(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![root.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().display().to_string();
            match fs::read_link(&path) {
                Ok(target) => found.push(format!("{name} -> {}", target.display())),
                Err(_) => {
                    found.push(name);
                    open.push(path);
                }
            }
        }
    }
    found.sort();
    found
}

#[test]
fn the_premount_script_makes_exactly_the_parents_and_the_links() {
    let script = text(&plan("bluewaters"), "premount.sh");
    let root = tempfile::tempdir().unwrap();
    let output = run(&script, "/var/udiMount", root.path(), root.path());
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        tree(root.path()),
        [
            "cm -> sw/cm",
            "dsl",
            "mnt",
            "projects -> mnt/b/projects",
            "scratch -> mnt/c/scratch",
            "sw -> mnt/a/sw",
            "u -> mnt/a/u",
            "var",
            "var/opt",
            "var/opt/cray",
        ]
    );
}

#[test]
fn a_second_run_fails_and_changes_nothing() {
    let script = text(&plan("bluewaters"), "premount.sh");
    let root = tempfile::tempdir().unwrap();
    assert!(run(&script, "/var/udiMount", root.path(), root.path()).status.success());
    let before = tree(root.path());
    let second = run(&script, "/var/udiMount", root.path(), root.path());
    assert_eq!(second.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&second.stderr), "premount: scratch already exists\n");
    assert_eq!(tree(root.path()), before);
}

#[test]
fn a_run_from_another_directory_fails_and_makes_nothing() {
    let script = text(&plan("bluewaters"), "premount.sh");
    let (root, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let output = run(&script, "/var/udiMount", root.path(), elsewhere.path());
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("premount: working directory is "));
    assert_eq!((tree(root.path()), tree(elsewhere.path())), (Vec::new(), Vec::new()));
    assert!(!run(&script, "/var/udiMount", root.path(), Path::new("/")).status.success());
}

#[test]
fn hostile_names_reach_the_script_as_names() {
    let profile = r#"
        schema = 1
        [site]
        name = "x"
        [target]
        shifter = "18.03"
        os = "el7"
        [paths]
        udi_mount = "/var/udiMount"
        [images]
        path = "/images"
        [gateway]
        endpoints = ["http://gw:5000"]
        [[symlink]]
        link = "/a/$(touch pwned)"
        target = "it's; touch pwned"
        [[symlink]]
        link = "/-rf"
        target = "-x"
    "#;
    let script = text(&plan_of(profile), "premount.sh");
    let root = tempfile::tempdir().unwrap();
    let output = run(&script, "/var/udiMount", root.path(), root.path());
    assert!(output.status.success(), "{output:?}\n{script}");
    assert_eq!(tree(root.path()), ["-rf -> ./-x", "a", "a/$(touch pwned) -> ../it's; touch pwned"]);
}

#[test]
fn natively_links_are_keys_and_only_a_sites_own_lines_make_a_script() {
    let plan = plan("el9-slingshot");
    assert!(plan.get("premount.sh").is_none());
    let conf = text(&plan, "udiRoot.conf");
    assert!(conf.contains("\nsiteLink=pscratch:/scratch\n") && !conf.contains("sitePreMountHook"));
}

#[test]
fn a_link_after_the_mounts_is_made_by_the_postmount_script() {
    let plan = plan("cori");
    let root = tempfile::tempdir().unwrap();
    let output = run(&text(&plan, "postmount.sh"), "/var/udiMount", root.path(), root.path());
    assert!(output.status.success(), "{output:?}");
    assert_eq!(tree(root.path()), ["project -> global/project"]);
    assert!(text(&plan, "udiRoot.conf").contains("\nsitePostMountHook=/etc/shifter/postmount.sh\n"));
}
