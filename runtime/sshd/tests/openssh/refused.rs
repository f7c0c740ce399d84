//! Who is not let in.

use std::fs;
use std::process::{Command, Output, Stdio};

use shifter_formats::job_key::JobKey;

use crate::job::{Job, as_user, config, new_keys, prepare, serve};

/// `ssh node true` with these options first.
fn ssh(job: &Job, options: &[&str]) -> Output {
    job.client("ssh").args(options).args(["-oBatchMode=yes", "node", "true"]).stdin(Stdio::null()).output().unwrap()
}

fn is_denied(output: &Output) -> bool {
    let said = String::from_utf8_lossy(&output.stderr);
    output.status.code() == Some(255) && said.contains("Permission denied (publickey)")
}

#[test]
fn only_the_user_of_the_job_is_let_in() {
    let job = Job::begin();
    assert!(ssh(&job, &[]).status.success());
    for user in ["root", "bob", "adam", "ADA"] {
        let output = ssh(&job, &["-l", user]);
        assert!(is_denied(&output), "{user}: {output:?}");
    }
}

#[test]
fn the_key_of_another_job_of_the_same_user_is_refused() {
    let job = Job::begin();
    let other = new_keys(job.place.path()).join(JobKey::FILES[0]);
    // The key of the configuration comes first, so it is not read here.
    let known = job.keys.join("known_hosts");
    let mut ssh = as_user("ssh");
    ssh.args([
        "-F",
        "none",
        "-oBatchMode=yes",
        "-oIdentitiesOnly=yes",
        "-oHostKeyAlias=shifter-job",
        "-l",
        "ada",
        "-i",
    ]);
    ssh.arg(&other).arg(format!("-oUserKnownHostsFile={}", known.display())).args(["-p", &job.port.to_string()]);
    let output = ssh.args(["127.0.0.1", "true"]).output().unwrap();
    assert!(is_denied(&output), "{output:?}");
}

#[test]
fn nobody_is_asked_for_a_password_or_anything_else() {
    let job = Job::begin();
    for method in ["password", "keyboard-interactive", "none", "hostbased"] {
        let output = ssh(&job, &[&format!("-oPreferredAuthentications={method}"), "-oPubkeyAuthentication=no"]);
        assert!(is_denied(&output), "{method}: {output:?}");
    }
}

#[test]
fn a_host_of_another_job_is_not_taken_for_one_of_this() {
    let (job, other) = (Job::begin(), Job::begin());
    fs::write(job.place.path().join("ssh_config"), config(other.port, &job.keys)).unwrap();
    let output = ssh(&job, &[]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("Host key verification failed"), "{said}");
}

#[test]
fn it_serves_neither_root_nor_by_keys_that_others_can_read() {
    let (place, keys) = prepare();
    if rustix::process::getuid().is_root() {
        let output = Command::new(place.path().join("shifter-sshd")).args(["serve", "--keys", "/"]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            (output.status.code(), said.trim_end()),
            (Some(1), "shifter-sshd: root cannot be logged in to: start it as the user of the job")
        );
    } else {
        println!("only root can show that root is refused");
    }
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(keys.join("host_ed25519"), fs::Permissions::from_mode(0o644)).unwrap();
    let output = serve(place.path(), &keys).output().unwrap();
    assert!(!output.status.success() && output.stdout.is_empty(), "{output:?}");
}
