//! Terminals.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::job::{Job, count, wait_until};

fn size(columns: u16, rows: u16) -> Winsize {
    Winsize { ws_col: columns, ws_row: rows, ws_xpixel: 0, ws_ypixel: 0 }
}

#[test]
fn a_terminal_has_the_clients_size_and_follows_it() {
    let job = Job::begin();
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let ours = openpt(flags).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let theirs = ioctl_tiocgptpeer(&ours, flags).unwrap();
    tcsetwinsize(&ours, size(77, 33)).unwrap();
    let line = "test -t 0 && test -t 1 && test -t 2 && echo $TERM $(stty size) $(stty -a | grep -o ' -*iutf8'); \
        test \"$(tty)\" = \"$SSH_TTY\" && echo same; trap 'stty size' WINCH; trap 'exit 130' INT; echo ready; while :; do sleep 0.1; done";
    let mut ssh = job.client("ssh");
    ssh.args(["-tt", "node", line]).env("TERM", "xterm-256color");
    let end = || Stdio::from(theirs.try_clone().unwrap());
    let mut ssh = ssh.stdin(end()).stdout(end()).stderr(end()).spawn().unwrap();
    let mut writer = File::from(ours.try_clone().unwrap());
    let mut lines =
        BufReader::new(File::from(ours.try_clone().unwrap())).lines().map(|line| line.unwrap().trim().to_owned());
    let first = lines.next().unwrap();
    assert!(first.starts_with("xterm-256color 33 77"), "{first}");
    assert_eq!((lines.next().unwrap().as_str(), lines.next().unwrap().as_str()), ("same", "ready"));
    tcsetwinsize(&ours, size(99, 44)).unwrap();
    kill_process(Pid::from_child(&ssh), Signal::WINCH).unwrap();
    assert_eq!(lines.next().unwrap(), "44 99");
    // The terminal of the session makes an interrupt of it, which ends the line.
    writer.write_all(b"\x03").unwrap();
    assert!(!ssh.wait().unwrap().success());
}

#[test]
fn a_program_on_a_terminal_is_hung_up_when_its_client_is_gone() {
    let job = Job::begin();
    let mut ssh = job.client("ssh");
    ssh.args(["-tt", "node", "exec sleep 7123.5"]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut ssh = ssh.spawn().unwrap();
    // The client has the word too, within its line.
    wait_until("the program starts", || count("7123.5") == 1);
    ssh.kill().unwrap();
    ssh.wait().unwrap();
    wait_until("the program goes on", || count("7123.5") == 0);
}

#[test]
fn all_that_a_program_showed_arrives_before_its_end() {
    let job = Job::begin();
    let output = job.client("ssh").args(["-tt", "node", "seq 1 20000; exit 5"]).stdin(Stdio::null()).output().unwrap();
    let lines = String::from_utf8_lossy(&output.stdout).lines().count();
    assert_eq!((lines, output.status.code()), (20000, Some(5)));
}
