//! A command that starts nothing is not taken for a Shifter: each fact that needs a container is found wanting.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// Leaves the options out and runs the rest on the node.
const IMPOSTOR: &str = r#"#!/bin/sh
while [ $# -gt 0 ]; do
    case $1 in
    -e | -m | -V | -i) shift 2 ;;
    -*) shift ;;
    *) break ;;
    esac
done
export SHIFTER_IMAGE=none
[ $# -gt 0 ] || exec /bin/sh
exec "$@"
"#;

/// A directory that every user can write.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a directory");
    fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).expect("our own directory");
    folder
}

/// Asks `program` as an ordinary user.
fn run(folder: &Path, program: &Path, options: &[&str]) -> Output {
    let own = folder.join("ask");
    fs::copy(env!("CARGO_BIN_EXE_shifter-compliance"), &own).expect("a copy");
    let mut command = Command::new(&own);
    command.arg("--shifter").arg(program).args(["--image", "docker:none", "--shared"]).arg(folder).args(options);
    if rustix::process::geteuid().is_root() {
        command.uid(65534).gid(65534);
    }
    command.current_dir("/").env("PATH", "/usr/bin:/bin").output().expect("it runs")
}

#[test]
fn what_only_runs_the_command_is_found_out() {
    let folder = folder();
    let program = folder.path().join("shifter");
    fs::write(&program, IMPOSTOR).unwrap();
    fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
    let output = run(folder.path(), &program, &["--limit", "2"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}{}", String::from_utf8_lossy(&output.stderr));
    for differs in [
        "an unknown option is refused",
        "without an image nothing starts",
        "--env sets a variable over the caller's",
        "--clearenv leaves the caller's variables out",
        "--volume shows a directory in another place",
        "places of the container's own are refused as targets",
        "no mount of the container honours setuid bits",
    ] {
        assert!(text.contains(&format!("DIFFERS  {differs}\n")), "no word of `{differs}`:\n{text}");
    }
    // It runs a script that names it as its interpreter again and again.
    assert!(text.contains("did not end within 2 s"), "{text}");
    for holds in ["the exit status is the command's", "standard input reaches the command whole"] {
        assert!(text.contains(&format!("holds    {holds}\n")), "no word of `{holds}`:\n{text}");
    }
}

#[test]
fn an_image_that_does_not_start_is_said_to_be_so() {
    let folder = folder();
    let output = run(folder.path(), Path::new("/bin/false"), &[]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("the image docker:none does not start: status 1"), "{said}");
}

#[test]
fn root_is_told_to_ask_as_a_user() {
    if !rustix::process::geteuid().is_root() {
        println!("skipped: needs root");
        return;
    }
    let output =
        Command::new(env!("CARGO_BIN_EXE_shifter-compliance")).args(["--image", "docker:none"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("run it as an ordinary user"));
}
