//! Commands and shells.

use std::io::{Read as _, Write as _};
use std::process::Stdio;

use crate::job::{Job, USER};

#[test]
fn a_command_runs_in_the_home_with_the_environment_of_the_container() {
    let job = Job::begin();
    let home = job.home().display().to_string();
    assert_eq!(
        job.said("pwd; echo $HOME $USER $LOGNAME $SHELL $FROM_CONTAINER"),
        format!("{home}\n{home} {USER} {USER} /bin/bash yes")
    );
    let connection = job.said("echo $SSH_CONNECTION");
    let words: Vec<&str> = connection.split(' ').collect();
    assert_eq!((words[0], words[2], words[3]), ("127.0.0.1", "127.0.0.1", job.port.to_string().as_str()));
    assert_eq!(job.said("ps -o tty= -p $$"), "?");
}

#[test]
fn both_outputs_and_the_status_come_back() {
    let job = Job::begin();
    let output = job.ssh("echo out; echo err >&2; exit 7");
    assert_eq!((&output.stdout[..], &output.stderr[..], output.status.code()), (&b"out\n"[..], &b"err\n"[..], Some(7)));
    assert_eq!(job.ssh("no-such-command").status.code(), Some(127));
    // ssh(1): 255 for a program that a signal ended.
    assert_eq!(job.ssh("kill -TERM $$").status.code(), Some(255));
}

#[test]
fn a_shell_is_a_login_shell_and_ends_with_its_input() {
    let job = Job::begin();
    let mut shell = job.client("ssh").arg("node").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    shell.stdin.take().unwrap().write_all(b"shopt -q login_shell && echo $0\nexit 3\n").unwrap();
    let output = shell.wait_with_output().unwrap();
    assert_eq!((String::from_utf8_lossy(&output.stdout).as_ref(), output.status.code()), ("-bash\n", Some(3)));
}

#[test]
fn variables_of_the_client_arrive_but_not_those_of_the_loader_or_the_login() {
    let job = Job::begin();
    let set = "-oSetEnv=FOO=bar LD_PRELOAD=/tmp/x.so HOME=/tmp PATH=/tmp";
    let output = job.client("ssh").args([set, "node", "echo $FOO.$LD_PRELOAD.$HOME"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("bar..{}\n", job.home().display()));
}

#[test]
fn a_hundred_megabytes_come_back_as_they_went() {
    const SIZE: usize = 100 << 20;
    let job = Job::begin();
    let mut cat = job.client("ssh").args(["node", "cat"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    // A sequence that no shift, gap or swap of blocks leaves as it is.
    let block = |number: usize| -> Vec<u8> {
        (0..8192_usize)
            .flat_map(|place| (number.wrapping_mul(8192) + place).wrapping_mul(0x9E37_79B9_7F4A_7C15).to_le_bytes())
            .collect()
    };
    let blocks = SIZE / block(0).len();
    let mut stdin = cat.stdin.take().unwrap();
    let writer = std::thread::spawn(move || (0..blocks).for_each(|number| stdin.write_all(&block(number)).unwrap()));
    let mut stdout = cat.stdout.take().unwrap();
    let mut read = vec![0; block(0).len()];
    for number in 0..blocks {
        stdout.read_exact(&mut read).unwrap();
        assert!(read == block(number), "block {number} of {blocks}");
    }
    assert_eq!(stdout.read(&mut read).unwrap(), 0);
    writer.join().unwrap();
    assert!(cat.wait().unwrap().success());
}

#[test]
fn a_program_learns_that_its_client_is_gone() {
    let job = Job::begin();
    let mut yes = job.client("ssh").args(["node", "yes shifter-sshd-gone"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut some = [0; 4096];
    yes.stdout.take().unwrap().read_exact(&mut some).unwrap();
    yes.kill().unwrap();
    yes.wait().unwrap();
    crate::job::wait_until("`yes` goes on without a client", || crate::job::count("shifter-sshd-gone") == 0);
}

#[test]
fn sessions_share_a_connection() {
    let mut job = Job::begin();
    let control = format!("-oControlPath={}/control", job.home().display());
    let start = |line: &str| {
        let mut ssh = job.client("ssh");
        ssh.args([&control, "-oControlMaster=auto", "-oControlPersist=no"]).args(["node", line]);
        ssh.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap()
    };
    let mut first = start("mkfifo wait; echo > ready; read _ < wait");
    crate::job::wait_until("the first session begins", || {
        job.home().join("control").exists() && job.home().join("ready").exists()
    });
    let others: Vec<_> = (1..9).map(|number| start(&format!("echo {number}; echo $SSH_CONNECTION"))).collect();
    let said: Vec<String> =
        others.into_iter().map(|ssh| String::from_utf8(ssh.wait_with_output().unwrap().stdout).unwrap()).collect();
    let connection = said[0].lines().nth(1).unwrap().to_owned();
    for (number, said) in (1..).zip(&said) {
        assert_eq!(said, &format!("{number}\n{connection}\n"));
    }
    job.end();
    first.wait().unwrap();
}
