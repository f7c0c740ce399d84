//! Every rendered script is one a POSIX shell reads, and one that shellcheck has nothing to say about.

use crate::support::{inputs, plan, profiles, repository, sites_of};
use shifter_site::render;
use std::fs;
use std::process::Command;

fn scripts() -> Vec<(String, Vec<u8>)> {
    let plans = profiles().into_iter().map(|name| (plan(&name), name));
    let all = plans.flat_map(|(plan, name)| {
        plan.artifacts.into_iter().map(move |artifact| (format!("{name}/{}", artifact.path), artifact.bytes))
    });
    all.filter(|(_, bytes)| bytes.starts_with(b"#!/bin/sh")).collect()
}

/// Whether the program runs at all here.
fn has(program: &str, argument: &str) -> bool {
    Command::new(program).arg(argument).output().is_ok()
}

fn check(program: &str, arguments: &[&str]) {
    let mut checked = 0;
    for (name, bytes) in scripts() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), bytes).unwrap();
        let output = Command::new(program).args(arguments).arg(file.path()).output().unwrap();
        assert!(output.status.success(), "{name}:\n{}", String::from_utf8_lossy(&output.stdout));
        checked += 1;
    }
    assert!(checked >= 5, "only {checked} scripts were found");
}

#[test]
fn a_posix_shell_reads_every_script() {
    check("sh", &["-n"]);
    if has("dash", "-c:") {
        check("dash", &["-n"]);
    }
}

#[test]
fn shellcheck_has_nothing_to_say() {
    assert!(has("shellcheck", "--version"), "install the package `shellcheck`");
    check("shellcheck", &["--shell=sh", "--severity=style"]);
}

#[test]
fn systemd_accepts_every_unit() {
    assert!(has("systemd-analyze", "--version"), "install the package `systemd`");
    let dir = tempfile::tempdir().unwrap();
    for name in profiles() {
        for artifact in plan(&name).artifacts {
            let file = artifact.path.rsplit('/').next().unwrap().to_owned();
            if !artifact.path.contains(".d/") && (file.ends_with(".service") || file.ends_with(".timer")) {
                fs::write(dir.path().join(&file), &artifact.bytes).unwrap();
                let unit = file.replace("@.", "@5000.");
                let path = dir.path().join(&unit);
                fs::write(&path, &artifact.bytes).unwrap();
                let output = Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(&path).output().unwrap();
                let said = String::from_utf8_lossy(&output.stderr).into_owned();
                // Programs and users of the site are not here; everything else would be our mistake.
                let ours = |line: &&str| {
                    line.contains(&unit) && !line.contains("is not executable") && !line.contains("not found")
                };
                let wrong: Vec<&str> = said.lines().filter(ours).collect();
                assert!(wrong.is_empty(), "{name}/{}: {wrong:#?}", artifact.path);
            }
        }
    }
}

#[test]
fn the_prologue_makes_the_keys_that_the_installed_daemon_knows() {
    let older = fs::read_to_string(repository("tests/data/coverage/torque.toml")).unwrap();
    let place = "prefix    = \"/opt/shifter\"\nopt_udi_image = \"/opt/udi\"";
    let native = older
        .replace("\"16.08\"", "\"native\"")
        .replace("\"sysv\"", "\"systemd\"")
        .replace("prefix    = \"/opt/shifter\"", place);
    let prologue = |profile: &str| {
        let plan = render::plan(&sites_of(profile), &inputs("tiny")).unwrap();
        let found = plan.artifacts.iter().find(|artifact| artifact.path.ends_with("cray-shifter-prologue"));
        String::from_utf8(found.unwrap().bytes.clone()).unwrap()
    };
    let (older, native) = (prologue(&older), prologue(&native));
    assert!(older.contains("ssh-keygen -q -t rsa") && !older.contains("new-keys"), "{older}");
    assert!(
        native.contains("as_user /opt/udi/sbin/shifter-sshd new-keys") && !native.contains("ssh-keygen"),
        "{native}"
    );
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), native).unwrap();
    let output = Command::new("shellcheck").args(["--shell=sh", "--severity=style"]).arg(file.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
