//! Nothing is left of it.

use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::job::{Job, as_user, count, prepare, serve, started, wait_until};

/// Starts programs in every way that is said to outlive a session; each is known by this word.
fn leave_behind(job: &Job, word: &str) {
    let lines = [
        format!("setsid sleep {word} < /dev/null > /dev/null 2>&1 &"),
        format!("nohup sleep {word} < /dev/null > /dev/null 2>&1 &"),
        format!("(setsid sh -c 'sleep {word} & setsid sleep {word} &' < /dev/null > /dev/null 2>&1 &)"),
        format!("trap '' HUP TERM INT; sleep {word} < /dev/null > /dev/null 2>&1 & disown"),
    ];
    for line in &lines {
        assert!(job.ssh(line).status.success(), "{line}");
    }
    wait_until("five programs outlive their sessions", || count(word) == 5);
}

#[test]
fn what_outlived_its_session_ends_with_the_daemon() {
    let mut job = Job::begin();
    leave_behind(&job, "7001.25");
    job.end();
    assert_eq!(count("7001.25"), 0);
}

#[test]
fn it_ends_with_the_daemon_also_when_that_is_killed() {
    let mut job = Job::begin();
    leave_behind(&job, "7002.25");
    let keeper = job.sshd.id().to_string();
    let children = Command::new("pgrep").args(["-P", &keeper, "-f", "shifter-sshd|/proc/self/exe"]).output().unwrap();
    let daemon = String::from_utf8(children.stdout).unwrap().lines().next().unwrap().parse().unwrap();
    kill_process(Pid::from_raw(daemon).unwrap(), Signal::KILL).unwrap();
    job.sshd.wait().unwrap();
    assert_eq!(count("7002.25"), 0);
}

#[test]
fn the_sessions_end_when_even_the_keeper_is_killed() {
    let mut job = Job::begin();
    let mut ssh = job.client("ssh").args(["node", "exec sleep 7003.25"]).stdin(Stdio::null()).spawn().unwrap();
    wait_until("the session begins", || count("7003.25") == 1);
    job.sshd.kill().unwrap();
    job.sshd.wait().unwrap();
    wait_until("the session goes on", || count("7003.25") == 0);
    ssh.wait().unwrap();
}

#[test]
fn it_ends_with_the_process_that_started_it() {
    let (place, keys) = prepare();
    let word = place.path().join("passwd").display().to_string();
    let words: Vec<String> = {
        let command = serve(place.path(), &keys);
        let arguments = command.get_args().map(|word| word.to_str().unwrap().to_owned());
        [command.get_program().to_str().unwrap().to_owned()].into_iter().chain(arguments).collect()
    };
    let mut parent = as_user("sh");
    parent.args(["-c", "\"$@\" --with-parent & read line", "sh"]).args(&words);
    let parent = parent.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut parent, _port) = started(parent);
    // Twice: the keeper and the daemon; and the shell that waits.
    assert!(count(&word) >= 2);
    drop(parent.stdin.take());
    parent.wait().unwrap();
    wait_until("the daemon goes on without its parent", || count(&word) == 0);
}

#[test]
fn nobody_waits_for_the_end_of_what_a_silent_daemon_was_started_with() {
    let (place, keys) = prepare();
    let mut sshd = serve(place.path(), &keys).arg("--silent").stderr(Stdio::piped()).spawn().unwrap();
    let mut text = String::new();
    use std::io::Read as _;
    sshd.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    assert!(text.starts_with("listening on port "), "{text}");
    sshd.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    assert!(sshd.try_wait().unwrap().is_none());
    kill_process(Pid::from_child(&sshd), Signal::TERM).unwrap();
    sshd.wait().unwrap();
}
